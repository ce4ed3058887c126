//! `dg workflow dry-run` and `dg workflow start`: a review of a trace, before and when it is started.

use clap::Args;
use dg_client::{Client, Review, ReviewAssignee};
use serde_json::Value;

use super::tell;
use crate::{
    cli::TenantFlag,
    commands::or_dash,
    failure::Failure,
    output::{Output, Table, printable},
};

/// Which trace.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dg workflow dry-run refund-4 -t acme\n  dg workflow dry-run refund-4 --json | jq -r '.signals[].code'"
)]
pub(crate) struct DryRunArgs {
    /// Id of the trace.
    trace_id: String,
    /// Another template than the one that suits.
    #[arg(long, value_name = "ID")]
    template: Option<String>,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

/// Which review.
#[derive(Debug, Args)]
#[command(after_help = "\
What is not given is as `dg workflow dry-run` drafts it. A review can be made more urgent and due sooner, not the other way. A review by the
same template that is open is the answer.

Examples:
  dg workflow start refund-4 --reason 'the customer complained' -t acme
  dg workflow start refund-4 --reason audit --template incident_triage --priority urgent --sla-hours 1")]
pub(crate) struct StartArgs {
    /// Id of the trace.
    trace_id: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Another template than the one that suits.
    #[arg(long, value_name = "ID")]
    template: Option<String>,
    /// One line for the queue.
    #[arg(long)]
    title: Option<String>,
    /// How urgent.
    #[arg(long, value_parser = ["urgent", "high", "normal", "low"])]
    priority: Option<String>,
    /// Within how many hours.
    #[arg(long, value_name = "HOURS")]
    sla_hours: Option<i64>,
    /// Who is to look.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Whose members are to look.
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

pub(super) async fn dry_run(client: &Client, args: &DryRunArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let found = client.dry_run_trace(&args.trace_id, args.template.as_deref()).await?;
    if out.is_json() {
        return out.document(&found);
    }
    let draft = &found.draft;
    let whom =
        draft.assigned_account_id.clone().or_else(|| draft.assigned_role.as_ref().map(|role| format!("role {role}")));
    out.line(format!("{}  {}", draft.workflow_id, printable(&draft.title)))?;
    let due = if draft.exists { "is open already".to_owned() } else { format!("due within {} h", draft.sla_hours) };
    out.line(format!("  {} priority, assigned to {}, {due}", draft.priority, or_dash(whom)))?;
    if found.signals.is_empty() {
        out.line("  nothing stands out")?;
    }
    for signal in &found.signals {
        out.line(format!("  {}: {}", signal.code, signal.text))?;
    }
    if !found.precedent_preview.is_empty() {
        let mut table = Table::new(&["PRECEDENT", "OUTCOME", "FINISHED", "TITLE"]);
        for one in &found.precedent_preview {
            let text = |key: &str| printable(one.get(key).and_then(Value::as_str).unwrap_or("-"));
            table.row([text("trace_id"), text("outcome"), text("finished_at"), text("title")]);
        }
        out.line("")?;
        out.table(&table)?;
    }
    Ok(())
}

pub(super) async fn start(client: &Client, args: StartArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let named = args.account.is_some() || args.role.is_some();
    let review = Review {
        reason: args.reason,
        template_id: args.template,
        title: args.title,
        priority: args.priority,
        sla_hours: args.sla_hours,
        assignee: named.then_some(ReviewAssignee { account_id: args.account, role: args.role }),
    };
    let started = client.start_review(&args.trace_id, &review).await?;
    if out.is_json() {
        return out.document(&started);
    }
    if !started.created {
        out.line("It is reviewed already.")?;
    }
    tell(&started.workflow, out)
}
