//! `/admin/webhooks/{webhook_id}/deliveries`: what became of an endpoint's messages.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::{LogSeq, Micros};
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply};
use dg_storage::webhooks::{Attempt, Delivery, DeliveryFilter, DeliveryState};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{find, parse, told};
use crate::admin::grants::WEBHOOKS_MANAGE;
use crate::app::App;
use crate::{keyset, words};

/// One message.
#[derive(Serialize, ToSchema)]
#[schema(as = OneWebhookDelivery)]
pub(super) struct OneDelivery<'a> {
    delivery: DeliveryJson<'a>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
struct DeliveryJson<'a> {
    /// What the header `webhook-id` says.
    delivery_id: String,
    webhook_id: String,
    message_type: &'a str,
    log_seq: Option<i64>,
    #[schema(schema_with = words::delivery_state)]
    state: &'static str,
    attempts: i64,
    #[schema(format = DateTime)]
    created_at: String,
    /// Only while it waits.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    last_status: Option<i64>,
    last_error: Option<&'a str>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
struct AttemptJson<'a> {
    attempt: i64,
    #[schema(format = DateTime)]
    ended_at: String,
    duration_ms: i64,
    status: Option<i64>,
    error: Option<&'a str>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WebhookDeliveries)]
struct Listed<'a> {
    deliveries: Vec<DeliveryJson<'a>>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ShownWebhookDelivery)]
struct Shown<'a> {
    delivery: DeliveryJson<'a>,
    /// At most a hundred, latest first.
    attempts: Vec<AttemptJson<'a>>,
}

/// Lists an endpoint's messages, newest first.
pub(crate) async fn list(
    State(app): State<App>,
    Segments([webhook_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["state"], keyset::NAMES])?;
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let page = keyset::Asked::read("deliveries", &given)?;
    let states: Vec<(&str, DeliveryState)> = DeliveryState::ALL.iter().map(|state| (state.as_str(), *state)).collect();
    let filter = DeliveryFilter { state: given.choice("state", &states)?, after: page.after };
    let webhook = find(&app, &caller, &webhook_id).await?;
    let mut deliveries = app.store.deliveries(caller.tenant(), webhook.webhook_id, filter, page.fetch()).await?;
    let next_cursor = page.cut(&mut deliveries, |delivery| (delivery.created_at, delivery.delivery_id));
    Reply::ok(&Listed { deliveries: deliveries.iter().map(DeliveryJson::of).collect(), next_cursor })
}

/// Describes one message, with its latest attempts.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([webhook_id, delivery_id]): Segments<2>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let (webhook, id) = (parse(&webhook_id)?, parse_delivery(&delivery_id)?);
    let found = app.store.delivery(caller.tenant(), webhook, id).await?;
    let (delivery, attempts) = found.ok_or_else(|| unknown(&delivery_id))?;
    Reply::ok(&Shown {
        delivery: DeliveryJson::of(&delivery),
        attempts: attempts.iter().map(AttemptJson::of).collect(),
    })
}

/// Sends one message again at once, whatever became of it, with all attempts before it.
pub(crate) async fn retry(
    State(app): State<App>,
    Segments([webhook_id, delivery_id]): Segments<2>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    caller.principal.require(WEBHOOKS_MANAGE)?;
    let (webhook, id) = (parse(&webhook_id)?, parse_delivery(&delivery_id)?);
    let delivery = app.store.retry_delivery(caller.tenant(), webhook, id, &caller.principal.by()).await?;
    told(&app, &caller, webhook, "sends a message to a webhook again");
    Reply::accepted(&OneDelivery::of(&delivery))
}

fn parse_delivery(delivery_id: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(delivery_id).map_err(|_| unknown(delivery_id))
}

fn unknown(delivery_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such delivery").with("delivery_id", delivery_id)
}

impl<'a> OneDelivery<'a> {
    pub(super) fn of(delivery: &'a Delivery) -> Self {
        Self { delivery: DeliveryJson::of(delivery) }
    }
}

impl<'a> DeliveryJson<'a> {
    fn of(delivery: &'a Delivery) -> Self {
        let waits = delivery.state == DeliveryState::Pending;
        Self {
            delivery_id: delivery.delivery_id.to_string(),
            webhook_id: delivery.webhook_id.to_string(),
            message_type: &delivery.message_type,
            log_seq: delivery.log_seq.map(LogSeq::get),
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            created_at: delivery.created_at.rfc3339(),
            next_attempt_at: waits.then(|| delivery.next_attempt_at.rfc3339()),
            finished_at: delivery.finished_at.map(Micros::rfc3339),
            last_status: delivery.last_status,
            last_error: delivery.last_error.as_deref(),
        }
    }
}

impl<'a> AttemptJson<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        Self {
            attempt: attempt.attempt,
            ended_at: attempt.ended_at.rfc3339(),
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            error: attempt.error.as_deref(),
        }
    }
}
