//! `dg export`: stored events as NDJSON, or cases of human review.

mod cases;

pub(super) use cases::deliver;

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use dg_client::{EventQuery, Options, RetryPolicy};
use serde_json::json;

use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::{Exit, Failure},
    output::Output,
};

/// What to export.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
One stored event per line, in log order, keys sorted: the same log gives the same bytes. `dg import` reads it. It ends \
where the log ended when the command started.

With --json and no -o, the events come as one document {\"events\":[…]}; with -o, the document tells what was written.

Examples:
  dg export -t acme > acme.ndjson
  dg export case refund-4:exception:late -t acme -o case.ndjson
  dg export -t acme --after 1000 -o acme-2.ndjson
  dg export -t acme | jq -r 'select(.event_type == \"TraceFinished\") | .trace_id'"
)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    tenant: TenantFlag,
    /// Only events after this log position.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// Only events up to and including this log position.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    until: Option<i64>,
    /// Write to this file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<ExportCommand>,
}

/// What else can be exported.
#[derive(Debug, Subcommand)]
enum ExportCommand {
    /// One case of human review, to be checked with `dg verify bundle`.
    Case(cases::CaseArgs),
    /// The cases that a filter chooses, as lines.
    Cases(cases::CasesArgs),
}

/// How the events are laid out.
enum Form {
    Lines,
    Document,
}

pub(crate) async fn run(global: &Global, args: &ExportArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    match &args.command {
        Some(ExportCommand::Case(args)) => return cases::one(global, args, out).await,
        Some(ExportCommand::Cases(args)) => return cases::many(global, args, out).await,
        None => {}
    }
    if args.until.is_some_and(|until| until < args.after) {
        return Err(Failure::usage("--until lies before --after"));
    }
    let options = Options { retry: RetryPolicy::PATIENT, ..connection::options() };
    let client = connection::tenant_with(global, args.tenant.tenant.as_deref(), options)?;
    let head = client.health().await?.event_log_last_seq;
    let until = args.until.map_or(head, |until| until.min(head));
    let Some(path) = &args.output else {
        let form = if out.is_json() { Form::Document } else { Form::Lines };
        write(&client, args.after, until, &form, out.raw()).await?;
        return Ok(());
    };
    let mut file = tempfile::NamedTempFile::new_in(folder(path)).map_err(|error| cannot_write(path, &error))?;
    let mut buffered = io::BufWriter::new(file.as_file_mut());
    let events = write(&client, args.after, until, &Form::Lines, &mut buffered).await?;
    buffered.flush().map_err(|error| cannot_write(path, &error))?;
    drop(buffered);
    file.as_file().sync_all().map_err(|error| cannot_write(path, &error))?;
    file.persist(path).map_err(|error| cannot_write(path, &error.error))?;
    if out.is_json() {
        let tenant_id = client.tenant_id();
        return out.document(
            &json!({ "after": args.after, "events": events, "file": path, "tenant_id": tenant_id, "until": until }),
        );
    }
    Ok(out.line(format!("{events} events in {}.", path.display()))?)
}

async fn write(
    client: &dg_client::Client,
    after: i64,
    until: i64,
    form: &Form,
    to: &mut dyn Write,
) -> Result<u64, Failure> {
    let mut count = 0;
    if matches!(form, Form::Document) {
        write!(to, "{{\"events\":[")?;
    }
    if after < until {
        let query = EventQuery { after: Some(after), until: Some(until), limit: Some(1000), ..EventQuery::default() };
        let mut pages = client.event_pages(query);
        while let Some(events) = pages.next().await? {
            for event in events {
                match form {
                    Form::Document if count > 0 => write!(to, ",")?,
                    Form::Document | Form::Lines => {}
                }
                // The row's fields are declared in the order of their names, and the payload is canonical text.
                serde_json::to_writer(&mut *to, &event)?;
                if matches!(form, Form::Lines) {
                    writeln!(to)?;
                }
                count += 1;
            }
        }
    }
    if matches!(form, Form::Document) {
        writeln!(to, "]}}")?;
    }
    Ok(count)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, "io", format!("cannot write {}: {error}", path.display()))
}
