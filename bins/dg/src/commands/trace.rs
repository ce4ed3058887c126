//! `dg trace show`: one trace, step by step.

use clap::{Args, Subcommand};
use dg_client::{Meta, TraceDetail};
use serde::Serialize;

use super::tell_lag;
use crate::{
    cli::{AsOfFlag, FreshnessFlags, Global, TenantFlag},
    connection,
    failure::Failure,
    output::Output,
    timeline,
};

/// What to do with one trace.
#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Tell it as a timeline.
    Show(ShowArgs),
}

/// Which trace to show.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg trace show trace-live-renewal-002 -t release-demo
  dg trace show refund-1 --payload              with every payload in full
  dg trace show refund-1 --json | jq '.events[].event_type'")]
pub(crate) struct ShowArgs {
    /// Id of the trace.
    #[arg(value_name = "ID")]
    trace_id: String,
    #[command(flatten)]
    tenant: TenantFlag,
    /// Print the payload of each event under it.
    #[arg(long)]
    payload: bool,
    #[command(flatten)]
    freshness: FreshnessFlags,
    #[command(flatten)]
    as_of: AsOfFlag,
}

#[derive(Serialize)]
struct Shown {
    meta: Meta,
    #[serde(flatten)]
    detail: TraceParts,
}

/// The parts of a trace, null where the projections do not have it yet.
#[derive(Serialize)]
struct TraceParts {
    events: Vec<dg_client::StoredEvent>,
    index: Option<dg_client::TraceIndex>,
    missing_events: Vec<dg_client::MissingEvent>,
    summary: Option<dg_client::TraceSummary>,
}

pub(crate) async fn run(global: &Global, command: TraceCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let TraceCommand::Show(args) = command;
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?
        .freshness(args.freshness.back_to(args.as_of.as_of))
        .as_of(args.as_of.as_of);
    let found = client.trace(&args.trace_id).await.map_err(|error| {
        let unknown = error.code == "not_found";
        let failure = Failure::from(error);
        if unknown { failure.advise("list the traces of the tenant with `dg traces`") } else { failure }
    })?;
    let mut detail = found.data;
    add_the_rest(&client, &args.trace_id, args.as_of.as_of, &mut detail).await?;
    if out.is_json() {
        let TraceDetail { events, index, missing_events, summary } = detail;
        let detail = TraceParts { events, index, missing_events, summary };
        return out.document(&Shown { meta: found.meta, detail });
    }
    for line in timeline::lines(&detail, args.payload) {
        out.line(line)?;
    }
    for missing in &detail.missing_events {
        let dg_client::MissingEvent { event_id, log_seq, projection_name, status } = missing;
        let event_id = crate::output::printable(event_id);
        out.line(format!("not in {projection_name}: event {event_id} at {log_seq} ({status})"))?;
    }
    let shown = detail.events.last().map_or(0, |event| event.log_seq);
    // The events come from the log itself; only what the projections add may be behind.
    if found.meta.as_of_log_seq.is_some() || found.meta.applied_seq < shown {
        Ok(tell_lag(out, found.meta)?)
    } else {
        Ok(())
    }
}

/// The service shows the first 10,000 events of a trace with it; the others come in pages.
async fn add_the_rest(
    client: &dg_client::Client,
    trace_id: &str,
    as_of: Option<i64>,
    detail: &mut TraceDetail,
) -> Result<(), Failure> {
    const SHOWN_AT_ONCE: usize = 10_000;
    if detail.events.len() < SHOWN_AT_ONCE {
        return Ok(());
    }
    let mut after = detail.events.last().map(|event| event.trace_seq);
    while let Some(position) = after {
        let page = client.trace_events(trace_id, Some(position), Some(1000)).await?;
        let ends = page.events.last().is_some_and(|last| as_of.is_some_and(|until| last.log_seq > until));
        after = page.next_after_trace_seq.filter(|_| !ends);
        let known = |event: &dg_client::StoredEvent| as_of.is_none_or(|until| event.log_seq <= until);
        detail.events.extend(page.events.into_iter().take_while(known));
    }
    Ok(())
}
