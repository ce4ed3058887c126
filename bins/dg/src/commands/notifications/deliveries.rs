//! What went out about notifications.

use clap::Args;
use dg_client::{Client, DeliveriesQuery};
use serde_json::json;

use crate::{
    cli::TenantFlag,
    commands::or_dash,
    failure::Failure,
    output::{Output, Table, printable, shortened},
};

/// Which deliveries.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg notifications deliveries -t acme
  dg notifications deliveries --state failed --json | jq '.deliveries[].last_error'")]
pub(crate) struct DeliveriesArgs {
    /// In this state only.
    #[arg(long, value_parser = ["pending", "delivered", "failed", "suppressed"])]
    state: Option<String>,
    /// By this channel only.
    #[arg(long, value_name = "ID")]
    channel: Option<String>,
    /// To this person only.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Of this notification only.
    #[arg(long, value_name = "ID")]
    notification: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// `next_cursor` of the page before.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// What to send again.
#[derive(Debug, Args)]
#[command(after_help = "\
Messages keep their ids: receivers that remember them do nothing twice.

Examples:
  dg notifications retry 5f0e6a41-… -t acme
  dg notifications retry --failed")]
pub(crate) struct RetryArgs {
    /// The message that this delivery is part of.
    #[arg(required_unless_present = "failed", conflicts_with = "failed")]
    delivery_id: Option<String>,
    /// Everything that was given up.
    #[arg(long)]
    failed: bool,
    #[command(flatten)]
    tenant: TenantFlag,
}

impl DeliveriesArgs {
    pub(super) const fn tenant(&self) -> &TenantFlag {
        &self.tenant
    }
}

impl RetryArgs {
    pub(super) const fn tenant(&self) -> &TenantFlag {
        &self.tenant
    }
}

pub(super) async fn list(client: &Client, args: DeliveriesArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let query = DeliveriesQuery {
        state: args.state,
        channel_id: args.channel,
        account_id: args.account,
        notification_id: args.notification,
        limit: Some(args.limit),
        cursor: args.cursor,
    };
    let page = client.notification_deliveries(&query).await?;
    if out.is_json() {
        return out.document(&page);
    }
    let mut table = Table::new(&["DELIVERY", "STATE", "BY", "TO", "TRIES", "CREATED", "NEXT", "WHY"]);
    for one in page.deliveries {
        let to = one.target.or(one.account_id).or(one.channel_id);
        let (to, why) = (or_dash(to.as_deref().map(printable)), or_dash(one.last_error.as_deref().map(printable)));
        let (tries, next) = (one.attempts.to_string(), or_dash(one.next_attempt_at));
        let (to, why) = (shortened(&to, 40), shortened(&why, 60));
        table.row([one.delivery_id, one.state, one.channel, to, tries, one.created_at, next, why]);
    }
    out.table(&table)?;
    match page.next_cursor {
        Some(cursor) => Ok(out.line(format!("\nmore: --cursor {cursor}"))?),
        None => Ok(()),
    }
}

pub(super) async fn retry(client: &Client, args: &RetryArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let retried = client.retry_notification_deliveries(args.delivery_id.as_deref()).await?;
    if out.is_json() {
        return out.document(&json!({ "retried": retried }));
    }
    Ok(out.line(format!("{retried} are tried again."))?)
}
