//! `dg failures`: events that a projection does not hold, and another try.

use clap::{Args, Subcommand};
use dg_client::{Client, FailureQuery, ProjectionFailure, Reprojection};
use serde_json::json;

use super::replay::{TARGETS, follow::follow, tell};
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table, printable},
};

/// What to do with failures.
#[derive(Debug, Subcommand)]
pub(crate) enum FailuresCommand {
    /// List events that a projection does not hold, latest first.
    List(ListArgs),
    /// Show one failure.
    #[command(after_help = "Examples:\n  dg failures show 6f1f4f0a-0000-4000-8000-000000000000 -t acme")]
    Show(OneArgs),
    /// Project the event of an open failure after all, for example once the cause is repaired.
    Retry(RetryArgs),
    /// Project the event of a quarantined failure after all.
    Resolve(ReasonArgs),
}

/// Which failures to list.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dg failures list -t acme
  dg failures list --status quarantined --projection context_graph -t acme
  dg failures list --trace order-17 -t acme --json | jq '.failures[].error_message'")]
pub(crate) struct ListArgs {
    /// Only those in this status.
    #[arg(long, value_parser = ["open", "quarantined", "resolved", "superseded"])]
    status: Option<String>,
    /// Only those of this projection.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(&TARGETS[1..]))]
    projection: Option<String>,
    /// Only those of this trace.
    #[arg(long, value_name = "TRACE_ID")]
    trace: Option<String>,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Where the page before ended.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

impl ListArgs {
    /// The same, with this status unless one was given.
    pub(super) fn or_status(self, status: &str) -> Self {
        Self { status: self.status.or_else(|| Some(status.to_owned())), ..self }
    }
}

#[derive(Debug, Args)]
pub(crate) struct OneArgs {
    /// Id of the failure.
    failure_id: String,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// What to try again.
#[derive(Debug, Args)]
#[command(after_help = "\
Waits until the event was projected, or was not again.

Exit code 1 when an event still cannot be projected.

Examples:
  dg failures retry 6f1f4f0a-0000-4000-8000-000000000000 -t acme
  dg failures retry --all -t acme")]
pub(crate) struct RetryArgs {
    /// Id of the failure.
    #[arg(required_unless_present = "all")]
    failure_id: Option<String>,
    /// Every open failure of the tenant, one after the other.
    #[arg(long, conflicts_with = "failure_id")]
    all: bool,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// A failure and why something is done about it.
#[derive(Debug, Args)]
#[command(after_help = "\
Waits until the event was projected, or was not again.

Exit code 1 when the event still cannot be projected.

Examples:
  dg failures resolve 6f1f4f0a-0000-4000-8000-000000000000 --reason 'fixed in 0.4' -t acme")]
pub(crate) struct ReasonArgs {
    /// Id of the failure.
    failure_id: String,
    /// Why; recorded with the run.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    tenant: TenantFlag,
}

pub(crate) async fn run(global: &Global, command: FailuresCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        FailuresCommand::List(args) => list(global, args, out).await,
        FailuresCommand::Show(args) => {
            let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
            tell_one(&client.failure(&args.failure_id).await?, out)
        }
        FailuresCommand::Retry(args) => retry(global, args, out).await,
        FailuresCommand::Resolve(args) => resolve(global, args, out).await,
    }
}

/// Lists a page of failures.
pub(super) async fn list(global: &Global, args: ListArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    let query = FailureQuery {
        status: args.status,
        projection: args.projection,
        trace_id: args.trace,
        limit: Some(args.limit),
        cursor: args.cursor,
    };
    let page = client.failures(&query).await?;
    if out.is_json() {
        return out.document(&page);
    }
    if page.failures.is_empty() {
        return Ok(out.line("none")?);
    }
    let mut table = Table::new(&["FAILURE", "PROJECTION", "EVENT", "AT", "TRACE", "STATUS", "WHY"]);
    for failure in page.failures {
        let why = format!("{} [{}]", failure.error_message, failure.error_code);
        let ProjectionFailure { failure_id, projection_name, event_id, log_seq, trace_id, status, .. } = failure;
        table.row([failure_id, projection_name, event_id, log_seq.to_string(), trace_id, status, why]);
    }
    out.table(&table)?;
    match page.next_cursor {
        Some(cursor) => Ok(out.line(format!("\nmore: --cursor {cursor}"))?),
        None => Ok(()),
    }
}

/// Describes one failure.
pub(super) fn tell_one(failure: &ProjectionFailure, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "failure": failure }));
    }
    out.line(format!("{}  {}", failure.failure_id, failure.status))?;
    let quarantined = failure.quarantined_at.as_ref().map(|at| {
        let by = failure.quarantined_by.as_deref().unwrap_or_default();
        format!("{at} by {by}: {}", failure.quarantine_reason.as_deref().map(printable).unwrap_or_default())
    });
    for (name, text) in [
        ("projection", Some(failure.projection_name.clone())),
        ("event", Some(format!("{} at {}", printable(&failure.event_id), failure.log_seq))),
        ("trace", Some(printable(&failure.trace_id))),
        ("why", Some(format!("{} [{}, {}]", printable(&failure.error_message), failure.error_code, failure.category))),
        ("tried", Some(format!("{} times, {} to {}", failure.attempts, failure.first_seen_at, failure.last_seen_at))),
        ("quarantined", quarantined),
        ("resolved", failure.resolved_at.clone()),
        ("run", failure.job_id.clone()),
    ] {
        if let Some(text) = text {
            out.line(format!("  {name:<12} {text}"))?;
        }
    }
    Ok(())
}

async fn retry(global: &Global, args: RetryArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    if let Some(failure_id) = args.failure_id {
        let queued = client.retry_failure(&failure_id).await?;
        return wait(&client, queued, out).await;
    }
    let mut runs = Vec::new();
    for failure in all_open(&client).await? {
        // One after the other: each touches its projection alone.
        let queued = client.retry_failure(&failure.failure_id).await?;
        runs.extend(follow(&client, vec![queued.run]).await?);
    }
    let failed = runs.iter().filter(|run| !tell::is_well(run)).count();
    if out.is_json() {
        out.document(&json!({ "runs": runs }))?;
    } else {
        out.line(format!("{} tried again, {} projected, {failed} not", runs.len(), runs.len() - failed))?;
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::new(
            crate::failure::Exit::Found,
            "still_failing",
            format!("events that still cannot be projected: {failed}"),
        )
        .advise("`dg failures list --status open` says why; `dg quarantine ID --reason …` accepts one")),
    }
}

async fn all_open(client: &Client) -> Result<Vec<ProjectionFailure>, Failure> {
    let mut query = FailureQuery { status: Some("open".to_owned()), limit: Some(200), ..FailureQuery::default() };
    let mut open = Vec::new();
    loop {
        let page = client.failures(&query).await?;
        open.extend(page.failures);
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    open.sort_by_key(|failure| failure.log_seq);
    Ok(open)
}

async fn resolve(global: &Global, args: ReasonArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    let queued = client.resolve_failure(&args.failure_id, &args.reason).await?;
    wait(&client, queued, out).await
}

/// Waits for the run of a failure.
pub(super) async fn wait(client: &Client, queued: Reprojection, out: &mut Output<'_>) -> Result<(), Failure> {
    let run = follow(client, vec![queued.run]).await?.remove(0);
    tell::ended(&run, out)
}
