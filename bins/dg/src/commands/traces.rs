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
  dg traces --entity account:acct-1 --fact 'amount>=100' --count
  dg traces --query 'renewal acme' --tag urgent --since 2026-01-01T00:00:00Z --json
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
    /// Only traces that touched an entity of this type, or this entity.
    #[arg(long, value_name = "TYPE[:ID]")]
    entity: Option<String>,
    /// Only traces that this policy, or this version of it, was evaluated in.
    #[arg(long, value_name = "ID[:VERSION]")]
    policy: Option<String>,
    /// Only traces that somebody acted or approved in.
    #[arg(long, value_name = "TYPE:ID")]
    actor: Option<String>,
    /// Only traces with this label; may be repeated.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Only traces with such a fact, with = != < <= > or >=; may be repeated.
    #[arg(long = "fact", value_name = "KEY>=VALUE")]
    facts: Vec<String>,
    /// Only traces that started then or later.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only traces that started earlier.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only traces with all of these words in title, workflow, ids or reasons.
    #[arg(short, long, value_name = "WORDS")]
    query: Option<String>,
    /// Latest activity or latest start first; activity without a filter, start with one.
    #[arg(long, value_parser = ["activity", "started"])]
    order: Option<String>,
    /// Say how many there are.
    #[arg(long)]
    count: bool,
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
    let (entity_type, entity_id) = match args.entity {
        Some(entity) => match entity.split_once(':') {
            Some((entity_type, entity_id)) => (Some(entity_type.to_owned()), Some(entity_id.to_owned())),
            None => (Some(entity), None),
        },
        None => (None, None),
    };
    let query = TraceQuery {
        workflow: args.workflow,
        outcome: args.outcome,
        status: args.status,
        entity_type,
        entity_id,
        policy: args.policy,
        actor: args.actor,
        tags: args.tags,
        facts: args.facts,
        text: args.query,
        started_after: args.since,
        started_before: args.until,
        order: args.order,
        count: args.count,
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
    if let Some(total) = found.data.total {
        let at_least = if found.data.total_relation.as_deref() == Some("gte") { "at least " } else { "" };
        out.line(format!("\n{at_least}{total} match"))?;
    }
    if let Some(cursor) = found.data.next_cursor {
        out.line(format!("\nmore: --cursor {cursor}"))?;
    }
    Ok(tell_lag(out, found.meta)?)
}
