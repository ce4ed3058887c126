//! `dg digest`: the digests that prove what the projections hold.

use clap::Args;
use dg_client::Freshness;

use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::Output,
};

/// How to ask for digests.
#[derive(Debug, Args)]
#[command(after_help = "\
The digests are those of everything that is in the log when the command starts: it waits until the projections hold it.

Examples:
  dg digest -t release-demo
  dg digest --json | jq -r .full_projection
  dg digest --now                     what the projections hold at this moment")]
pub(crate) struct DigestArgs {
    #[command(flatten)]
    tenant: TenantFlag,
    /// Do not wait for the projections.
    #[arg(long, conflicts_with = "wait_ms")]
    now: bool,
    /// Longest wait for the projections, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 30_000, value_parser = clap::value_parser!(u32).range(0..=30_000))]
    wait_ms: u32,
}

pub(crate) async fn run(global: &Global, args: &DigestArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
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
    Ok(super::tell_lag(out, found.meta)?)
}
