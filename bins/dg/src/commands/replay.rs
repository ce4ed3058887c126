//! `dg replay`: catch-ups, rebuilds and comparisons of projections, and what became of them.

pub(crate) mod follow;
pub(crate) mod tell;

use clap::{Args, Subcommand};
use dg_client::{Client, ClientError, NewRun, Run, RunQuery};
use serde_json::json;

use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::{Exit, Failure},
    output::Output,
};
use follow::follow;

/// The projections, and all of them.
pub(crate) const TARGETS: [&str; 6] =
    ["all", "reference", "context_graph", "trace_summary", "precedent_index", "trace_index"];

/// What to do with runs.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Modes: catch_up brings what readers see to the end of the log, and tries a resting projection at once; rebuild folds the whole \
log again beside what readers see and then switches to it; verify does the same and compares instead (also `dg verify`).

Without --wait the command answers as soon as the run is queued. Ctrl-C ends the waiting, not the run.

Exit code 1 when --wait sees the run fail or be cancelled.

Examples:
  dg replay --mode rebuild --reason 'new release' --wait -t acme
  dg replay trace_index --reason 'look again' -t acme
  dg replay --all-tenants --mode verify --reason 'monthly check' --wait
  dg replay --mode verify --reason 'is it what happened?' --workflow refund-4:exception:refund-4-late -t acme
  dg replay list -t acme
  dg replay cancel 0199c0de-0000-7000-8000-000000000000 -t acme"
)]
pub(crate) struct ReplayArgs {
    #[command(subcommand)]
    command: Option<ReplayCommand>,
    #[command(flatten)]
    start: StartArgs,
}

/// The run to start.
#[derive(Debug, Args)]
struct StartArgs {
    /// Which projection.
    #[arg(default_value = "all", value_parser = TARGETS)]
    projection: String,
    /// What to do.
    #[arg(long, default_value = "catch_up", value_parser = ["catch_up", "rebuild", "verify"])]
    mode: String,
    /// Why; recorded with the run. Required.
    #[arg(long)]
    reason: Option<String>,
    /// Where a catch-up ends, as a log position; the end of the log without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    until: Option<i64>,
    /// One run for each tenant of this account.
    #[arg(long, conflicts_with = "until")]
    all_tenants: bool,
    /// Attach what it finds to this item of review.
    #[arg(long, value_name = "ID", conflicts_with_all = ["until", "all_tenants"])]
    workflow: Option<String>,
    /// The phrase that a rebuild for a review needs: REBUILD and the name of the projection in capitals.
    #[arg(long, value_name = "PHRASE", requires = "workflow")]
    confirm: Option<String>,
    /// Stay until it has ended, with its progress.
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// What to do with runs that exist.
#[derive(Debug, Subcommand)]
enum ReplayCommand {
    /// List runs, newest first.
    List(ListArgs),
    /// Show one run.
    #[command(after_help = "Examples:\n  dg replay show 0199c0de-0000-7000-8000-000000000000 -t acme")]
    Show(OneArgs),
    /// Stay until a run has ended, with its progress.
    #[command(after_help = "Examples:\n  dg replay follow 0199c0de-0000-7000-8000-000000000000 -t acme")]
    Follow(OneArgs),
    /// End a run; what readers see stays as it is.
    #[command(after_help = "Examples:\n  dg replay cancel 0199c0de-0000-7000-8000-000000000000 -t acme")]
    Cancel(OneArgs),
    /// Stop a run for now; it keeps what it has done.
    #[command(after_help = "Examples:\n  dg replay pause 0199c0de-0000-7000-8000-000000000000 -t acme")]
    Pause(OneArgs),
    /// Let a paused run go on.
    #[command(after_help = "Examples:\n  dg replay resume 0199c0de-0000-7000-8000-000000000000 -t acme")]
    Resume(OneArgs),
}

/// Which runs to list.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dg replay list -t acme
  dg replay list --status failed --mode rebuild -t acme
  dg replay list -t acme --json | jq -r '.runs[].job_id'")]
struct ListArgs {
    /// Only those in this status.
    #[arg(long, value_parser = ["queued", "running", "paused", "cancelling", "cancelled", "completed", "failed"])]
    status: Option<String>,
    /// Only those of this mode.
    #[arg(long, value_parser = ["catch_up", "rebuild", "verify", "reproject"])]
    mode: Option<String>,
    /// How many.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Where the page before ended.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

#[derive(Debug, Args)]
struct OneArgs {
    /// Id of the run.
    job_id: String,
    #[command(flatten)]
    tenant: TenantFlag,
}

pub(crate) async fn run(global: &Global, args: ReplayArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let Some(command) = args.command else { return start(global, args.start, out).await };
    let of = |args: &OneArgs| connection::tenant(global, args.tenant.tenant.as_deref());
    let run = match command {
        ReplayCommand::List(args) => return list(global, args, out).await,
        ReplayCommand::Show(args) => of(&args)?.run(&args.job_id).await,
        ReplayCommand::Cancel(args) => of(&args)?.cancel_run(&args.job_id).await,
        ReplayCommand::Pause(args) => of(&args)?.pause_run(&args.job_id).await,
        ReplayCommand::Resume(args) => of(&args)?.resume_run(&args.job_id).await,
        ReplayCommand::Follow(args) => {
            let client = of(&args)?;
            let run = follow(&client, vec![client.run(&args.job_id).await?]).await?.remove(0);
            return tell::ended(&run, out);
        }
    };
    tell::run(&run?, out)
}

async fn start(global: &Global, args: StartArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let Some(reason) = args.reason else {
        return Err(Failure::usage("a reason is needed: it is recorded with the run").advise("say why with --reason"));
    };
    let new = NewRun { projection: args.projection, mode: args.mode, reason, until_log_seq: args.until };
    if args.all_tenants {
        return start_everywhere(global, &new, args.wait, out).await;
    }
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    let run = match &args.workflow {
        Some(workflow_id) => client.start_workflow_replay(workflow_id, &new, args.confirm.as_deref()).await,
        None => client.start_run(&new).await,
    };
    let run = run.map_err(in_the_way)?;
    if !args.wait {
        return tell::run(&run, out);
    }
    let run = follow(&client, vec![run]).await?.remove(0);
    tell::ended(&run, out)
}

/// Asks for a run, and says what to do when another one is in the way.
pub(crate) async fn queue(client: &Client, new: &NewRun) -> Result<Run, Failure> {
    client.start_run(new).await.map_err(in_the_way)
}

fn in_the_way(error: ClientError) -> Failure {
    let detail = |key: &str| error.details.get(key).and_then(|text| text.as_str()).map(str::to_owned);
    let (other, needed) = (detail("job_id"), detail("needed"));
    let failure = Failure::from(error);
    match (other, needed) {
        (Some(job_id), _) => failure.advise(format!("follow that one with `dg replay follow {job_id}`, or cancel it")),
        (None, Some(phrase)) => failure.advise(format!("confirm it with --confirm '{phrase}'")),
        (None, None) => failure,
    }
}

async fn start_everywhere(global: &Global, new: &NewRun, wait: bool, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::service(global)?;
    let mut batch = client.start_runs(&["*".to_owned()], new).await?;
    if wait {
        batch.runs = follow(&client, batch.runs).await?;
    }
    let bad = batch.runs.iter().filter(|run| run.has_ended() && !tell::is_well(run)).count();
    let failed = batch.refused.len() + bad;
    if out.is_json() {
        out.document(&batch)?;
    } else {
        tell::table(&batch.runs, true, out)?;
        for refused in &batch.refused {
            out.line(format!("{}: {} [{}]", refused.tenant_id, refused.error.message, refused.error.code))?;
        }
    }
    match failed {
        0 => Ok(()),
        failed => Err(Failure::new(
            Exit::Found,
            "runs_failed",
            format!("tenants where it did not come to a good end: {failed}"),
        )
        .advise("`dg replay show ID -t TENANT` says why")),
    }
}

async fn list(global: &Global, args: ListArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    let query = RunQuery { status: args.status, mode: args.mode, limit: Some(args.limit), cursor: args.cursor };
    let page = client.runs(&query).await?;
    if out.is_json() {
        return out.document(&json!({ "next_cursor": page.next_cursor, "runs": page.runs }));
    }
    tell::table(&page.runs, false, out)?;
    match page.next_cursor {
        Some(cursor) => Ok(out.line(format!("\nmore: --cursor {cursor}"))?),
        None => Ok(()),
    }
}
