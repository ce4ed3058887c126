//! `/admin/workflow-channels`: where notifications go beside inboxes.

pub(crate) mod asked;
pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::{ChannelRow, Place};
use dg_webhooks::SecretKind;
use serde::Serialize;
use serde_json::Value;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use self::asked::{Asked, Change};
use super::{CONFIGURE, told};
use crate::admin::webhooks::asked::Rotation;
use crate::admin::webhooks::{SecretJson, ShownOnce, draw};
use crate::app::App;
use crate::words;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowChannel)]
struct ChannelJson {
    channel_id: String,
    #[schema(schema_with = words::telling_channel)]
    channel: &'static str,
    name: String,
    /// An address or a URL; of a chat the host alone.
    target: String,
    /// Told for each person that chose its kind, and not once for all.
    personal: bool,
    #[schema(schema_with = words::channel_status)]
    status: String,
    #[schema(schema_with = words::preferences)]
    preferences: Value,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowChannels)]
struct Listed {
    channels: Vec<ChannelJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OneWorkflowChannel)]
struct One {
    channel: ChannelJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CreatedWorkflowChannel)]
struct Created {
    channel: ChannelJson,
    /// Of a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret: Option<ShownOnce>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ShownWorkflowChannel)]
struct Shown {
    channel: ChannelJson,
    /// What is known of a webhook's secrets.
    secrets: Vec<SecretJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RotatedWorkflowChannelSecret)]
struct Rotated {
    secret: ShownOnce,
    /// Those that are valid now, newest first.
    secrets: Vec<SecretJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeletedWorkflowChannel)]
struct Deleted {
    channel_id: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TestedWorkflowChannel)]
struct Tested {
    delivery_id: String,
}

/// Lists the channels of the tenant, oldest first.
pub(crate) async fn list(State(app): State<App>, caller: TenantCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let rows = app.store.channels(caller.tenant()).await?;
    Reply::ok(&Listed { channels: rows.into_iter().map(ChannelJson::of).collect() })
}

/// Makes a channel. The secret of a webhook is in this answer and nowhere else.
pub(crate) async fn create(
    State(app): State<App>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let asked = body::command::<Asked>(request).await?;
    let new = asked.read(app.reach).await?;
    let row = app.store.create_channel(caller.tenant(), &new, &caller.principal.by()).await?;
    changed(&app, &caller, new.channel_id, "made a channel for notifications");
    let secret = match &new.place {
        Place::Webhook(_, secret) => Some(ShownOnce::of(secret)),
        Place::Email(_) | Place::Chat(..) => None,
    };
    Ok(Reply::created(&Created { channel: ChannelJson::of(row), secret })?.unkept())
}

/// Shows a channel, with what is known about its secrets.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([channel_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let (tenant, id) = (caller.tenant(), parse(&channel_id)?);
    let row = app.store.channel(tenant, id).await?.ok_or_else(|| unknown(&channel_id))?;
    let secrets = app.store.channel_secrets(tenant, id).await?.into_iter().map(SecretJson::of).collect();
    Reply::ok(&Shown { channel: ChannelJson::of(row), secrets })
}

/// Changes what is named.
pub(crate) async fn change(
    State(app): State<App>,
    Segments([channel_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let (tenant, id) = (caller.tenant(), parse(&channel_id)?);
    let asked = body::command::<Change>(request).await?;
    let row = app.store.channel(tenant, id).await?.ok_or_else(|| unknown(&channel_id))?;
    let change = asked.read(row.channel, app.reach).await?;
    let row = app.store.change_channel(tenant, id, &change, &caller.principal.by()).await?;
    changed(&app, &caller, id, "changed a channel for notifications");
    Reply::ok(&One { channel: ChannelJson::of(row) })
}

/// Removes a channel with everything that was to go there.
pub(crate) async fn delete(
    State(app): State<App>,
    Segments([channel_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let id = parse(&channel_id)?;
    app.store.delete_channel(caller.tenant(), id, &caller.principal.by()).await?;
    changed(&app, &caller, id, "removed a channel for notifications");
    Reply::ok(&Deleted { channel_id: id.to_string() })
}

/// Gives a webhook another secret. Messages are signed with the old one too, until the overlap is over.
pub(crate) async fn rotate(
    State(app): State<App>,
    Segments([channel_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let asked: Rotation = body::command_if_any(request).await?;
    let overlap_s = asked.overlap_s()?;
    let (tenant, id) = (caller.tenant(), parse(&channel_id)?);
    let kind = match asked.secret_kind()? {
        Some(kind) => kind,
        None => app.store.channel_secrets(tenant, id).await?.first().map_or(SecretKind::Hmac, |secret| secret.kind),
    };
    let secret = draw(kind);
    app.store.rotate_channel_secret(tenant, id, &secret, overlap_s, &caller.principal.by()).await?;
    changed(&app, &caller, id, "rotated the secret of a channel");
    let secrets = app.store.channel_secrets(tenant, id).await?.into_iter().map(SecretJson::of).collect();
    Ok(Reply::created(&Rotated { secret: ShownOnce::of(&secret), secrets })?.unkept())
}

/// Sends a test.
pub(crate) async fn test(
    State(app): State<App>,
    Segments([channel_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let (id, delivery_id) = (parse(&channel_id)?, Uuid::now_v7());
    app.store.test_channel(caller.tenant(), id, delivery_id, &caller.principal.by()).await?;
    changed(&app, &caller, id, "tests a channel for notifications");
    Reply::accepted(&Tested { delivery_id: delivery_id.to_string() })
}

fn changed(app: &App, caller: &TenantCaller<Admin>, channel_id: Uuid, what: &str) {
    told(app);
    info!(tenant = %caller.tenant(), %channel_id, account = caller.principal.account_id, "{what}");
}

fn parse(channel_id: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(channel_id).map_err(|_| unknown(channel_id))
}

fn unknown(channel_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such channel").with("channel_id", channel_id)
}

impl ChannelJson {
    fn of(row: ChannelRow) -> Self {
        Self {
            channel_id: row.channel_id.to_string(),
            channel: row.channel.as_str(),
            name: row.name,
            target: row.target,
            personal: row.is_personal,
            status: row.status,
            preferences: row.preferences.to_json(),
            created_at: row.created_at.rfc3339(),
            created_by: row.created_by,
            updated_at: row.updated_at.rfc3339(),
        }
    }
}
