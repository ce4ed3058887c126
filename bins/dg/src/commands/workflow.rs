//! `dg workflow`: what people have to look at, and what they do with it.

mod act;
mod figures;
mod files;
mod settings;
mod studio;
mod upkeep;
mod what_if;

use std::time::Duration;

use clap::{Args, Subcommand};
use dg_client::{Workflow, WorkflowDetail, WorkflowQuery};
use serde_json::{Map, Value};

use super::or_dash;
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table, printable},
};

/// What to do with reviews.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// List what waits: overdue items first, then by urgency, then by age.
    List(ListArgs),
    /// Show one item, and everything that was done with it.
    #[command(after_help = "Examples:\n  dg workflow show refund-4:exception:refund-4-late -t acme")]
    Show(One),
    /// Say what stands out about a trace, and what a review of it would be. Nothing is changed.
    DryRun(studio::DryRunArgs),
    /// Start a review of a trace, running or finished.
    Start(Box<studio::StartArgs>),
    /// Say what another policy would have said of what happened. Nothing is changed.
    WhatIf(Box<what_if::WhatIfArgs>),
    /// Do something with an item: approve, reject, comment, reassign, claim and so on.
    Act(Box<act::ActArgs>),
    /// Attach a file to an item.
    Attach(files::AttachArgs),
    /// Get a file that evidence names.
    File(files::FileArgs),
    /// Wait until somebody has decided. Exit code 75 when nobody has in time.
    Wait(WaitArgs),
    /// Templates of reviews: list, show, put.
    Templates {
        #[command(subcommand)]
        command: settings::TemplatesCommand,
    },
    /// Where new items go: show, put.
    Routing {
        #[command(subcommand)]
        command: settings::RoutingCommand,
    },
    /// Show how reviews were decided, per policy and per reviewer.
    Figures(figures::FiguresArgs),
    /// Compare the items with the log. Exit code 1 when they differ.
    #[command(after_help = "Examples:\n  dg workflow verify -t acme\n  dg workflow verify --json | jq .equal")]
    Verify(TenantFlag),
    /// Make the items again from the log. Nothing is told to anybody.
    Rebuild(upkeep::RebuildArgs),
    /// List events that no item could take, or settle one.
    DeadLetters(upkeep::DeadLettersArgs),
}

/// One item.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Its id: `{trace}:exception:{exception id}`, or as `dg workflow list` shows it.
    workflow_id: String,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// Which items to list.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg workflow list -t acme
  dg workflow list --assignee me --overdue
  dg workflow list --status approved,rejected --json | jq -r '.items[].workflow_id'")]
pub(crate) struct ListArgs {
    /// Items in these states only, also closed ones. Repeatable, or with commas.
    #[arg(long, value_delimiter = ',')]
    status: Vec<String>,
    /// Of this urgency only. Repeatable, or with commas.
    #[arg(long, value_delimiter = ',')]
    priority: Vec<String>,
    /// Mine, those nobody has, or those of my roles.
    #[arg(long, value_parser = ["me", "unassigned", "my_roles"])]
    assignee: Option<String>,
    /// About this policy only.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Of this trace only.
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// With these words in title, id or reason.
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// Only those whose time is up.
    #[arg(long)]
    overdue: bool,
    /// Closed ones too.
    #[arg(long)]
    all: bool,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// `next_cursor` of the page before.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// How long to wait.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dg workflow wait refund-4:exception:refund-4-late --timeout 600 && echo go on")]
pub(crate) struct WaitArgs {
    #[command(flatten)]
    one: One,
    /// Seconds.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    timeout: u64,
}

/// Runs one of them.
///
/// # Errors
/// Why it failed.
pub(crate) async fn run(global: &Global, command: WorkflowCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = |tenant: &TenantFlag| connection::tenant(global, tenant.tenant.as_deref());
    match command {
        WorkflowCommand::List(args) => list(&client(&args.tenant)?, args, out).await,
        WorkflowCommand::Show(one) => show(&client(&one.tenant)?.workflow(&one.workflow_id).await?, out),
        WorkflowCommand::DryRun(args) => studio::dry_run(&client(&args.tenant)?, &args, out).await,
        WorkflowCommand::Start(args) => studio::start(&client(&args.tenant)?, *args, out).await,
        WorkflowCommand::WhatIf(args) => what_if::run(&client(&args.tenant)?, *args, out).await,
        WorkflowCommand::Act(args) => act::run(&client(&args.tenant)?, *args, out).await,
        WorkflowCommand::Attach(args) => files::attach(&client(&args.tenant)?, args, out).await,
        WorkflowCommand::File(args) => files::get(&client(&args.tenant)?, &args, out).await,
        WorkflowCommand::Wait(WaitArgs { one, timeout }) => {
            let waiting = client(&one.tenant)?;
            let decided = waiting.wait_for_workflow(&one.workflow_id, Duration::from_secs(timeout)).await?;
            if out.is_json() {
                return out.document(&decided);
            }
            tell(&decided, out)
        }
        WorkflowCommand::Templates { command } => settings::templates(&client(command.tenant())?, command, out).await,
        WorkflowCommand::Routing { command } => settings::routing(&client(command.tenant())?, command, out).await,
        WorkflowCommand::Figures(args) => figures::run(&client(&args.tenant)?, &args, out).await,
        WorkflowCommand::Verify(tenant) => upkeep::verify(&client(&tenant)?, out).await,
        WorkflowCommand::Rebuild(args) => upkeep::rebuild(&client(&args.tenant)?, args, out).await,
        WorkflowCommand::DeadLetters(args) => upkeep::dead_letters(&client(&args.tenant)?, args, out).await,
    }
}

async fn list(client: &dg_client::Client, args: ListArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let query = WorkflowQuery {
        status: args.status,
        priority: args.priority,
        assignee: args.assignee,
        policy_id: args.policy,
        trace_id: args.trace,
        q: args.q,
        only_open: args.all.then_some(false),
        only_overdue: args.overdue.then_some(true),
        limit: Some(args.limit),
        cursor: args.cursor,
        ..WorkflowQuery::default()
    };
    let page = client.workflows(&query).await?;
    if out.is_json() {
        return out.document(&page);
    }
    let mut table = Table::new(&["WORKFLOW", "STATUS", "PRIORITY", "DUE", "ASSIGNED", "TITLE"]).full();
    for item in &page.items {
        let due = or_dash(item.sla_due_at.clone());
        let due = if item.overdue { format!("{due} overdue") } else { due };
        table.row([
            item.workflow_id.clone(),
            item.status.clone(),
            item.priority.clone(),
            due,
            assigned(item),
            item.title.clone(),
        ]);
    }
    let count = |key: &str| page.summary.get(key).and_then(Value::as_i64).unwrap_or_default();
    if table.is_empty() {
        out.line("nothing waits here")?;
    } else {
        out.table(&table)?;
    }
    if let Some(cursor) = &page.next_cursor {
        out.line(format!("\nmore: --cursor {cursor}"))?;
    }
    let (open, overdue) = (count("open_count"), count("overdue_count"));
    Ok(out.line(format!("\n{open} open, {overdue} of them overdue, {} in all", count("total_count")))?)
}

fn assigned(item: &Workflow) -> String {
    let whom =
        item.assigned_account_id.clone().or_else(|| item.assigned_role.clone().map(|role| format!("role {role}")));
    match (whom, &item.claimed_by) {
        (_, Some(holder)) => format!("{holder} (holds it)"),
        (whom, None) => or_dash(whom),
    }
}

fn show(detail: &WorkflowDetail, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(detail);
    }
    tell(&detail.workflow, out)?;
    let text = |row: &Map<String, Value>, key: &str| row.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
    let mut table = Table::new(&["WHEN", "WHAT", "WHO", "THEN", "NOTE"]);
    for action in &detail.actions {
        table.row([
            text(action, "created_at"),
            text(action, "action_type"),
            text(action, "actor_account_id"),
            text(action, "resulting_status"),
            text(action, "note"),
        ]);
    }
    out.line("")?;
    Ok(out.table(&table)?)
}

/// One item in a few lines.
fn tell(item: &Workflow, out: &mut Output<'_>) -> Result<(), Failure> {
    out.line(format!("{}  {}", item.workflow_id, printable(&item.title)))?;
    let reason = item.current_reason.as_deref().map(|reason| format!(": {}", printable(reason))).unwrap_or_default();
    out.line(format!("  {} ({}){reason}", item.status, item.priority))?;
    out.line(format!(
        "  assigned to {}, due {}, round {}, version {}",
        assigned(item),
        or_dash(item.sla_due_at.clone()),
        item.round,
        item.version
    ))?;
    if let Some(hash) = item.request_hash() {
        out.line(format!("  request {hash}"))?;
    }
    Ok(())
}
