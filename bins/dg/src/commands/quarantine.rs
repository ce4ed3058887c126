//! `dg quarantine`: accepts that an event is missing in a projection, or takes that back.

use clap::{Args, Subcommand};

use super::failures::{self, ListArgs};
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::Output,
};

/// What to do with quarantined events.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
The projection went on without the event already; this says that somebody knows. Health is well again, and digests and the \
trace go on saying that an event is missing. Needs the permission projection_quarantine.

Examples:
  dg quarantine 6f1f4f0a-0000-4000-8000-000000000000 --reason 'known bad import' -t acme
  dg quarantine list -t acme
  dg quarantine release 6f1f4f0a-0000-4000-8000-000000000000 --reason 'fixed in 0.4' -t acme"
)]
pub(crate) struct QuarantineArgs {
    #[command(subcommand)]
    command: Option<QuarantineCommand>,
    /// Id of an open failure; `dg failures list` shows them.
    failure_id: Option<String>,
    /// Why; recorded with it. Required.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

#[derive(Debug, Subcommand)]
enum QuarantineCommand {
    /// List what is quarantined.
    List(ListArgs),
    /// Project the event after all, and wait for that.
    #[command(
        after_help = "Examples:\n  dg quarantine release 6f1f4f0a-0000-4000-8000-000000000000 --reason 'fixed in 0.4' -t acme"
    )]
    Release {
        /// Id of the failure.
        failure_id: String,
        /// Why; recorded with the run.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        tenant: TenantFlag,
    },
}

pub(crate) async fn run(global: &Global, args: QuarantineArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    match args.command {
        Some(QuarantineCommand::List(args)) => failures::list(global, args.or_status("quarantined"), out).await,
        Some(QuarantineCommand::Release { failure_id, reason, tenant }) => {
            let client = connection::tenant(global, tenant.tenant.as_deref())?;
            let queued = client.resolve_failure(&failure_id, &reason).await?;
            failures::wait(&client, queued, out).await
        }
        None => {
            let (Some(failure_id), Some(reason)) = (args.failure_id, args.reason) else {
                return Err(Failure::usage("a failure and a reason are needed")
                    .advise("dg quarantine FAILURE_ID --reason WHY; `dg failures list` shows the failures"));
            };
            let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
            failures::tell_one(&client.quarantine(&failure_id, &reason).await?, out)
        }
    }
}
