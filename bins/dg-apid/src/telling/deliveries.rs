//! `/admin/workflow-deliveries`: what went out, what waits, and what was given up.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::Micros;
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::{self, NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply};
use dg_storage::workflow::{DELIVERY_STATES, DeliveriesFilter, DeliveryRow};
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{CONFIGURE, told};
use crate::app::App;
use crate::{keyset, words};

#[derive(Serialize, ToSchema)]
#[schema(as = NotificationDelivery)]
struct DeliveryJson {
    delivery_id: String,
    /// None for a test.
    notification_id: Option<String>,
    #[schema(schema_with = words::telling_channel)]
    channel: &'static str,
    /// Of the tenant; none for a person's own address.
    channel_id: Option<String>,
    account_id: Option<String>,
    /// Goes out together with others.
    bundled: bool,
    /// What the receiver knows the message by: `webhook-id`, or the part of `Message-ID` before the @.
    message_id: Option<String>,
    /// Where it was sent last.
    target: Option<String>,
    #[schema(schema_with = words::telling_state)]
    state: String,
    attempts: i64,
    #[schema(format = DateTime)]
    created_at: String,
    /// Only while it waits.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    last_error: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NotificationDeliveries)]
struct Listed {
    deliveries: Vec<DeliveryJson>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RetriedNotificationDeliveries)]
struct Retried {
    /// How many are tried again.
    retried: usize,
}

/// Lists deliveries of the tenant, newest first.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let known: &[&[&str]] = &[&["state", "channel_id", "account_id", "notification_id"], keyset::NAMES];
    let given = Params::read(query.as_deref(), known)?;
    caller.principal.require(CONFIGURE)?;
    let page = keyset::Asked::read("notification deliveries", &given)?;
    let states = DELIVERY_STATES.map(|state| (state, state));
    let filter = DeliveriesFilter {
        state: given.choice("state", &states)?,
        channel_id: id(&given, "channel_id")?,
        account_id: given.text("account_id").map(str::to_owned),
        notification_id: id(&given, "notification_id")?,
        after: page.after,
    };
    let mut rows = app.store.telling_deliveries(caller.tenant(), &filter, page.fetch()).await?;
    let next_cursor = page.cut(&mut rows, |row| (row.created_at, row.delivery_id));
    Reply::ok(&Listed { deliveries: rows.into_iter().map(DeliveryJson::of).collect(), next_cursor })
}

/// Sends a message again at once, whatever became of it: with everything that goes out together with the delivery.
pub(crate) async fn retry(
    State(app): State<App>,
    Segments([delivery_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let unknown =
        || ApiError::new(Code::NotFound, "there is no such delivery").with("delivery_id", delivery_id.clone());
    let id = Uuid::parse_str(&delivery_id).map_err(|_| unknown())?;
    again(&app, &caller, Some(id)).await
}

/// Sends everything again that was given up.
pub(crate) async fn retry_all(
    State(app): State<App>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    again(&app, &caller, None).await
}

async fn again(app: &App, caller: &TenantCaller<Admin>, one: Option<Uuid>) -> Result<Reply, ApiError> {
    let rows = app.store.retry_telling(caller.tenant(), one, &caller.principal.by()).await?;
    told(app);
    let (tenant, account) = (caller.tenant(), &caller.principal.account_id);
    info!(%tenant, account, deliveries = rows.len(), "sends notifications again");
    Reply::accepted(&Retried { retried: rows.len() })
}

fn id(given: &Params, name: &'static str) -> Result<Option<Uuid>, ApiError> {
    let read = |text: &str| Uuid::parse_str(text);
    let not = |_| params::bad(name, format!("the parameter {name} must be a UUID"));
    given.text(name).map(read).transpose().map_err(not)
}

impl DeliveryJson {
    fn of(row: DeliveryRow) -> Self {
        let waits = row.state == "pending";
        Self {
            delivery_id: row.delivery_id.to_string(),
            notification_id: row.notification_id.map(|id| id.to_string()),
            channel: row.channel.as_str(),
            channel_id: row.channel_id.map(|id| id.to_string()),
            account_id: row.account_id,
            bundled: row.is_bundled,
            message_id: row.message_id.map(|id| id.to_string()),
            target: row.target,
            state: row.state,
            attempts: row.attempts,
            created_at: row.created_at.rfc3339(),
            next_attempt_at: waits.then(|| row.next_attempt_at.rfc3339()),
            finished_at: row.finished_at.map(Micros::rfc3339),
            last_error: row.last_error,
        }
    }
}
