//! `dg digest`: the digests that prove what the projections hold.

use clap::Args;
use dg_client::{Client, Freshness};

use super::or_dash;
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table},
};

const NAMES: [&str; 5] = ["context_graph", "trace_summary", "precedent_index", "trace_index", "full_projection"];

/// How to ask for digests.
#[derive(Debug, Args)]
#[command(after_help = "\
The digests are those of everything that is in the log when the command starts: it waits until the projections hold it.

Examples:
  dg digest -t release-demo
  dg digest --json | jq -r .full_projection
  dg digest --now                     what the projections hold at this moment
  dg digest --history                 what was written down, by the self-check and at the end of runs
  dg digest --history --projection full_projection --limit 5")]
pub(crate) struct DigestArgs {
    #[command(flatten)]
    tenant: TenantFlag,
    /// Do not wait for the projections.
    #[arg(long, conflicts_with = "wait_ms")]
    now: bool,
    /// List the digests that were written down, newest first.
    #[arg(long, conflicts_with_all = ["now", "wait_ms"])]
    history: bool,
    /// With --history: only those of this projection.
    #[arg(long, requires = "history", value_parser = NAMES)]
    projection: Option<String>,
    /// With --history: how many.
    #[arg(long, requires = "history", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
    /// With --history: where the page before ended.
    #[arg(long, requires = "history")]
    cursor: Option<String>,
    /// Longest wait for the projections, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(0..=30_000))]
    wait_ms: u32,
}

pub(crate) async fn run(global: &Global, args: &DigestArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    if args.history {
        return history(&client, args, out).await;
    }
    let freshness = if args.now {
        Freshness::Now
    } else {
        let log_seq = client.health().await?.event_log_last_seq;
        Freshness::AtLeast { log_seq, wait_ms: args.wait_ms }
    };
    let found = client.freshness(freshness).digests().await?;
    if out.is_json() {
        return out.document(&found.data);
    }
    let digests = found.data;
    out.line(format!("{} up to log position {}", client.tenant_id().unwrap_or_default(), digests.log_seq))?;
    for (name, digest) in [
        ("context_graph", digests.context_graph),
        ("full_projection", digests.full_projection),
        ("precedent_index", digests.precedent_index),
        ("trace_summary", digests.trace_summary),
    ] {
        out.line(format!("  {name:<16} {digest}"))?;
    }
    if digests.skipped_events > 0 {
        out.line(format!("\nincomplete: events that are not in it: {} (`dg failures list`)", digests.skipped_events))?;
    }
    Ok(super::tell_lag(out, found.meta)?)
}

async fn history(client: &Client, args: &DigestArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let page = client.digest_history(args.projection.as_deref(), args.limit, args.cursor.as_deref()).await?;
    if out.is_json() {
        return out.document(&page);
    }
    let mut table = Table::new(&["COMPUTED", "PROJECTION", "AT", "GENERATION", "SKIPPED", "SOURCE", "DIGEST"]).full();
    for digest in page.digests {
        let value = digest.digest_value.or(digest.row_digest);
        table.row([
            digest.computed_at,
            digest.projection_name,
            digest.last_log_seq.to_string(),
            digest.generation.to_string(),
            digest.skipped_events.to_string(),
            digest.source,
            or_dash(value),
        ]);
    }
    out.table(&table)?;
    match page.next_cursor {
        Some(cursor) => Ok(out.line(format!("\nmore: --cursor {cursor}"))?),
        None => Ok(()),
    }
}
