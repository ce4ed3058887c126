//! `dg workflow act`: one thing done with one item.

use clap::Args;
use dg_client::{Client, WorkflowAction};
use serde_json::{Value, json};

use super::tell;
use crate::{cli::TenantFlag, failure::Failure, output::Output};

/// What to do, and with what.
#[derive(Debug, Args)]
#[command(after_help = "\
approve, reject, override, request_change, resubmit, escalate, extend and reopen need --reason, comment needs --note. override and reopen \
also need --confirm with the phrase that the answer names.

Examples:
  dg workflow act approve refund-4:exception:refund-4-late --reason 'within the promise'
  dg workflow act approve refund-4:exception:refund-4-late --reason 'checked' --field ticket=T-7 --condition max_amount=500 --tick customer_checked
  dg workflow act reassign refund-4:exception:refund-4-late --account ana
  dg workflow act extend refund-4:exception:refund-4-late --reason holiday --due 2026-12-28T09:00:00Z
  dg workflow act approve refund-4:exception:refund-4-late --reason fine --dry-run")]
pub(crate) struct ActArgs {
    /// What is done.
    #[arg(value_parser = ["approve", "reject", "override", "request_change", "resubmit", "comment", "reassign", "escalate", "extend",
                          "reopen", "attach", "claim", "unclaim", "snooze", "unsnooze"])]
    action: String,
    /// Id of the item.
    workflow_id: String,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    /// What is said.
    #[arg(long)]
    note: Option<String>,
    /// Where evidence is. Repeatable.
    #[arg(long, value_name = "LOCATOR")]
    evidence: Vec<String>,
    /// Who is to look.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Whose members are to look.
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// For a decision: which of the template's options.
    #[arg(long, value_name = "KEY")]
    option: Option<String>,
    /// For a decision: a field of the template's form, `key=value`; a value that is JSON is taken as such. Repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = given)]
    field: Vec<(String, Value)>,
    /// For an approval: under which condition, `key=value`. Repeatable.
    #[arg(long, value_name = "KEY=VALUE", value_parser = given)]
    condition: Vec<(String, Value)>,
    /// For a decision: what was looked at, of the template's checklist. Repeatable.
    #[arg(long, value_name = "KEY")]
    tick: Vec<String>,
    /// The phrase.
    #[arg(long, value_name = "PHRASE")]
    confirm: Option<String>,
    /// Another deadline, RFC 3339.
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// Another urgency.
    #[arg(long, value_parser = ["urgent", "high", "normal", "low"])]
    priority: Option<String>,
    /// For snooze: until when, RFC 3339.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only while the item is at this version.
    #[arg(long, value_name = "N")]
    version: Option<i64>,
    /// For a decision: only this request, as `dg workflow show` names it.
    #[arg(long, value_name = "SHA256")]
    request: Option<String>,
    /// Say what would happen, and do nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

/// Does it.
pub(super) async fn run(client: &Client, args: ActArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let (workflow_id, dry_run) = (args.workflow_id.clone(), args.dry_run);
    let action = action(args);
    if dry_run {
        let preview = client.preview_workflow_action(&workflow_id, &action).await?;
        if out.is_json() {
            return out.document(&preview);
        }
        let text = |key: &str| preview.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
        out.line(format!("It would be {}, due {}.", text("resulting_status"), text("resulting_sla_due_at")))?;
        let events = preview.get("events").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for event in events {
            let of = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
            out.line(format!("  {} in {}", of("event_type"), of("trace_id")))?;
        }
        return Ok(());
    }
    let done = client.act_on_workflow(&workflow_id, &action).await?;
    if out.is_json() {
        return out.document(&done);
    }
    tell(&done.workflow, out)
}

/// `key=value`.
fn given(text: &str) -> Result<(String, Value), String> {
    let (key, value) = text.split_once('=').ok_or("it needs to be key=value")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok((key.to_owned(), value))
}

fn action(args: ActArgs) -> WorkflowAction {
    WorkflowAction {
        action: args.action,
        reason: args.reason,
        note: args.note,
        evidence: args.evidence.into_iter().map(|locator| json!({"locator": locator})).collect(),
        assigned_account_id: args.account,
        assigned_role: args.role,
        decision_option: args.option,
        form: args.field.into_iter().collect(),
        conditions: args.condition.into_iter().collect(),
        checklist: args.tick,
        confirm_text: args.confirm,
        due_at: args.due,
        priority: args.priority,
        request_hash: args.request,
        until: args.until,
        version: args.version,
        ..WorkflowAction::default()
    }
}
