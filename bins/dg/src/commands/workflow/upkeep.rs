//! Whether the items are what the log says, and events that they could not take.

use clap::Args;
use dg_client::Client;
use serde_json::{Value, json};

use crate::{
    cli::TenantFlag,
    failure::{Exit, Failure},
    output::{Output, Table},
};

/// Why to rebuild.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dg workflow rebuild -t acme --reason 'after a restore'")]
pub(crate) struct RebuildArgs {
    /// Why, for the audit.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

/// Which dead letters.
#[derive(Debug, Args)]
#[command(after_help = "\
An event that no item could take is set aside; the items go on without it. To have it applied, repair the cause and rebuild; to accept that \
it is missing, skip it.

Examples:
  dg workflow dead-letters -t acme
  dg workflow dead-letters --skip 4711 --reason 'sent by mistake'")]
pub(crate) struct DeadLettersArgs {
    /// Accept that the items go on without the event at this position.
    #[arg(long, value_name = "LOG_SEQ", requires = "reason")]
    skip: Option<i64>,
    /// Why, for the audit.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    pub(super) tenant: TenantFlag,
}

/// Compares.
pub(super) async fn verify(client: &Client, out: &mut Output<'_>) -> Result<(), Failure> {
    let verdict = client.verify_workflows().await?;
    if out.is_json() {
        out.document(&verdict)?;
    } else if verdict.equal {
        out.line(format!("The {} items are what the log says up to {}.", verdict.items, verdict.log_seq))?;
        out.line(format!("  {}", verdict.workflow_digest))?;
    } else {
        out.line(format!("The items are not what the log says up to {}.", verdict.log_seq))?;
        out.line(format!("  kept    {}\n  folded  {}", verdict.workflow_digest, verdict.folded_digest))?;
    }
    if verdict.equal {
        return Ok(());
    }
    let message = "the items of review are not the fold of the log";
    Err(Failure::new(Exit::Found, "workflow_differs", message)
        .advise("dg workflow rebuild --reason … makes them again"))
}

/// Rebuilds.
pub(super) async fn rebuild(client: &Client, args: RebuildArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let answer = client.rebuild_workflows(&args.reason).await?;
    if out.is_json() {
        return out.document(&answer);
    }
    let text = |key: &str| answer.get(key).map_or_else(|| "-".to_owned(), Value::to_string);
    if answer.contains_key("items") {
        Ok(out.line(format!("Made {} items again, up to {} of the log.", text("items"), text("log_seq")))?)
    } else {
        Ok(out.line("dg-workflowd is still at it; its log says how it ended.")?)
    }
}

/// Lists or settles.
pub(super) async fn dead_letters(client: &Client, args: DeadLettersArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    if let Some(log_seq) = args.skip {
        client.skip_workflow_dead_letter(log_seq, args.reason.as_deref().unwrap_or_default()).await?;
        if out.is_json() {
            return out.document(&json!({"log_seq": log_seq, "resolution": "skipped"}));
        }
        return Ok(out.line(format!("The items go on without {log_seq}."))?);
    }
    let letters = client.workflow_dead_letters().await?;
    if out.is_json() {
        return out.document(&json!({ "dead_letters": letters }));
    }
    if letters.is_empty() {
        return Ok(out.line("every event was applied")?);
    }
    let mut table = Table::new(&["LOG_SEQ", "EVENT", "TYPE", "WHY"]);
    for letter in &letters {
        let text = |key: &str| {
            letter.get(key).map_or_else(String::new, |value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        };
        table.row([text("log_seq"), text("event_id"), text("event_type"), text("error_message")]);
    }
    Ok(out.table(&table)?)
}
