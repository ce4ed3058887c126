//! `POST /events`: one event.

pub(crate) mod contract;

use std::sync::Arc;

use axum::extract::{Request, State};
use dg_domain::append::Outcome;
use dg_domain::{EventType, NewEvent, StoredEvent, Violation};
use dg_http::gate::{TenantCaller, Writer};
use dg_http::media::{self, Media};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply, body};
use dg_storage::log::{AppendMode, AppendRequest};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::event_json::EventJson;
use crate::metrics::Fate;

#[derive(Serialize, ToSchema)]
struct Appended<'a> {
    event: EventJson<'a>,
    /// Whether it had been stored before.
    replayed: bool,
    projection_sync_triggered: bool,
}

/// Appends the event in the body.
pub(crate) async fn append(
    State(app): State<App>,
    caller: TenantCaller<Writer>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    media::of_body(request.headers(), &[Media::Json])?;
    let rules = caller.rules();
    let text = body::read(request, app.config.max_event_bytes.min(rules.limits.event_bytes)).await?;
    let event = NewEvent::parse(&text, &rules).and_then(|event| from_outside(event, caller.brings_history()));
    let event = event.inspect_err(|_| app.metrics.decided(Fate::Rejected, 1))?;
    let outcomes = submit(&app, &caller, vec![event], AppendMode::Independent).await?;
    match outcomes.into_iter().next() {
        Some(Outcome::Stored(event)) => answer(&app, &event, false),
        Some(Outcome::Replayed(event)) => answer(&app, &event, true),
        Some(Outcome::Rejected(violation)) => {
            app.metrics.decided(Fate::Rejected, 1);
            Err(violation.into())
        }
        None => Err(ApiError::internal("the append stage gave no answer for the event")),
    }
}

/// Takes an event only if it may come from outside: what stands under the workflow's own producers is believed by whoever reads
/// the log. Only a history that was recorded elsewhere, brought by an administrator into a tenant made for that, has them.
///
/// # Errors
/// `schema_violation`, reason `reserved`.
pub(crate) fn from_outside(event: NewEvent, history: bool) -> Result<NewEvent, Violation> {
    if history {
        return Ok(event);
    }
    if dg_workflow::ids::is_reserved(&event.source.producer_id) {
        let message = "this producer_id is the service's own; use the routes under /workflows";
        return Err(Violation::schema(message).because("reserved").at("/source/producer_id"));
    }
    if event.event_type == EventType::WorkflowActionRecorded {
        let message = "the service records what is done with reviews itself; use the routes under /workflows";
        return Err(Violation::schema(message).because("reserved").at("/event_type"));
    }
    Ok(event)
}

/// Hands events to the append stage, in the name of the caller.
///
/// # Errors
/// As [`dg_storage::log::AppendStage::append`].
pub(crate) async fn submit(
    app: &App,
    caller: &TenantCaller<Writer>,
    events: Vec<NewEvent>,
    mode: AppendMode,
) -> Result<Vec<Outcome>, dg_storage::log::AppendError> {
    let request =
        AppendRequest { tenant: caller.tenant().clone(), principal: caller.principal.account_id.clone(), events, mode };
    app.stage.append(request).await
}

fn answer(app: &App, stored: &Arc<StoredEvent>, replayed: bool) -> Result<Reply, ApiError> {
    let data = Appended { event: EventJson::of(stored)?, replayed, projection_sync_triggered: true };
    app.metrics.decided(if replayed { Fate::Replayed } else { Fate::Stored }, 1);
    if replayed { Ok(Reply::ok(&data)?.replayed()) } else { Reply::created(&data) }
}
