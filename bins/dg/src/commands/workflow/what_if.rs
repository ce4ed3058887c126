//! `dg workflow what-if`: what another policy would have said.

use std::path::PathBuf;

use clap::Args;
use dg_client::{Client, PolicyTrial, PolicyTrialTraces};

use crate::{
    cli::TenantFlag,
    commands::{notifications::document, or_dash},
    failure::Failure,
    output::{Output, Table, printable},
};

/// Which policy, and what to try in its place.
#[derive(Debug, Args)]
#[command(after_help = "\
The file holds the candidate as JSON; the first rule of which all comparisons hold counts:
  {\"rules\": [{\"when\": [{\"fact\": \"amount\", \"operator\": \"gt\", \"value\": \"1000\"}], \"decision\": \"require_exception\"}],
   \"otherwise\": \"allow\"}
Operators: eq, ne, lt, lte, gt, gte. Decisions: allow, deny, require_exception.

Examples:
  dg workflow what-if refunds stricter.json -t acme
  dg workflow what-if refunds - --after 2026-11-01T00:00:00Z --limit 5000 --json < stricter.json | jq .totals")]
pub(crate) struct WhatIfArgs {
    /// Id of the policy whose decisions count.
    policy_id: String,
    /// The candidate; - for standard input.
    #[arg(value_name = "FILE")]
    candidate: PathBuf,
    /// Decisions of this version only.
    #[arg(long, value_name = "VERSION")]
    policy_version: Option<String>,
    /// Traces of this workflow only.
    #[arg(long)]
    workflow: Option<String>,
    /// Traces that started then or later.
    #[arg(long, value_name = "TIME")]
    after: Option<String>,
    /// Traces that started earlier.
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
    /// How many traces at most, latest start first.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    limit: u32,
    /// What the log held at this position.
    #[arg(long, value_name = "LOG_SEQ", value_parser = clap::value_parser!(i64).range(0..))]
    as_of: Option<i64>,
    /// List traces too about which the candidate says the same.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

pub(super) async fn run(client: &Client, args: WhatIfArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let trial = PolicyTrial {
        candidate: document(&args.candidate)?,
        policy_id: args.policy_id,
        policy_version: args.policy_version,
        traces: PolicyTrialTraces {
            workflow: args.workflow,
            started_after: args.after,
            started_before: args.before,
            limit: Some(args.limit),
        },
    };
    let found = client.simulate_policy(&trial, args.as_of).await?;
    if out.is_json() {
        return out.document(&found);
    }
    let totals = &found.totals;
    out.line(format!(
        "{} traces: {} unchanged, {} changed, {} undecidable",
        totals.traces, totals.unchanged, totals.changed, totals.undecidable
    ))?;
    out.line(format!(
        "  newly allowed {}, newly denied {}, newly excepted {}",
        totals.newly_allowed, totals.newly_denied, totals.newly_excepted
    ))?;
    let shown = found.traces.iter().filter(|row| args.all || row.candidate.as_ref() != Some(&row.recorded));
    let mut table = Table::new(&["TRACE", "RECORDED", "CANDIDATE", "MISSING"]);
    for row in shown {
        let missing = (!row.missing.is_empty()).then(|| printable(&row.missing.join(", ")));
        table.row([printable(&row.trace_id), row.recorded.clone(), or_dash(row.candidate.clone()), or_dash(missing)]);
    }
    out.line("")?;
    out.table(&table)?;
    if found.more {
        out.line("There are more traces; --limit takes them in.")?;
    }
    Ok(())
}
