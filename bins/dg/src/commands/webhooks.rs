//! `dg webhooks`: endpoints that are told about events and projections.

use clap::{Args, Subcommand, ValueEnum};
use dg_client::{
    Delivery, DeliveryDetail, DeliveryQuery, NewWebhook, NewWebhookSecret, Replay, Webhook, WebhookChange,
    WebhookDetail,
};
use serde_json::json;

use super::{joined, or_dash};
use crate::{
    cli::{Global, TenantFlag},
    connection,
    failure::Failure,
    output::{Output, Table, printable, shortened},
};

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// List the endpoints of the tenant.
    #[command(
        after_help = "Examples:\n  dg webhooks list -t acme\n  dg webhooks list --json | jq '.webhooks[].status'"
    )]
    List(TenantFlag),
    /// Describe an endpoint, its secrets (not shown) and how many messages it has.
    #[command(after_help = "Examples:\n  dg webhooks show 0198c6b2-… -t acme")]
    Show(One),
    /// Make an endpoint and print its secret, once.
    Create(CreateArgs),
    /// Change an endpoint: address, what it is told, paused or active.
    Set(SetArgs),
    /// Remove an endpoint with everything that was queued for it.
    #[command(after_help = "Examples:\n  dg webhooks delete 0198c6b2-… -t acme")]
    Delete(One),
    /// Give an endpoint another secret and print it, once.
    Rotate(RotateArgs),
    /// Send an endpoint a message of type webhook.test.
    #[command(after_help = "Examples:\n  dg webhooks test 0198c6b2-… -t acme")]
    Test(One),
    /// List an endpoint's messages, newest first; or describe one with its attempts.
    Deliveries(DeliveriesArgs),
    /// Send one message again at once.
    #[command(after_help = "Examples:\n  dg webhooks retry 0198c6b2-… 5f0e6a41-… -t acme")]
    Retry {
        /// Id of the endpoint.
        webhook_id: String,
        /// Id of the message.
        delivery_id: String,
        #[command(flatten)]
        tenant: TenantFlag,
    },
    /// Send events of the log, or every dead letter, again.
    Replay(ReplayArgs),
}

/// One endpoint.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Id of the endpoint; `dg webhooks list` shows them.
    webhook_id: String,
    #[command(flatten)]
    tenant: TenantFlag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    Events,
    Projections,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Hmac,
    Ed25519,
}

/// The endpoint to make.
#[derive(Debug, Args)]
#[command(after_help = "\
The secret is printed once: receivers check signatures with it. With --secret-kind ed25519 they need the public key, which is \
shown at any time.

Examples:
  dg webhooks create https://example.org/hook -t acme
  dg webhooks create https://example.org/hook --event-type TraceFinished --json | jq -r .secret.secret
  dg webhooks create https://example.org/hook --what projections --secret-kind ed25519")]
pub(crate) struct CreateArgs {
    /// Where messages go.
    url: String,
    /// What people call it.
    #[arg(long)]
    description: Option<String>,
    /// What it is told; events without this. Repeatable.
    #[arg(long, value_enum)]
    what: Vec<What>,
    /// Events of this type only. Repeatable.
    #[arg(long, value_name = "TYPE")]
    event_type: Vec<String>,
    /// Events of this trace only.
    #[arg(long, value_name = "ID")]
    trace_id: Option<String>,
    /// Events after this position of the log; those to come without this.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    after: Option<i64>,
    /// How messages are signed; hmac without this.
    #[arg(long, value_enum)]
    secret_kind: Option<Kind>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// What becomes different.
#[derive(Debug, Args)]
#[command(after_help = "\
What is not named stays. A disabled endpoint that becomes active begins with a clean slate, and what waited for it is sent.

Examples:
  dg webhooks set 0198c6b2-… --pause --reason 'moving house'
  dg webhooks set 0198c6b2-… --activate
  dg webhooks set 0198c6b2-… --url https://example.org/new --all-event-types")]
pub(crate) struct SetArgs {
    /// Id of the endpoint.
    webhook_id: String,
    /// Where messages go.
    #[arg(long)]
    url: Option<String>,
    /// What people call it; empty for nothing.
    #[arg(long)]
    description: Option<String>,
    /// What it is told. Repeatable.
    #[arg(long, value_enum)]
    what: Vec<What>,
    /// Events of this type only. Repeatable.
    #[arg(long, value_name = "TYPE")]
    event_type: Vec<String>,
    /// Events of every type.
    #[arg(long, conflicts_with = "event_type")]
    all_event_types: bool,
    /// Events of this trace only; empty for every trace.
    #[arg(long, value_name = "ID")]
    trace_id: Option<String>,
    /// Send nothing for now.
    #[arg(long, conflicts_with = "activate")]
    pause: bool,
    /// Send again.
    #[arg(long)]
    activate: bool,
    /// Why, for the audit.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// The secret to replace.
#[derive(Debug, Args)]
#[command(after_help = "\
Messages are signed with both secrets until the overlap is over: put the new one in place meanwhile.

Examples:
  dg webhooks rotate 0198c6b2-…
  dg webhooks rotate 0198c6b2-… --overlap-s 600 --json | jq -r .secret.secret")]
pub(crate) struct RotateArgs {
    /// Id of the endpoint.
    webhook_id: String,
    /// Seconds for which the old ones go on; a day without this.
    #[arg(long, value_name = "SECONDS")]
    overlap_s: Option<u32>,
    /// How messages are signed; as before without this.
    #[arg(long, value_enum)]
    secret_kind: Option<Kind>,
    #[command(flatten)]
    tenant: TenantFlag,
}

/// Which messages.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dg webhooks deliveries 0198c6b2-… -t acme
  dg webhooks deliveries 0198c6b2-… --state dead --json | jq '.deliveries[].last_error'
  dg webhooks deliveries 0198c6b2-… 5f0e6a41-…")]
pub(crate) struct DeliveriesArgs {
    /// Id of the endpoint.
    webhook_id: String,
    /// Describe this message with its attempts.
    #[arg(conflicts_with_all = ["state", "limit", "cursor"])]
    delivery_id: Option<String>,
    /// Only those that are `pending`, `delivered` or `dead`.
    #[arg(long, value_parser = ["pending", "delivered", "dead"])]
    state: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
    /// Where the page before ended.
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
  dg webhooks replay 0198c6b2-… --dead
  dg webhooks replay 0198c6b2-… --after 1200 --until 1300")]
pub(crate) struct ReplayArgs {
    /// Id of the endpoint.
    webhook_id: String,
    /// Every dead letter.
    #[arg(long, required_unless_present = "after", conflicts_with_all = ["after", "until"])]
    dead: bool,
    /// Events after this position of the log.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    after: Option<i64>,
    /// Up to this one; to the end of the log without this.
    #[arg(long, value_name = "N", requires = "after", value_parser = clap::value_parser!(i64).range(1..))]
    until: Option<i64>,
    #[command(flatten)]
    tenant: TenantFlag,
}

pub(crate) async fn run(global: &Global, command: WebhooksCommand, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = |tenant: &TenantFlag| connection::tenant(global, tenant.tenant.as_deref());
    match command {
        WebhooksCommand::List(tenant) => list(client(&tenant)?.webhooks().await?, out),
        WebhooksCommand::Show(One { webhook_id, tenant }) => show(&client(&tenant)?.webhook(&webhook_id).await?, out),
        WebhooksCommand::Create(args) => {
            let client = client(&args.tenant)?;
            let made = client.create_webhook(&new(args)).await?;
            if out.is_json() {
                return out.document(&made);
            }
            out.line(format!("Made {} for {}.", made.webhook.webhook_id, printable(&made.webhook.url)))?;
            tell_secret(&made.secret, out)
        }
        WebhooksCommand::Set(args) => {
            let client = client(&args.tenant)?;
            let webhook = client.change_webhook(&args.webhook_id, &change(&args)).await?;
            if out.is_json() {
                return out.document(&json!({ "webhook": webhook }));
            }
            Ok(out.line(format!("{} is {}.", webhook.webhook_id, webhook.status))?)
        }
        WebhooksCommand::Delete(One { webhook_id, tenant }) => {
            client(&tenant)?.delete_webhook(&webhook_id).await?;
            if out.is_json() {
                return out.document(&json!({ "deleted": true, "webhook_id": webhook_id }));
            }
            Ok(out.line(format!("Removed {webhook_id}."))?)
        }
        WebhooksCommand::Rotate(args) => {
            let client = client(&args.tenant)?;
            let kind = args.secret_kind.map(kind);
            let rotated = client.rotate_webhook_secret(&args.webhook_id, args.overlap_s, kind).await?;
            if out.is_json() {
                return out.document(&rotated);
            }
            tell_secret(&rotated.secret, out)?;
            for old in rotated.secrets.iter().filter(|old| old.secret_id != rotated.secret.secret_id) {
                out.line(format!("{} goes on until {}.", old.secret_id, or_dash(old.expires_at.clone())))?;
            }
            Ok(())
        }
        WebhooksCommand::Test(One { webhook_id, tenant }) => {
            tell_queued(&client(&tenant)?.test_webhook(&webhook_id).await?, out)
        }
        WebhooksCommand::Deliveries(args) => deliveries(global, args, out).await,
        WebhooksCommand::Retry { webhook_id, delivery_id, tenant } => {
            tell_queued(&client(&tenant)?.retry_delivery(&webhook_id, &delivery_id).await?, out)
        }
        WebhooksCommand::Replay(args) => {
            let client = client(&args.tenant)?;
            let replay = match args.after {
                Some(after) => Replay::Events { after, until: args.until },
                None => Replay::DeadLetters,
            };
            let answer = client.replay_webhook(&args.webhook_id, replay).await?;
            if out.is_json() {
                return out.document(&answer);
            }
            Ok(match answer.webhook.replay {
                Some(replay) if args.after.is_some() => {
                    out.line(format!("Sending events {} to {} again.", replay.last_log_seq + 1, replay.until))
                }
                _ => out.line(format!("Sending {} dead letters again.", answer.dead_letters)),
            }?)
        }
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Hmac => "hmac",
        Kind::Ed25519 => "ed25519",
    }
}

fn words(what: &[What]) -> Vec<String> {
    let word = |what: &What| match what {
        What::Events => "events".to_owned(),
        What::Projections => "projections".to_owned(),
    };
    what.iter().map(word).collect()
}

fn new(args: CreateArgs) -> NewWebhook {
    NewWebhook {
        url: args.url,
        description: args.description,
        what: words(&args.what),
        event_type: args.event_type,
        trace_id: args.trace_id,
        after: args.after,
        secret_kind: args.secret_kind.map(|given| kind(given).to_owned()),
    }
}

fn change(args: &SetArgs) -> WebhookChange {
    // Empty gives a text up.
    let text = |given: &Option<String>| given.as_ref().map(|text| Some(text.clone()).filter(|text| !text.is_empty()));
    let types = (args.all_event_types || !args.event_type.is_empty()).then(|| args.event_type.clone());
    let status = match (args.pause, args.activate) {
        (true, _) => Some("paused".to_owned()),
        (_, true) => Some("active".to_owned()),
        _ => None,
    };
    WebhookChange {
        url: args.url.clone(),
        description: text(&args.description),
        what: Some(words(&args.what)).filter(|what| !what.is_empty()),
        event_type: types,
        trace_id: text(&args.trace_id),
        status,
        reason: args.reason.clone(),
    }
}

fn list(webhooks: Vec<Webhook>, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "webhooks": webhooks }));
    }
    let mut table = Table::new(&["WEBHOOK", "STATUS", "URL", "WHAT", "FILTER", "QUEUED", "FAILURES"]);
    for webhook in webhooks {
        let filter = filter(&webhook);
        let url = shortened(&printable(&webhook.url), 50);
        let (queued, failures) = (webhook.last_log_seq.to_string(), webhook.failures.to_string());
        table.row([webhook.webhook_id, webhook.status, url, joined(&webhook.what), filter, queued, failures]);
    }
    Ok(out.table(&table)?)
}

fn filter(webhook: &Webhook) -> String {
    let mut parts = webhook.event_type.clone();
    parts.extend(webhook.trace_id.as_deref().map(|trace| format!("trace {}", printable(trace))));
    joined(&parts)
}

fn show(detail: &WebhookDetail, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(detail);
    }
    let (webhook, counts) = (&detail.webhook, &detail.deliveries);
    out.line(format!("{}  {}", webhook.webhook_id, webhook.status))?;
    let replay = webhook.replay.map(|replay| format!("events up to {}, {} queued", replay.until, replay.last_log_seq));
    let failing =
        webhook.failing_since.as_ref().map(|since| format!("{} times in a row, since {since}", webhook.failures));
    for (name, text) in [
        ("url", Some(printable(&webhook.url))),
        ("description", webhook.description.as_deref().map(printable)),
        ("what", Some(joined(&webhook.what))),
        ("filter", Some(filter(webhook)).filter(|filter| filter != "-")),
        ("reason", webhook.status_reason.as_deref().map(printable)),
        ("queued up to", Some(webhook.last_log_seq.to_string())),
        ("replay", replay),
        ("messages", Some(format!("{} wait, {} delivered, {} dead", counts.pending, counts.delivered, counts.dead))),
        ("failing", failing),
        ("last success", webhook.last_success_at.clone()),
        ("made", Some(format!("{} by {}", webhook.created_at, webhook.created_by))),
    ] {
        if let Some(text) = text {
            out.line(format!("  {name:<12} {text}"))?;
        }
    }
    for secret in &detail.secrets {
        let until = secret.expires_at.as_ref().map(|at| format!(" until {at}")).unwrap_or_default();
        let key = secret.public_key.as_ref().map(|key| format!(" {key}")).unwrap_or_default();
        out.line(format!("  {:<12} {} {}{key}{until}", "secret", secret.secret_id, secret.secret_kind))?;
    }
    Ok(())
}

fn tell_secret(secret: &NewWebhookSecret, out: &mut Output<'_>) -> Result<(), Failure> {
    match (&secret.secret, &secret.public_key) {
        (Some(shared), _) => out.line(format!("Its secret, shown only now: {}", shared.expose()))?,
        (None, Some(key)) => out.line(format!("Its public key: {key}"))?,
        (None, None) => {}
    }
    Ok(())
}

fn tell_queued(delivery: &Delivery, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({ "delivery": delivery }));
    }
    let (webhook, id) = (&delivery.webhook_id, &delivery.delivery_id);
    Ok(out.line(format!("Queued; `dg webhooks deliveries {webhook} {id}` shows what became of it."))?)
}

async fn deliveries(global: &Global, args: DeliveriesArgs, out: &mut Output<'_>) -> Result<(), Failure> {
    let client = connection::tenant(global, args.tenant.tenant.as_deref())?;
    if let Some(delivery_id) = &args.delivery_id {
        return tell_one(&client.delivery(&args.webhook_id, delivery_id).await?, out);
    }
    let query = DeliveryQuery { state: args.state, limit: args.limit, cursor: args.cursor };
    let page = client.deliveries(&args.webhook_id, &query).await?;
    if out.is_json() {
        return out.document(&page);
    }
    let mut table = Table::new(&["DELIVERY", "STATE", "TYPE", "EVENT", "TRIES", "CREATED", "NEXT", "WHY"]);
    for delivery in page.deliveries {
        let event = or_dash(delivery.log_seq.map(|log_seq| log_seq.to_string()));
        let why = or_dash(delivery.last_error.as_deref().map(printable));
        let (tries, next) = (delivery.attempts.to_string(), or_dash(delivery.next_attempt_at));
        let Delivery { delivery_id, state, message_type, created_at, .. } = delivery;
        table.row([delivery_id, state, message_type, event, tries, created_at, next, why]);
    }
    out.table(&table)?;
    match page.next_cursor {
        Some(cursor) => Ok(out.line(format!("\nmore: --cursor {cursor}"))?),
        None => Ok(()),
    }
}

fn tell_one(detail: &DeliveryDetail, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(detail);
    }
    let delivery = &detail.delivery;
    out.line(format!("{}  {}", delivery.delivery_id, delivery.state))?;
    for (name, text) in [
        ("type", Some(delivery.message_type.clone())),
        ("event", delivery.log_seq.map(|log_seq| log_seq.to_string())),
        ("next", delivery.next_attempt_at.clone()),
        ("finished", delivery.finished_at.clone()),
    ] {
        if let Some(text) = text {
            out.line(format!("  {name:<12} {text}"))?;
        }
    }
    let mut table = Table::new(&["ATTEMPT", "ENDED", "MS", "STATUS", "WHY"]);
    for attempt in &detail.attempts {
        let status = or_dash(attempt.status.map(|status| status.to_string()));
        let why = or_dash(attempt.error.as_deref().map(printable));
        table.row([
            attempt.attempt.to_string(),
            attempt.ended_at.clone(),
            attempt.duration_ms.to_string(),
            status,
            why,
        ]);
    }
    Ok(out.table(&table)?)
}
