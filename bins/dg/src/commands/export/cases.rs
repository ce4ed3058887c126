//! `dg export case` and `dg export cases`.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use dg_client::{CaseExport, WorkflowQuery};
use serde_json::json;

use super::{cannot_write, folder};
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::Output,
};

/// How much, and where to.
#[derive(Debug, Args)]
struct How {
    /// Everything; without evidence and persons; or without what people wrote, too.
    #[arg(long, default_value = "internal", value_parser = ["full", "internal", "external"])]
    profile: String,
    /// Events of the item and its review, or of the whole reviewed trace too.
    #[arg(long, default_value = "item", value_parser = ["item", "trace"])]
    events: String,
    /// Write to this file, which appears when it is complete.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// Which case.
#[derive(Debug, Args)]
#[command(after_help = "\
Needs the permission workflow_export, and is noted in the audit.

Examples:
  dg export case refund-4:exception:late -t acme -o case.ndjson
  dg export case refund-4:exception:late --format html --profile external -o case.html
  dg export case refund-4:exception:late --profile full | dg verify bundle -")]
pub(super) struct CaseArgs {
    /// Its id, as `dg workflow list` shows it.
    workflow_id: String,
    /// Lines, one document, or a page for people.
    #[arg(long, default_value = "ndjson", value_parser = ["ndjson", "json", "html"])]
    format: String,
    #[command(flatten)]
    how: How,
}

/// Which cases.
#[derive(Debug, Args)]
#[command(after_help = "\
At most 50,000, open and closed ones. Needs the permission workflow_export, and is noted in the audit.

Examples:
  dg export cases -t acme -o cases.ndjson
  dg export cases --status rejected,overridden --policy refunds --profile full -o cases.ndjson")]
pub(super) struct CasesArgs {
    /// In these states only. Repeatable, or with commas.
    #[arg(long, value_delimiter = ',')]
    status: Vec<String>,
    /// Of this urgency only. Repeatable, or with commas.
    #[arg(long, value_delimiter = ',')]
    priority: Vec<String>,
    /// About this policy only.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Of this trace only.
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// With this text in title, id or reason.
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    #[command(flatten)]
    how: How,
}

impl How {
    fn export(&self, format: Option<&str>) -> CaseExport {
        CaseExport {
            format: format.map(str::to_owned),
            profile: Some(self.profile.clone()),
            events: Some(self.events.clone()),
        }
    }
}

pub(super) async fn one(global: &Global, args: &CaseArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.how.tenant.tenant.as_deref())?;
    let bytes = client.export_case(&args.workflow_id, &args.how.export(Some(&args.format))).await?;
    deliver(&bytes, args.how.output.as_deref(), out)
}

pub(super) async fn many(global: &Global, args: &CasesArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.how.tenant.tenant.as_deref())?;
    let query = WorkflowQuery {
        status: args.status.clone(),
        priority: args.priority.clone(),
        policy_id: args.policy.clone(),
        trace_id: args.trace.clone(),
        q: args.q.clone(),
        only_open: Some(false),
        ..WorkflowQuery::default()
    };
    let bytes = client.export_cases(&query, &args.how.export(None)).await?;
    deliver(&bytes, args.how.output.as_deref(), out)
}

pub(in crate::commands) fn deliver(bytes: &[u8], path: Option<&Path>, out: &mut Output<'_>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(out.raw().write_all(bytes)?) };
    let mut file = tempfile::NamedTempFile::new_in(folder(path)).map_err(|error| cannot_write(path, &error))?;
    file.write_all(bytes).map_err(|error| cannot_write(path, &error))?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| cannot_write(path, &error.error))?;
    if out.is_json() {
        return out.document(&json!({ "bytes": bytes.len(), "file": path }));
    }
    Ok(out.line(format!("{} bytes in {}.", bytes.len(), path.display()))?)
}
