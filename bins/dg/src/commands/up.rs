//! `dg up`: starts the whole suite in a directory and stays with it.
//!
//! The work is the supervisor's; this command writes its table, waits until everything is up, makes what a development
//! suite starts with, says where things are, and ends everything when it is ended.

mod layout;
mod ports;
mod ready;
mod render;
mod seed;
mod status;
mod supervisor;
mod watch;

use std::{io::IsTerminal, path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use dg_runtime::signals;
use dg_storage::{StoreError, bootstrap};

pub(crate) use layout::Layout;
pub(crate) use status::{Child, ChildState, Status};

use crate::{
    cli::Global,
    commands::database,
    failure::{Exit, Failure},
    output::Output,
};
use render::{DAEMONS, Plan};
use seed::Tokens;
use supervisor::Supervisor;
use watch::Watch;

/// How to start the suite.
#[derive(Debug, Args)]
#[command(after_help = "\
State, settings and logs are kept in --dir (default .dg); a second start continues there. The private PostgreSQL listens on \
a unix socket only. Ctrl-C stops everything in order.

With --json, one line is printed when everything is ready:
  {\"admin_token\":…,\"api_url\":…,\"console_url\":…,\"database_url\":…,\"event\":\"ready\",\"setup_code\":…}

Examples:
  dg up
  dg up --dir /srv/dg --no-demo
  dg up --api-port 0 --console-port 0 --json
  DATABASE_URL=postgresql://admin@db/decisiongraph dg up     with a PostgreSQL you run yourself")]
pub(crate) struct UpArgs {
    /// Port of the API on loopback; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 4100)]
    api_port: u16,
    /// Port of the console on loopback; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 4180)]
    console_port: u16,
    /// Do not load the demo tenant.
    #[arg(long)]
    no_demo: bool,
    /// Use this PostgreSQL instead of a private one. Its user has to be able to create roles, or they have to be there.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    /// Where the daemons' logs go: files in DIR/logs, or standard error. Files when standard error is a terminal.
    #[arg(long, value_enum, default_value_t = Logs::Auto)]
    logs: Logs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Logs {
    Auto,
    Files,
    Stderr,
}

pub(crate) async fn run(global: &Global, args: &UpArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let stop = signals::stop_token()?;
    let plan = plan(args)?;
    if let Some(url) = &plan.database_url {
        reach(url).await?;
    }
    let layout = Layout::make(&global.dir)?;
    let _lock = layout.lock().await?;
    let plan = Plan {
        api_port: ports::choose(args.api_port, "--api-port")?,
        console_port: ports::choose(args.console_port, "--console-port")?,
        ..plan
    };
    let tokens = Tokens::draw();
    layout.write_private(&layout.config(), &plan.config(&layout).map_err(unwritable)?)?;
    layout.write_private(&layout.table(), &plan.table(&layout).map_err(unwritable)?)?;
    layout.write_private(&layout.reader_token(), &format!("{}\n", tokens.reader.reveal()))?;
    layout.write_private(&layout.console_token(), &format!("{}\n", tokens.console.reveal()))?;

    let program = plan.programs.join("dg-supervisor");
    let mut watch = Watch::new(layout.clone(), plan.log_files);
    let mut told = false;
    loop {
        layout.forget(&DAEMONS)?;
        let mut supervisor = Supervisor::start(&program, &layout, plan.log_files)?;
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            outcome = ready::accompany(&plan, &layout, &tokens, !args.no_demo, &mut watch, &mut told, out) => Some(Err(outcome)),
            status = supervisor.ended() => Some(Ok(status?)),
        };
        match ended {
            None => {
                watch.say("stopping");
                return supervisor.stop().await;
            }
            Some(Err(outcome)) => {
                let stopped = supervisor.stop().await;
                return outcome.and(stopped);
            }
            Some(Ok(status)) => watch.survive(&status, &stop).await?,
        }
    }
}

/// What can be found wrong before anything is touched.
fn plan(args: &UpArgs) -> Result<Plan, Failure> {
    let database_url = args.database_url.clone().filter(|url| !url.trim().is_empty());
    if let Some(url) = &database_url {
        database::check_url(url)?;
        if database::database_of(url).is_none() {
            return Err(Failure::new(Exit::Config, "bad_database_settings", "the database address names no database")
                .advise("end it with the name, for example postgresql://admin@db/decisiongraph"));
        }
    }
    let log_files = match args.logs {
        Logs::Files => true,
        Logs::Stderr => false,
        Logs::Auto => std::io::stderr().is_terminal(),
    };
    Ok(Plan { api_port: 0, console_port: 0, database_url, programs: programs()?, log_files })
}

/// Fails at once when nothing answers there. A database that is still to be made is no failure.
async fn reach(url: &str) -> Result<(), Failure> {
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    match bootstrap::wait_until_up(url, deadline).await {
        Err(error @ (StoreError::Unavailable { .. } | StoreError::BadConfig { .. })) => Err(error.into()),
        _ => Ok(()),
    }
}

/// The directory of this program, which holds the others too.
fn programs() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?.canonicalize()?;
    let dir = own.parent().map(PathBuf::from).unwrap_or_default();
    let missing: Vec<&str> =
        DAEMONS.into_iter().chain(["dg-supervisor"]).filter(|name| !dir.join(name).is_file()).collect();
    if missing.is_empty() {
        return Ok(dir);
    }
    let message = format!("{} not in {}, where dg is", missing.join(", "), dir.display());
    Err(Failure::new(Exit::Unavailable, "not_installed", message)
        .advise("build all programs with `cargo build --release --bins` or `make up`, or install the whole package"))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn unwritable(error: toml::ser::Error) -> Failure {
    Failure::new(Exit::Software, "internal_error", format!("cannot write the configuration: {error}"))
}
