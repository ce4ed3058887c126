//! `dg workflow figures`: how often, how fast, and whether decisions held.

use clap::Args;
use serde_json::Value;

use crate::{
    cli::TenantFlag,
    failure::Failure,
    output::{Output, Table, printable},
};

/// Which figures.
#[derive(Debug, Args)]
#[command(after_help = "\
The last 30 days, unless asked otherwise. Agreement and overturns are of decisions that a later round decided again.

Examples:
  dg workflow figures -t acme
  dg workflow figures --from 2026-01-01T00:00:00Z --policy refunds
  dg workflow figures --json | jq '.policies[] | select(.suggestion)'")]
pub(crate) struct FiguresArgs {
    /// Decided, or asked for, then or later, such as 2026-05-04T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Earlier.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Of this policy only.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Decided by this account only.
    #[arg(long, value_name = "NAME")]
    reviewer: Option<String>,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

pub(super) async fn run(client: &dg_client::Client, args: &FiguresArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let (from, to) = (args.from.as_deref(), args.to.as_deref());
    let found = client.workflow_figures(from, to, args.policy.as_deref(), args.reviewer.as_deref()).await?;
    if out.is_json() {
        return out.document(&found);
    }
    let head = ["DECISIONS", "APPROVED", "REJECTED", "OVERRIDDEN", "MEDIAN S", "P90 S", "AGREED", "OVERTURNED"];
    let rows = [("policies", "policy_id", "POLICY"), ("reviewers", "account_id", "REVIEWER")];
    for (list, name, title) in rows {
        let mut table = Table::new(&[&[title][..], &head[..]].concat());
        for row in found[list].as_array().into_iter().flatten() {
            let figures = &row["figures"];
            table.row([
                row[name].as_str().unwrap_or("-").to_owned(),
                figures["decision_count"].to_string(),
                percent(&figures["approval_rate"]),
                percent(&figures["rejection_rate"]),
                percent(&figures["override_rate"]),
                seconds(&figures["median_decision_seconds"]),
                seconds(&figures["p90_decision_seconds"]),
                percent(&figures["agreement_rate"]),
                percent(&figures["overturn_rate"]),
            ]);
        }
        out.table(&table)?;
    }
    for row in found["policies"].as_array().into_iter().flatten() {
        if let Some(suggestion) = row["suggestion"].as_str() {
            out.line(format!("{}: {suggestion}", printable(row["policy_id"].as_str().unwrap_or("-"))))?;
        }
    }
    Ok(())
}

fn percent(rate: &Value) -> String {
    rate.as_f64().map_or_else(|| "-".to_owned(), |rate| format!("{:.0} %", rate * 100.0))
}

fn seconds(time: &Value) -> String {
    time.as_f64().map_or_else(|| "-".to_owned(), |time| format!("{time:.0}"))
}
