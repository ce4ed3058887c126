//! `dg verify`: folds the log again and compares with what readers see, or checks a bundle without a service.

mod bundle;

use clap::{Args, Subcommand};
use dg_client::NewRun;

use super::replay::{self, TARGETS, follow::follow, tell};
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::Output,
};

/// What to compare.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Folds the whole log of the tenant into scratch tables and compares every row with what readers see, which stays as it is. \
Ctrl-C ends the waiting, not the comparison.

Exit code 1 when something differs; the first differing row is shown, as the log says it should be and as it is.

Examples:
  dg verify -t acme
  dg verify trace_summary --reason 'after the restore' -t acme
  dg verify -t acme --json | jq .run.result.first_difference
  dg verify bundle case.ndjson"
)]
pub(crate) struct VerifyArgs {
    /// Which projection.
    #[arg(default_value = "all", value_parser = TARGETS)]
    projection: String,
    /// Why; recorded with the run.
    #[arg(long, default_value = "dg verify")]
    reason: String,
    #[command(flatten)]
    tenant: TenantFlag,
    #[command(subcommand)]
    command: Option<VerifyCommand>,
}

/// What else can be verified.
#[derive(Debug, Subcommand)]
enum VerifyCommand {
    /// Check exported cases: no service and no database are asked.
    Bundle(bundle::BundleArgs),
}

pub(crate) async fn run(global: &Global, args: VerifyArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    if let Some(VerifyCommand::Bundle(args)) = &args.command {
        return bundle::run(args, out);
    }
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    let mode = "verify".to_owned();
    let new = NewRun { projection: args.projection, mode, reason: args.reason, until_log_seq: None };
    let run = replay::queue(&client, &new).await?;
    let run = follow(&client, vec![run]).await?.remove(0);
    if !out.is_json() && tell::is_well(&run) {
        let what = match &*run.projection_name {
            "all" => "every projection",
            "reference" => "every projection with a published digest",
            name => name,
        };
        out.line(format!("equal: {what} holds exactly what the log says.\n"))?;
    }
    tell::ended(&run, out)
}
