//! `dg absences`: when somebody is away, and who stands in.

use clap::{Args, Subcommand};
use dg_client::{Absence, AbsenceQuery, NewAbsence};
use serde_json::json;

use super::or_dash;
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table, printable, shortened},
};

/// What to do with absences.
#[derive(Debug, Subcommand)]
pub(crate) enum AbsencesCommand {
    /// List absences that are not over, the earliest first.
    List(ListArgs),
    /// Say that somebody is away, or change what was said.
    Put(PutArgs),
    /// Remove an absence.
    #[command(after_help = "Examples:\n  dg absences delete 0198c6b2-… -t acme")]
    Delete {
        /// Id of the absence; `dg absences list` shows them.
        absence_id: String,
        #[command(flatten)]
        tenant: TenantFlag,
    },
}

/// Which absences.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dg absences list -t acme\n  dg absences list --everybody --json | jq '.absences[].account_id'"
)]
pub(crate) struct ListArgs {
    /// Of this account; the caller's without this.
    #[arg(long)]
    account: Option<String>,
    /// Of everybody.
    #[arg(long, conflicts_with = "account")]
    everybody: bool,
    /// Those that are over too.
    #[arg(long)]
    past: bool,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// The absence.
#[derive(Debug, Args)]
#[command(after_help = "\
Whoever is told of something while away finds it in the inbox; the substitute is told as well. A chain of substitutes that leads back to its \
beginning is refused.

Examples:
  dg absences put --from 2026-12-24T00:00:00+01:00 --until 2027-01-04T00:00:00+01:00 --substitute ben -t acme
  dg absences put 0198c6b2-… --from 2026-12-24T00:00:00Z --until 2026-12-28T00:00:00Z")]
pub(crate) struct PutArgs {
    /// Id of the absence to change; a new one without this.
    absence_id: Option<String>,
    /// Who is away; the caller without this.
    #[arg(long)]
    account: Option<String>,
    /// Who stands in; nobody without this.
    #[arg(long, value_name = "ACCOUNT")]
    substitute: Option<String>,
    /// Since when, RFC 3339.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Until when, exclusive.
    #[arg(long, value_name = "TIME")]
    until: String,
    /// Why, for people.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// Runs one of them.
///
/// # Errors
/// Why it failed.
pub(crate) async fn run(global: &Global, command: AbsencesCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = |tenant: &TenantFlag| connection::tenant(global, tenant.tenant.as_deref());
    match command {
        AbsencesCommand::List(args) => {
            let query = AbsenceQuery { account_id: args.account, everybody: args.everybody, past: args.past };
            list(client(&args.tenant)?.absences(&query).await?, out)
        }
        AbsencesCommand::Put(args) => {
            let client = client(&args.tenant)?;
            let absence_id = args.absence_id.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
            let new = NewAbsence {
                account_id: args.account,
                substitute_id: args.substitute,
                from: args.from,
                until: args.until,
                reason: args.reason,
            };
            let kept = client.put_absence(&absence_id, &new).await?;
            if out.is_json() {
                return out.document(&json!({ "absence": kept }));
            }
            let substitute = or_dash(kept.substitute_id.as_deref().map(printable));
            let account = printable(&kept.account_id);
            Ok(out.line(format!("{}: {account} is away, {substitute} stands in.", kept.absence_id))?)
        }
        AbsencesCommand::Delete { absence_id, tenant } => {
            client(&tenant)?.delete_absence(&absence_id).await?;
            if out.is_json() {
                return out.document(&json!({ "absence_id": absence_id, "deleted": true }));
            }
            Ok(out.line(format!("Removed {absence_id}."))?)
        }
    }
}

fn list(absences: Vec<Absence>, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "absences": absences }));
    }
    let mut table = Table::new(&["ABSENCE", "ACCOUNT", "SUBSTITUTE", "FROM", "UNTIL", "REASON"]);
    for one in absences {
        let substitute = or_dash(one.substitute_id.as_deref().map(printable));
        let reason = shortened(&or_dash(one.reason.as_deref().map(printable)), 40);
        table.row([one.absence_id, printable(&one.account_id), substitute, one.from, one.until, reason]);
    }
    Ok(out.table(&table)?)
}
