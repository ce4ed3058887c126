//! `/admin/failures`: events that a projection does not hold, and what a person decides about them.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_domain::Micros;
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_projections::Projection;
use dg_storage::Channel;
use dg_storage::audit::{AuditKind, Outcome};
use dg_storage::projections::{Failure, FailureFilter, FailureStatus};
use serde::{Deserialize, Serialize};
use serde_json::Map;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use super::replays::{self, RunJson};
use crate::app::App;
use crate::{keyset, words};

const FILTERS: &[&str] = &["status", "projection", "trace_id"];

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct OneFailure<'a> {
    failure: FailureJson<'a>,
}

#[derive(Serialize, ToSchema)]
struct Queued<'a> {
    failure: FailureJson<'a>,
    run: RunJson<'a>,
}

#[derive(Serialize, ToSchema)]
struct Listed<'a> {
    failures: Vec<FailureJson<'a>>,
    next_cursor: Option<String>,
}

/// Lists what the tenant's projections lacked or lack, latest first.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, keyset::NAMES])?;
    let page = keyset::Asked::read("failures", &given)?;
    let names = Projection::ALL.map(|projection| (projection.as_str(), projection));
    let filter = FailureFilter {
        status: given.choice("status", &FailureStatus::ALL.map(|status| (status.as_str(), status)))?,
        projection: given.choice("projection", &names)?,
        trace_id: given.text("trace_id").map(str::to_owned),
        after: page.after,
    };
    let mut failures = app.store.failures(caller.tenant(), &filter, page.fetch()).await?;
    let next_cursor = page.cut(&mut failures, |failure| (failure.first_seen_at, failure.failure_id));
    Reply::ok(&Listed { failures: failures.iter().map(FailureJson::of).collect(), next_cursor })
}

/// Describes one failure.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([failure_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let failure = find(&app, &caller, &failure_id).await?;
    Reply::ok(&OneFailure { failure: FailureJson::of(&failure) })
}

/// Queues a run that projects the event after all, for an event that still waits for a decision.
pub(crate) async fn retry(
    State(app): State<App>,
    Segments([failure_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked: Asked = body::command_if_any(request).await?;
    let reason = replays::reason(Some(asked.reason.as_deref().unwrap_or("another try")))?;
    caller.principal.require("projection_replay")?;
    reproject(&app, &caller, &failure_id, FailureStatus::Open, reason).await
}

/// Queues a run that projects an event that had been accepted as missing.
pub(crate) async fn resolve(
    State(app): State<App>,
    Segments([failure_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let reason = replays::reason(body::command::<Asked>(request).await?.reason.as_deref())?;
    caller.principal.require("projection_quarantine")?;
    reproject(&app, &caller, &failure_id, FailureStatus::Quarantined, reason).await
}

/// Accepts that an event is missing: health is well again, and digests go on saying how many events they lack.
pub(crate) async fn quarantine(
    State(app): State<App>,
    Segments([failure_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let reason = replays::reason(body::command::<Asked>(request).await?.reason.as_deref())?;
    caller.principal.require("projection_quarantine")?;
    let id = parse(&failure_id)?;
    let account = &caller.principal.account_id;
    note(&app, &caller, "failure.quarantine", &failure_id, &reason).await?;
    let failure = app.store.quarantine(caller.tenant(), id, account, &reason).await?;
    app.notifier.nudge(Channel::Jobs);
    info!(tenant = %caller.tenant(), failure_id, log_seq = failure.log_seq.get(), account, "quarantined an event");
    Reply::ok(&OneFailure { failure: FailureJson::of(&failure) })
}

async fn reproject(
    app: &App,
    caller: &TenantCaller<Admin>,
    failure_id: &str,
    from: FailureStatus,
    reason: String,
) -> Result<Reply, ApiError> {
    let failure = find(app, caller, failure_id).await?;
    let action = if from == FailureStatus::Open { "failure.retry" } else { "failure.resolve" };
    note(app, caller, action, failure_id, &reason).await?;
    let asker = replays::asker(&caller.principal, reason, Map::new());
    let id = failure.failure_id;
    let run = app.store.create_reprojection(caller.tenant(), id, Uuid::now_v7(), from, &asker).await?;
    replays::changed(app, &run, &caller.principal, "queued a reprojection");
    Reply::accepted(&Queued { failure: FailureJson::of(&failure), run: RunJson::of(&run)? })
}

/// The row that comes before the act, which has a transaction of its own.
async fn note(
    app: &App,
    caller: &TenantCaller<Admin>,
    action: &'static str,
    failure_id: &str,
    reason: &str,
) -> Result<(), ApiError> {
    let entry = caller.principal.by().note(AuditKind::Act, action, Outcome::Asked).tenant(caller.tenant().as_str());
    Ok(app.store.note(vec![entry.subject(failure_id).with("reason", reason)]).await?)
}

async fn find(app: &App, caller: &TenantCaller<Admin>, failure_id: &str) -> Result<Failure, ApiError> {
    let failure = app.store.failure(caller.tenant(), parse(failure_id)?).await?;
    failure.ok_or_else(|| unknown(failure_id))
}

fn parse(failure_id: &str) -> Result<Uuid, ApiError> {
    Uuid::parse_str(failure_id).map_err(|_| unknown(failure_id))
}

fn unknown(failure_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such failure").with("failure_id", failure_id)
}

#[derive(Serialize, ToSchema)]
#[schema(as = Failure)]
struct FailureJson<'a> {
    #[schema(format = "uuid")]
    failure_id: String,
    tenant_id: &'a str,
    #[schema(schema_with = words::projection)]
    projection_name: &'static str,
    log_seq: i64,
    trace_id: &'a str,
    event_id: &'a str,
    category: &'a str,
    error_code: &'a str,
    error_message: &'a str,
    #[schema(schema_with = words::failure_status)]
    status: &'static str,
    attempts: i64,
    #[schema(format = DateTime)]
    first_seen_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[schema(format = DateTime)]
    quarantined_at: Option<String>,
    quarantined_by: Option<&'a str>,
    quarantine_reason: Option<&'a str>,
    #[schema(format = DateTime)]
    resolved_at: Option<String>,
    resolved_by: Option<&'a str>,
    #[schema(format = "uuid")]
    job_id: Option<String>,
}

impl<'a> FailureJson<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self {
            failure_id: failure.failure_id.to_string(),
            tenant_id: failure.tenant_id.as_str(),
            projection_name: failure.projection.as_str(),
            log_seq: failure.log_seq.get(),
            trace_id: &failure.trace_id,
            event_id: &failure.event_id,
            category: &failure.category,
            error_code: &failure.error_code,
            error_message: &failure.error_message,
            status: failure.status.as_str(),
            attempts: failure.attempts,
            first_seen_at: failure.first_seen_at.rfc3339(),
            last_seen_at: failure.last_seen_at.rfc3339(),
            quarantined_at: failure.quarantined_at.map(Micros::rfc3339),
            quarantined_by: failure.quarantined_by.as_deref(),
            quarantine_reason: failure.quarantine_reason.as_deref(),
            resolved_at: failure.resolved_at.map(Micros::rfc3339),
            resolved_by: failure.resolved_by.as_deref(),
            job_id: failure.job_id.map(|id| id.to_string()),
        }
    }
}
