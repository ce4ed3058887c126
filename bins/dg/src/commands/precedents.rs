//! `dg precedents`: finished traces that are like a case.

use clap::Args;
use dg_client::{Meta, Precedent, PrecedentQuery};
use serde::Serialize;

use super::{or_dash, tell_lag};
use crate::{
    cli::{AsOfFlag, FreshnessFlags, Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table},
};

/// Which precedents.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg precedents --policy discount-cap -t release-demo
  dg precedents --policy discount-cap --policy-version 2026.03 --outcome success
  dg precedents --entity-type account --entity-id acct-acme-platform --json")]
pub(crate) struct PrecedentsArgs {
    #[command(flatten)]
    tenant: TenantFlag,
    /// Decided under this policy.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Decided under this version of it.
    #[arg(long, value_name = "VERSION", requires = "policy")]
    policy_version: Option<String>,
    /// About this type of entity.
    #[arg(long)]
    entity_type: Option<String>,
    /// About this entity.
    #[arg(long, requires = "entity_type")]
    entity_id: Option<String>,
    /// Ended like this.
    #[arg(long, value_parser = ["success", "failure", "abandoned"])]
    outcome: Option<String>,
    /// How many.
    #[arg(short = 'n', long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    #[command(flatten)]
    freshness: FreshnessFlags,
    #[command(flatten)]
    as_of: AsOfFlag,
}

#[derive(Serialize)]
struct Found {
    meta: Meta,
    precedents: Vec<Precedent>,
}

pub(crate) async fn run(global: &Global, args: PrecedentsArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?
        .freshness(args.freshness.back_to(args.as_of.as_of))
        .as_of(args.as_of.as_of);
    let query = PrecedentQuery {
        policy_id: args.policy,
        policy_version: args.policy_version,
        entity_type: args.entity_type,
        entity_id: args.entity_id,
        outcome: args.outcome,
        limit: Some(args.limit),
    };
    let found = client.precedents(&query).await?;
    if out.is_json() {
        return out.document(&Found { meta: found.meta, precedents: found.data });
    }
    let mut table = Table::new(&["FINISHED", "OUTCOME", "WORKFLOW", "POLICY", "TRACE", "TITLE"]);
    for precedent in found.data {
        let policy = match (precedent.policy_id, precedent.policy_version) {
            (Some(id), Some(version)) => format!("{id}@{version}"),
            (id, _) => or_dash(id),
        };
        table.row([
            or_dash(precedent.finished_at),
            precedent.outcome,
            or_dash(precedent.workflow),
            policy,
            precedent.trace_id,
            or_dash(precedent.title),
        ]);
    }
    if table.is_empty() {
        out.line("No finished trace matches.")?;
    } else {
        out.table(&table)?;
    }
    Ok(tell_lag(out, found.meta)?)
}
