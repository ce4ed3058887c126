//! What each command does.

pub(crate) mod absences;
pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod bench;
pub(crate) mod calendars;
pub(crate) mod database;
pub(crate) mod demo;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod failures;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod migrate;
pub(crate) mod notifications;
pub(crate) mod precedents;
pub(crate) mod quarantine;
pub(crate) mod replay;
pub(crate) mod sessions;
pub(crate) mod status;
pub(crate) mod tenants;
pub(crate) mod tokens;
pub(crate) mod trace;
pub(crate) mod traces;
pub(crate) mod up;
pub(crate) mod users;
pub(crate) mod verify;
pub(crate) mod webhooks;
pub(crate) mod workflow;

use dg_client::Meta;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    output::Output,
};

/// Runs the command that was written.
///
/// # Errors
/// Why it failed; nothing about it has been printed yet.
pub(crate) async fn run(cli: Cli, out: &mut Output<'_>) -> Result<(), Failure> {
    let global = &cli.global;
    match cli.command {
        Command::Up(args) => up::run(global, &args, out).await,
        Command::Demo(args) => demo::run(global, args, out).await,
        Command::Init(args) => init::run(&args, out).await,
        Command::Migrate(args) => migrate::run(&args, out).await,
        Command::Status(tenant) => status::run(global, &tenant, out).await,
        Command::Doctor(args) => doctor::run(global, &args, out).await,
        Command::Import(args) => import::run(global, &args, out).await,
        Command::Export(args) => export::run(global, &args, out).await,
        Command::Traces(args) => traces::run(global, args, out).await,
        Command::Trace { command } => trace::run(global, command, out).await,
        Command::Graph(args) => graph::run(global, args, out).await,
        Command::Precedents(args) => precedents::run(global, args, out).await,
        Command::Digest(args) => digest::run(global, &args, out).await,
        Command::Replay(args) => replay::run(global, args, out).await,
        Command::Verify(args) => verify::run(global, args, out).await,
        Command::Failures { command } => failures::run(global, command, out).await,
        Command::Quarantine(args) => quarantine::run(global, args, out).await,
        Command::Tenants { command } => tenants::run(global, command, out).await,
        Command::Accounts { command } => accounts::run(global, command, out).await,
        Command::Tokens { command } => tokens::run(global, command, out).await,
        Command::Users { command } => users::run(global, command, out).await,
        Command::Sessions { command } => sessions::run(global, command, out).await,
        Command::Audit { command } => audit::run(global, command, out).await,
        Command::Webhooks { command } => webhooks::run(global, command, out).await,
        Command::Workflow { command } => workflow::run(global, *command, out).await,
        Command::Notifications { command } => notifications::run(global, *command, out).await,
        Command::Absences { command } => absences::run(global, command, out).await,
        Command::Calendars { command } => calendars::run(global, command, out).await,
        Command::Bench(args) => bench::run(&args, out).await,
    }?;
    Ok(out.flush()?)
}

/// Says so when an answer lacks events that are in the log.
fn tell_lag(out: &mut Output<'_>, meta: Meta) -> std::io::Result<()> {
    if let Some(log_seq) = meta.as_of_log_seq {
        return out.line(format!("\nas it was when the log ended at {log_seq}"));
    }
    match meta.head_seq - meta.applied_seq {
        1.. => out.line(format!(
            "\nnot in it yet: the events {} to {} of the log (--min-log-seq {} waits for them)",
            meta.applied_seq + 1,
            meta.head_seq,
            meta.head_seq
        )),
        _ => Ok(()),
    }
}

/// A list in one cell.
fn joined(list: &[String]) -> String {
    if list.is_empty() { "-".to_owned() } else { list.join(", ") }
}

/// An optional text in one cell.
fn or_dash(text: Option<String>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned())
}
