//! `dg import`: appends the events of a file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::Args;
use dg_client::{NewTenant, Options, RetryPolicy};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::{Exit, Failure},
    import::{FormatError, Reader, Report, SendError, send},
    output::{Output, printable},
};

/// What to import.
#[derive(Debug, Args)]
#[command(after_help = "\
FILE is NDJSON (one event per line), a JSON list of events, or an object with a list `events`, such as a golden file. \
What only a stored event has (log_seq, recorded_at, payload_hash ...) is left out; when the file has payload hashes, they \
are compared with those of the stored events.

Importing may be interrupted and repeated: events that are stored already are recognised by their idempotency key and \
counted as replayed. Nothing is kept beside the file, so it also resumes on another machine.

Exit code 65 when events were rejected; the first ten are named.

Examples:
  dg import history.ndjson -t acme
  dg import renewal.json -t golden --create-tenant
  dg export -t acme | dg import - -t acme-copy")]
pub(crate) struct ImportArgs {
    /// The file; - for standard input.
    file: PathBuf,
    #[command(flatten)]
    tenant: TenantFlag,
    /// Register the tenant first if it does not exist. Needs the admin role.
    #[arg(long)]
    create_tenant: bool,
    /// With --create-tenant: its history was recorded elsewhere, reviews included, and is taken as it is.
    #[arg(long, requires = "create_tenant")]
    demo: bool,
    /// With --create-tenant: how secrets in events are found.
    #[arg(long, requires = "create_tenant", value_parser = ["precise", "reference"])]
    secret_guard: Option<String>,
    /// Events per request.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1000))]
    batch: u16,
}

#[derive(Serialize)]
struct Imported<'a> {
    #[serde(flatten)]
    report: &'a Report,
    tenant_id: &'a str,
}

pub(crate) async fn run(global: &Global, args: &ImportArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let options = Options { retry: RetryPolicy::PATIENT, ..connection::options() };
    let client = connection::tenant_with(global, args.tenant.tenant.as_deref(), options)?;
    let (size, file) = open(&args.file)?;
    let unreadable = |error: &FormatError| not_readable(&args.file, error);
    let mut reader = Reader::new(file).map_err(|error| unreadable(&error))?;
    let tenant_id = client.tenant_id().unwrap_or_default().to_owned();
    if args.create_tenant {
        create_tenant(&client, &tenant_id, args.secret_guard.clone(), args.demo).await?;
    }

    let bar = progress_bar(size);
    let mut report = Report::default();
    let ended = send(&client, &mut reader, args.batch.into(), &mut report, |report, bytes| {
        bar.set_position(bytes);
        let Report { stored, replayed, rejected, .. } = report;
        bar.set_message(format!("{stored} stored, {replayed} replayed, {rejected} rejected"));
    })
    .await;
    bar.finish_and_clear();
    match ended {
        Ok(()) => {}
        Err(SendError::Format(error)) => return Err(stopped(&report, unreadable(&error))),
        Err(SendError::Client(error)) if error.code == "not_found" => {
            let advice = "check --tenant, or let --create-tenant register it";
            return Err(Failure::from(*error).advise(advice));
        }
        Err(SendError::Client(error)) => return Err(stopped(&report, Failure::from(*error))),
    }
    report.rejections.sort_by_key(|rejection| rejection.number);
    tell(&report, &tenant_id, out)?;
    match (report.rejected, report.hash_differences) {
        (0, 0) => Ok(()),
        (0, differing) => Err(Failure::new(
            Exit::Data,
            "hash_differs",
            format!("stored events whose payload hash is not the one in the file: {differing}"),
        )
        .advise("the file was changed after it was exported; compare it with its source")),
        (rejected, _) => Err(Failure::new(Exit::Data, "rejected", format!("rejected events: {rejected}"))
            .advise("correct them and import the file again; what is stored already is recognised")),
    }
}

fn open(path: &Path) -> Result<(Option<u64>, Box<dyn BufRead + Send>), Failure> {
    if path == Path::new("-") {
        return Ok((None, Box::new(BufReader::new(io::stdin()))));
    }
    let failed =
        |error: io::Error| Failure::new(Exit::Data, "no_input", format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    Ok((about.is_file().then_some(about.len()), Box::new(BufReader::with_capacity(1 << 16, file))))
}

async fn create_tenant(
    client: &dg_client::Client,
    tenant_id: &str,
    guard: Option<String>,
    demo: bool,
) -> Result<(), Failure> {
    match client.create_tenant(&NewTenant { tenant_id: tenant_id.to_owned(), secret_guard: guard, demo }).await {
        Ok(_) => Ok(()),
        Err(error) if error.code == "conflict" => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// On a terminal only; indicatif draws nothing elsewhere.
fn progress_bar(size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "{bar:30} {percent:>3} %  {msg}  {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}  {msg}"),
    };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn tell(report: &Report, tenant_id: &str, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&Imported { report, tenant_id });
    }
    let Report { events, stored, replayed, rejected, .. } = report;
    out.line(format!("{events} events into {tenant_id}: {stored} stored, {replayed} replayed, {rejected} rejected."))?;
    for rejection in &report.rejections {
        let name = rejection.event_id.as_deref().map(|id| format!(" ({})", printable(id))).unwrap_or_default();
        let message = printable(&rejection.message);
        out.line(format!("  event {}{name}: {message} [{}]", rejection.number, rejection.code))?;
    }
    let more = rejected - report.rejections.len();
    if more > 0 {
        out.line(format!("  and {more} more"))?;
    }
    Ok(())
}

fn not_readable(path: &Path, error: &FormatError) -> Failure {
    let message = format!("cannot import {}: {}", path.display(), dg_runtime::exit::chain(error));
    Failure::new(Exit::Data, "bad_format", message).advise("`dg import --help` lists the forms of files")
}

/// Adds to a failure how far the import came.
fn stopped(report: &Report, failure: Failure) -> Failure {
    let done = report.stored + report.replayed;
    let advice = match failure.advice() {
        Some(advice) => format!("{advice}; then repeat the import, what is stored already is recognised"),
        None => "repeat the import; what is stored already is recognised".to_owned(),
    };
    failure.note("stored_before", done).advise(advice)
}
