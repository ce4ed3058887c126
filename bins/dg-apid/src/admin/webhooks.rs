//! `/admin/webhooks`: endpoints that are told about the tenant's events and projections.

pub(crate) mod asked;
pub(crate) mod contract;
pub(crate) mod deliveries;

use axum::extract::{Request, State};
use dg_domain::Micros;
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::Channel;
use dg_storage::webhooks::{DeliveryState, NewSecret, NewWebhook, SecretInfo, Webhook};
use dg_webhooks::{Secret, SecretKind};
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use self::asked::{Asked, AskedReplay, Change, Replay, Rotation};
use super::grants::WEBHOOKS_MANAGE;
use crate::app::App;
use crate::words;

/// What a test says.
const TEST: &str = "{\"message\":\"a test, asked for by an administrator\"}";

#[derive(Serialize, ToSchema)]
struct OneWebhook<'a> {
    webhook: WebhookJson<'a>,
}

/// An endpoint as its administrators see it.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
struct WebhookJson<'a> {
    webhook_id: String,
    tenant_id: &'a str,
    url: &'a str,
    description: Option<&'a str>,
    #[schema(schema_with = words::webhook_whats)]
    what: Vec<&'static str>,
    #[schema(schema_with = words::event_types)]
    event_type: Vec<&'static str>,
    trace_id: Option<&'a str>,
    #[schema(schema_with = words::webhook_status)]
    status: &'static str,
    status_reason: Option<&'a str>,
    #[schema(format = DateTime)]
    status_changed_at: String,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: &'a str,
    #[schema(format = DateTime)]
    updated_at: String,
    /// Everything up to here has been queued.
    last_log_seq: i64,
    /// A replay that is under way.
    replay: Option<ReplayJson>,
    /// Failed attempts in a row.
    failures: u32,
    #[schema(format = DateTime)]
    failing_since: Option<String>,
    #[schema(format = DateTime)]
    last_success_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookReplay)]
struct ReplayJson {
    last_log_seq: i64,
    until: i64,
}

/// What is known about a secret that is not the secret.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub(crate) struct SecretJson {
    secret_id: String,
    #[schema(schema_with = words::secret_kind)]
    secret_kind: &'static str,
    public_key: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// A secret that was just made, for the one answer that shows it. A private key is not shown at all: receivers need the public
/// one.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecretShownOnce)]
pub(crate) struct ShownOnce {
    secret_id: String,
    #[schema(schema_with = words::secret_kind)]
    secret_kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    public_key: Option<String>,
}

/// How many messages of an endpoint are in which state.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryCounts)]
struct CountsJson {
    pending: i64,
    delivered: i64,
    dead: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
struct Listed<'a> {
    webhooks: Vec<WebhookJson<'a>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CreatedWebhook)]
struct Created<'a> {
    webhook: WebhookJson<'a>,
    secret: ShownOnce,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ShownWebhook)]
struct Shown<'a> {
    webhook: WebhookJson<'a>,
    secrets: Vec<SecretJson>,
    deliveries: CountsJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeletedWebhook)]
struct Deleted {
    webhook_id: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RotatedWebhookSecret)]
struct Rotated {
    secret: ShownOnce,
    /// Those that are valid now, newest first.
    secrets: Vec<SecretJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReplayedWebhook)]
struct Replayed<'a> {
    webhook: WebhookJson<'a>,
    /// Dead letters that are sent again.
    dead_letters: u64,
}

/// Lists the endpoints of the tenant, oldest first.
pub(crate) async fn list(State(app): State<App>, caller: TenantCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let webhooks = app.store.webhooks(caller.tenant()).await?;
    Reply::ok(&Listed { webhooks: webhooks.iter().map(WebhookJson::of).collect() })
}

/// Makes an endpoint. Its secret is in this answer and nowhere else.
pub(crate) async fn create(
    State(app): State<App>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let asked = body::command::<Asked>(request).await?;
    let target = asked::target(&asked.url, app.reach, "/url").await?;
    let kind = asked.secret_kind()?;
    let after = asked.after(app.store.head(caller.tenant()).await?)?;
    let new = NewWebhook {
        webhook_id: Uuid::now_v7(),
        url: target,
        wants: asked.wants()?,
        description: asked.description,
        after,
    };
    let secret = draw(kind);
    let webhook = app.store.create_webhook(caller.tenant(), &new, &secret, &caller.principal.by()).await?;
    told(&app, &caller, new.webhook_id, "made a webhook");
    let created = Created { webhook: WebhookJson::of(&webhook), secret: ShownOnce::of(&secret) };
    Ok(Reply::created(&created)?.unkept())
}

/// Describes one endpoint, with what is known about its secrets and how many messages it has.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([webhook_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let webhook = find(&app, &caller, &webhook_id).await?;
    let (tenant, id) = (caller.tenant(), webhook.webhook_id);
    let secrets = app.store.webhook_secrets(tenant, id).await?;
    let mut deliveries = CountsJson::default();
    for (state, count) in app.store.webhook_counts(tenant, id).await? {
        match state {
            DeliveryState::Pending => deliveries.pending = count,
            DeliveryState::Delivered => deliveries.delivered = count,
            DeliveryState::Dead => deliveries.dead = count,
        }
    }
    let secrets = secrets.into_iter().map(SecretJson::of).collect();
    Reply::ok(&Shown { webhook: WebhookJson::of(&webhook), secrets, deliveries })
}

/// Changes what is named: where messages go, what they are about, whether any are sent.
pub(crate) async fn change(
    State(app): State<App>,
    Segments([webhook_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let id = parse(&webhook_id)?;
    let change = body::command::<Change>(request).await?.read(app.reach).await?;
    let webhook = app.store.change_webhook(caller.tenant(), id, &change, &caller.principal.by()).await?;
    told(&app, &caller, id, "changed a webhook");
    Reply::ok(&OneWebhook { webhook: WebhookJson::of(&webhook) })
}

/// Removes an endpoint with everything that was queued for it.
pub(crate) async fn delete(
    State(app): State<App>,
    Segments([webhook_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let id = parse(&webhook_id)?;
    app.store.delete_webhook(caller.tenant(), id, &caller.principal.by()).await?;
    told(&app, &caller, id, "removed a webhook");
    Reply::ok(&Deleted { webhook_id: id.to_string() })
}

/// Gives an endpoint another secret. Messages are signed with the old one too, until the overlap is over.
pub(crate) async fn rotate(
    State(app): State<App>,
    Segments([webhook_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let asked: Rotation = body::command_if_any(request).await?;
    let overlap_s = asked.overlap_s()?;
    let (tenant, id) = (caller.tenant(), parse(&webhook_id)?);
    let kind = match asked.secret_kind()? {
        Some(kind) => kind,
        None => app.store.webhook_secrets(tenant, id).await?.first().map_or(SecretKind::Hmac, |secret| secret.kind),
    };
    let secret = draw(kind);
    app.store.rotate_webhook_secret(tenant, id, &secret, overlap_s, &caller.principal.by()).await?;
    told(&app, &caller, id, "rotated a webhook's secret");
    let secrets = app.store.webhook_secrets(tenant, id).await?.into_iter().map(SecretJson::of).collect();
    Ok(Reply::created(&Rotated { secret: ShownOnce::of(&secret), secrets })?.unkept())
}

/// Queues a message of type `webhook.test`.
pub(crate) async fn test(
    State(app): State<App>,
    Segments([webhook_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let (tenant, id) = (caller.tenant(), parse(&webhook_id)?);
    let delivery = app.store.test_webhook(tenant, id, Uuid::now_v7(), TEST, &caller.principal.by()).await?;
    told(&app, &caller, id, "tests a webhook");
    Reply::accepted(&deliveries::OneDelivery::of(&delivery))
}

/// Sends events of the log again, or every dead letter.
pub(crate) async fn replay(
    State(app): State<App>,
    Segments([webhook_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let asked = body::command::<AskedReplay>(request).await?;
    let (tenant, id, by) = (caller.tenant(), parse(&webhook_id)?, caller.principal.by());
    let (webhook, dead_letters) = match asked.read(app.store.head(tenant).await?)? {
        Replay::Events { after, until } => (app.store.replay_webhook(tenant, id, after, until, &by).await?, 0),
        Replay::DeadLetters => {
            let dead_letters = app.store.retry_dead_letters(tenant, id, &by).await?;
            (find(&app, &caller, &webhook_id).await?, dead_letters)
        }
    };
    told(&app, &caller, id, "replays to a webhook");
    Reply::accepted(&Replayed { webhook: WebhookJson::of(&webhook), dead_letters })
}

/// A secret that nobody had before.
pub(crate) fn draw(kind: SecretKind) -> NewSecret {
    let mut random = [0; 32];
    getrandom::fill(&mut random).expect("the system has a random source");
    NewSecret { secret_id: Uuid::now_v7(), secret: Secret::new(kind, random) }
}

/// Tells whoever delivers, and the log.
fn told(app: &App, caller: &TenantCaller<Admin>, webhook_id: Uuid, what: &str) {
    app.notifier.nudge(Channel::Workflow);
    info!(tenant = %caller.tenant(), %webhook_id, account = caller.principal.account_id, "{what}");
}

async fn find(app: &App, caller: &TenantCaller<Admin>, webhook_id: &str) -> Result<Webhook, ApiError> {
    app.store.webhook(caller.tenant(), parse(webhook_id)?).await?.ok_or_else(|| unknown(webhook_id))
}

fn parse(webhook_id: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(webhook_id).map_err(|_| unknown(webhook_id))
}

fn unknown(webhook_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such webhook").with("webhook_id", webhook_id)
}

impl<'a> WebhookJson<'a> {
    fn of(webhook: &'a Webhook) -> Self {
        let wants = &webhook.wants;
        let what = [("events", wants.events), ("projections", wants.projections)];
        Self {
            webhook_id: webhook.webhook_id.to_string(),
            tenant_id: webhook.tenant_id.as_str(),
            url: &webhook.url,
            description: webhook.description.as_deref(),
            what: what.into_iter().filter_map(|(word, wanted)| wanted.then_some(word)).collect(),
            event_type: wants.event_types.iter().map(|event_type| event_type.as_str()).collect(),
            trace_id: wants.trace_id.as_deref(),
            status: webhook.status.as_str(),
            status_reason: webhook.status_reason.as_deref(),
            status_changed_at: webhook.status_changed_at.rfc3339(),
            created_at: webhook.created_at.rfc3339(),
            created_by: &webhook.created_by,
            updated_at: webhook.updated_at.rfc3339(),
            last_log_seq: webhook.last_log_seq.get(),
            replay: webhook.replay.map(|(last, until)| ReplayJson { last_log_seq: last.get(), until: until.get() }),
            failures: webhook.failures,
            failing_since: webhook.failing_since.map(Micros::rfc3339),
            last_success_at: webhook.last_success_at.map(Micros::rfc3339),
        }
    }
}

impl SecretJson {
    pub(crate) fn of(secret: SecretInfo) -> Self {
        Self {
            secret_id: secret.secret_id.to_string(),
            secret_kind: secret.kind.as_str(),
            public_key: secret.public_key,
            created_at: secret.created_at.rfc3339(),
            created_by: secret.created_by,
            expires_at: secret.expires_at.map(Micros::rfc3339),
        }
    }
}

impl ShownOnce {
    pub(crate) fn of(new: &NewSecret) -> Self {
        let public_key = new.secret.public_key();
        Self {
            secret_id: new.secret_id.to_string(),
            secret_kind: new.secret.kind().as_str(),
            secret: public_key.is_none().then(|| new.secret.reveal()),
            public_key,
        }
    }
}
