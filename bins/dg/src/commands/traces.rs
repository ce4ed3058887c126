//! `dg traces`: the trace list.

use clap::Args;
use dg_client::{Meta, TracePage, TraceQuery};
use serde::Serialize;

use super::{or_dash, tell_lag};
use crate::{
    cli::{FreshnessFlags, Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table},
};

/// Which traces to list.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg traces                                     the 50 traces with the latest activity
  dg traces --status open --workflow refund
  dg traces --entity-type account --entity-id acct-1 --json
  dg traces --limit 200 --cursor CURSOR         the next page; the cursor is in the page before")]
pub(crate) struct TracesArgs {
    #[command(flatten)]
    tenant: TenantFlag,
    /// Only this workflow.
    #[arg(long)]
    workflow: Option<String>,
    /// Only traces that ended like this.
    #[arg(long, value_parser = ["success", "failure", "abandoned"])]
    outcome: Option<String>,
    /// Only open or only finished ones.
    #[arg(long, value_parser = ["open", "finished"])]
    status: Option<String>,
    /// Only traces about this type of entity.
    #[arg(long)]
    entity_type: Option<String>,
    /// Only traces about this entity.
    #[arg(long, requires = "entity_type")]
    entity_id: Option<String>,
    /// List the companion traces of reviews too.
    #[arg(long)]
    companions: bool,
    /// How many.
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Continue after the page that gave this cursor.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    freshness: FreshnessFlags,
}

#[derive(Serialize)]
struct Listed {
    meta: Meta,
    #[serde(flatten)]
    page: TracePage,
}

pub(crate) async fn run(global: &Global, args: TracesArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?.freshness(args.freshness.freshness());
    let query = TraceQuery {
        workflow: args.workflow,
        outcome: args.outcome,
        status: args.status,
        entity_type: args.entity_type,
        entity_id: args.entity_id,
        companions: args.companions,
        limit: Some(args.limit),
        cursor: args.cursor,
    };
    let found = client.traces(&query).await?;
    if out.is_json() {
        return out.document(&Listed { meta: found.meta, page: found.data });
    }
    let mut table = Table::new(&["LAST ACTIVITY", "STATUS", "EVENTS", "WORKFLOW", "TRACE", "TITLE"]);
    for trace in found.data.traces {
        let status = trace.outcome.or(trace.status);
        table.row([
            or_dash(trace.last_occurred_at),
            or_dash(status),
            trace.event_count.to_string(),
            or_dash(trace.workflow),
            trace.trace_id,
            or_dash(trace.title),
        ]);
    }
    if table.is_empty() {
        out.line("No trace matches.")?;
    } else {
        out.table(&table)?;
    }
    if let Some(cursor) = found.data.next_cursor {
        out.line(format!("\nmore: --cursor {cursor}"))?;
    }
    Ok(tell_lag(out, found.meta)?)
}
