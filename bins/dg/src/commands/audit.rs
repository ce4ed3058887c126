//! `dg audit`: who administered what, who was refused, who signed in, and whether that is still what was written.

mod verify;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use dg_client::AuditQuery;
use serde_json::json;

use super::or_dash;
use crate::{
    cli::Global,
    connection,
    failure::{Exit, Failure},
    output::{Output, Table},
};

/// What to do with the audit.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List rows, newest first.
    List(ListArgs),
    /// Compute the chain anew and name the first row that is not what was written.
    Verify(verify::VerifyArgs),
    /// Write the audit as NDJSON, oldest first.
    Export(ExportArgs),
}

/// Which rows.
#[derive(Debug, Args)]
struct Filter {
    /// Only those of this kind.
    #[arg(long, value_parser = ["act", "refusal", "sign_in", "export"])]
    kind: Option<String>,
    /// Only those of this action, such as token.revoke.
    #[arg(long)]
    action: Option<String>,
    /// Only those that ended so.
    #[arg(long, value_parser = ["done", "asked", "refused"])]
    outcome: Option<String>,
    /// Only what this account did.
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// Only what was done to this account, token, session or run.
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Only what is about this tenant.
    #[arg(long, value_name = "TENANT")]
    about_tenant: Option<String>,
    /// Written then or later, such as 2026-05-04T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Written before.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl Filter {
    fn query(&self) -> AuditQuery {
        AuditQuery {
            kind: self.kind.clone(),
            action: self.action.clone(),
            outcome: self.outcome.clone(),
            principal: self.principal.clone(),
            subject: self.subject.clone(),
            about_tenant: self.about_tenant.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
            ..AuditQuery::default()
        }
    }
}

/// Which rows to list.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dg audit list
  dg audit list --kind refusal --since 2026-05-04T00:00:00Z
  dg audit list --subject 0123456789ab --json | jq '.entries[].action'")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    filter: Filter,
    /// Oldest first.
    #[arg(long)]
    oldest_first: bool,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Where the page before ended.
    #[arg(long)]
    cursor: Option<String>,
}

/// Which rows to export.
#[derive(Debug, Args)]
#[command(after_help = "\
One row per line with all that was hashed, so that `dg audit verify --file` can verify a whole export without the service. \
An export is noted in the audit itself.

Examples:
  dg audit export > audit.ndjson
  dg audit export --after 1000 -o audit-2.ndjson")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    filter: Filter,
    /// Only rows after this one.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// Write to this file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(global: &Global, command: AuditCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        AuditCommand::List(args) => list(global, args, out).await,
        AuditCommand::Verify(args) => verify::run(global, &args, out).await,
        AuditCommand::Export(args) => export(global, &args, out).await,
    }
}

async fn list(global: &Global, args: ListArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let ListArgs { filter, oldest_first, limit, cursor } = args;
    let query = AuditQuery { oldest_first, limit: Some(limit), cursor, ..filter.query() };
    let page = connection::service(global)?.audit(&query).await?;
    if out.is_json() {
        return out.document(&page);
    }
    if page.entries.is_empty() {
        return Ok(out.line("none")?);
    }
    let mut table = Table::new(&["ROW", "WHEN", "WHO", "ACTION", "OUTCOME", "WHAT", "TENANT", "FROM", "DETAILS"]);
    for row in page.entries {
        let who = match (row.principal, row.agent) {
            (Some(principal), Some(agent)) => format!("{principal} through {agent}"),
            (principal, agent) => or_dash(principal.or(agent)),
        };
        table.row([
            row.audit_seq.to_string(),
            row.recorded_at,
            who,
            row.action,
            row.outcome,
            or_dash(row.subject),
            or_dash(row.about_tenant),
            or_dash(row.address),
            row.details.get().to_owned(),
        ]);
    }
    out.table(&table)?;
    match page.next_cursor {
        Some(cursor) => Ok(out.line(format!("\nmore: --cursor {cursor}"))?),
        None => Ok(()),
    }
}

async fn export(global: &Global, args: &ExportArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::service(global)?;
    // Up to where it is now: the export itself goes into the audit, and must not run after its own rows.
    let newest = client.audit(&AuditQuery { limit: Some(1), ..AuditQuery::default() }).await?;
    let until = newest.entries.first().map_or(0, |row| row.audit_seq);
    let query = args.filter.query();
    let (mut after, mut rows) = (args.after, 0);
    let mut file = args.output.as_deref().map(begin).transpose()?;
    loop {
        let (lines, next) = client.export_audit(&query, after, Some(until)).await?;
        rows += lines.iter().filter(|byte| **byte == b'\n').count();
        match &mut file {
            Some(file) => file.write_all(&lines)?,
            None => out.raw().write_all(&lines)?,
        }
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let (Some(file), Some(path)) = (file, &args.output) else { return Ok(()) };
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| cannot_write(path, &error.error))?;
    if out.is_json() {
        return out.document(&json!({ "after_seq": args.after, "file": path, "last_seq": until, "rows": rows }));
    }
    Ok(out.line(format!("{rows} rows in {}.", path.display()))?)
}

fn begin(path: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unavailable, "io", format!("cannot write {}: {error}", path.display()))
}
