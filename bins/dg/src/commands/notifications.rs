//! `dg notifications`: what one was told, what one wants to be told, and where notifications go.

mod channels;
mod deliveries;
mod preferences;

use clap::{Args, Subcommand};
use dg_client::{Client, NotificationQuery, Seen};
use serde_json::Value;

pub(super) use self::preferences::document;
use super::or_dash;
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table, printable, shortened},
};

/// What to do with notifications.
#[derive(Debug, Subcommand)]
pub(crate) enum NotificationsCommand {
    /// List what the caller was told in the tenant, what came last first.
    List(ListArgs),
    /// Note what the caller has seen.
    Read(ReadArgs),
    /// Show what the caller wants to be told outside of the console, or say it.
    Preferences(preferences::PreferencesArgs),
    /// Where notifications go beside inboxes: mailboxes, programs, chats.
    Channels {
        #[command(subcommand)]
        command: channels::ChannelsCommand,
    },
    /// List what went out, what waits, and what was given up.
    Deliveries(deliveries::DeliveriesArgs),
    /// Send a message again, or everything that was given up.
    Retry(deliveries::RetryArgs),
}

/// Which notifications.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg notifications list -t acme --unread
  dg notifications list --category escalation,deadline_risk --json | jq -r '.notifications[].message'")]
pub(crate) struct ListArgs {
    /// Only those that were not seen.
    #[arg(long)]
    unread: bool,
    /// Of this category only. Repeatable, or with commas.
    #[arg(long, value_delimiter = ',')]
    category: Vec<String>,
    /// About this item only.
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// `next_cursor` of the page before.
    #[arg(long)]
    cursor: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// What was seen.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg notifications read 0190a5a1-… -t acme
  dg notifications read --up-to 0190a5a1-…")]
pub(crate) struct ReadArgs {
    /// These.
    #[arg(required_unless_present = "up_to", conflicts_with = "up_to")]
    notification_ids: Vec<String>,
    /// This one, and all that came before it.
    #[arg(long, value_name = "ID")]
    up_to: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// Runs one of them.
///
/// # Errors
/// Why it failed.
pub(crate) async fn run(global: &Global, command: NotificationsCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = |tenant: &TenantFlag| connection::tenant(global, tenant.tenant.as_deref());
    match command {
        NotificationsCommand::List(args) => list(&client(&args.tenant)?, args, out).await,
        NotificationsCommand::Read(args) => read(&client(&args.tenant)?, args, out).await,
        NotificationsCommand::Preferences(args) => preferences::run(&client(args.tenant())?, &args, out).await,
        NotificationsCommand::Channels { command } => channels::run(&client(command.tenant())?, command, out).await,
        NotificationsCommand::Deliveries(args) => deliveries::list(&client(args.tenant())?, args, out).await,
        NotificationsCommand::Retry(args) => deliveries::retry(&client(args.tenant())?, &args, out).await,
    }
}

async fn list(client: &Client, args: ListArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let query = NotificationQuery {
        unread: args.unread.then_some(true),
        category: args.category,
        workflow_id: args.workflow,
        limit: Some(args.limit),
        cursor: args.cursor,
    };
    let page = client.notifications(&query).await?;
    if out.is_json() {
        return out.document(&page);
    }
    let mut table = Table::new(&["NOTIFICATION", "CAME", "SEEN", "CATEGORY", "MESSAGE", "INSTEAD OF"]);
    for one in page.notifications {
        let seen = if one.read_at.is_some() { "yes" } else { "no" };
        let instead = or_dash(one.instead_of.as_deref().map(printable));
        let message = shortened(&printable(&one.message), 70);
        table.row([one.notification_id, one.told_at, seen.to_owned(), one.category, message, instead]);
    }
    out.table(&table)?;
    out.line(format!("\nnot seen: {}", page.unread_count))?;
    match page.next_cursor {
        Some(cursor) => Ok(out.line(format!("more: --cursor {cursor}"))?),
        None => Ok(()),
    }
}

async fn read(client: &Client, args: ReadArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let seen = args.up_to.map_or(Seen::Some(args.notification_ids), Seen::UpTo);
    let answer = client.read_notifications(&seen).await?;
    if out.is_json() {
        return out.document(&answer);
    }
    let number = |key: &str| answer.get(key).and_then(Value::as_i64).unwrap_or_default();
    Ok(out.line(format!("Noted {}; not seen: {}.", number("read"), number("unread_count")))?)
}
