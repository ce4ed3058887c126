//! `GET /projections/health`: where the read models stand, and whether somebody should look.

pub(crate) mod contract;

use axum::extract::State;
use dg_domain::Micros;
use dg_http::contract::nullable_digest;
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply};
use dg_projections::{Health, HealthStatus, RunMode, RunStatus};
use dg_storage::projections::{Failure, LastDigest, LastError, ScopeHealth};
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::replays::RunJson;
use crate::app::App;
use crate::words;

/// The failures that are named; the rest is in `/admin/failures`.
const NAMED: i64 = 20;

/// Describes each projection of the tenant, and the tenant as the worst of them.
pub(crate) async fn show(State(app): State<App>, caller: TenantCaller<Reader>, _: NoParams) -> Result<Reply, ApiError> {
    let _turn = app.turns.take(caller.tenant()).await?;
    let tenant = app.store.health(caller.tenant(), NAMED).await?;
    let now = dg_runtime::clock::now();
    let judged: Vec<(&ScopeHealth, Health)> =
        tenant.scopes.iter().map(|scope| (scope, scope.facts.health(now, &app.thresholds))).collect();
    Reply::ok(&TenantJson {
        tenant_id: caller.tenant().as_str(),
        status: HealthStatus::worst(judged.iter().map(|(_, health)| health.status)).as_str(),
        event_log_last_seq: tenant.head.get(),
        projections: judged.iter().map(|(scope, health)| ProjectionJson::of(scope, *health, now)).collect(),
        open_runs: tenant.open_runs.iter().map(RunJson::of).collect::<Result<_, _>>()?,
        open_failures: tenant.open_failures.iter().map(NamedJson::of).collect(),
        full_digest: tenant.full_digest.and_then(|digest| digest.digest_value),
    })
}

#[derive(Serialize, ToSchema)]
struct TenantJson<'a> {
    tenant_id: &'a str,
    #[schema(schema_with = words::health)]
    status: &'static str,
    event_log_last_seq: i64,
    projections: Vec<ProjectionJson<'a>>,
    open_runs: Vec<RunJson<'a>>,
    open_failures: Vec<NamedJson<'a>>,
    /// The last full digest that was written down; `GET /digests` computes it.
    #[schema(schema_with = nullable_digest)]
    full_digest: Option<String>,
}

/// The reference's fields first, then ours.
#[derive(Serialize, ToSchema)]
#[schema(as = ProjectionHealth)]
struct ProjectionJson<'a> {
    #[schema(schema_with = words::projection)]
    projection_name: &'static str,
    last_log_seq: i64,
    pending_events: i64,
    is_stale: bool,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    #[schema(schema_with = nullable_digest)]
    digest: Option<&'a str>,
    open_failures: i64,
    #[schema(schema_with = words::health)]
    status: &'static str,
    #[schema(schema_with = words::scope_state)]
    state: &'static str,
    #[schema(schema_with = words::scope_mode)]
    mode: &'static str,
    safe_tail: i64,
    lag_seconds: f64,
    cursor_age_seconds: Option<f64>,
    #[schema(format = DateTime)]
    last_success_at: Option<String>,
    last_error: Option<ErrorJson<'a>>,
    retry_count: i64,
    #[schema(format = DateTime)]
    next_retry_at: Option<String>,
    events_per_second_1m: f64,
    events_per_second_5m: f64,
    last_digest: Option<DigestJson<'a>>,
    quarantined: i64,
    #[schema(format = DateTime)]
    checked_at: Option<String>,
    #[schema(format = DateTime)]
    drift_since: Option<String>,
    owner: Option<&'a str>,
    epoch: i64,
    generation: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ProjectionError)]
struct ErrorJson<'a> {
    category: Option<&'a str>,
    code: &'a str,
    message: &'a str,
    #[schema(format = DateTime)]
    since: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LastDigest)]
struct DigestJson<'a> {
    #[schema(schema_with = nullable_digest)]
    value: Option<&'a str>,
    last_log_seq: i64,
    #[schema(format = DateTime)]
    computed_at: String,
    skipped_events: i64,
}

/// An event that a person has to decide about.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenFailure)]
struct NamedJson<'a> {
    #[schema(format = "uuid")]
    failure_id: String,
    #[schema(schema_with = words::projection)]
    projection_name: &'static str,
    log_seq: i64,
    event_id: &'a str,
    trace_id: &'a str,
    code: &'a str,
    message: &'a str,
}

impl<'a> ProjectionJson<'a> {
    fn of(scope: &'a ScopeHealth, health: Health, now: Micros) -> Self {
        let facts = &scope.facts;
        let updated_at = facts.moved_at.map(Micros::rfc3339);
        Self {
            projection_name: scope.projection.as_str(),
            last_log_seq: facts.applied.get(),
            pending_events: health.pending_events,
            is_stale: health.pending_events > 0,
            updated_at: updated_at.clone(),
            digest: scope.digest.as_ref().and_then(|digest| digest.digest_value.as_deref()),
            open_failures: facts.open_failures,
            status: health.status.as_str(),
            state: health.state.as_str(),
            mode: mode(facts.run),
            safe_tail: facts.head.get(),
            lag_seconds: thousandths(health.lag.as_secs_f64()),
            cursor_age_seconds: facts.moved_at.map(|at| age(at, now)),
            last_success_at: updated_at,
            last_error: scope.last_error.as_ref().map(ErrorJson::of),
            retry_count: scope.retry_count,
            next_retry_at: facts.next_retry_at.map(Micros::rfc3339),
            events_per_second_1m: thousandths(scope.rates.0),
            events_per_second_5m: thousandths(scope.rates.1),
            last_digest: scope.digest.as_ref().map(DigestJson::of),
            quarantined: scope.quarantined,
            checked_at: scope.checked_at.map(Micros::rfc3339),
            drift_since: scope.drift_since.map(Micros::rfc3339),
            owner: scope.owner.as_deref(),
            epoch: scope.epoch,
            generation: scope.generation,
        }
    }
}

impl<'a> ErrorJson<'a> {
    fn of(error: &'a LastError) -> Self {
        let category = error.category.as_deref();
        Self { category, code: &error.code, message: &error.message, since: error.since.map(Micros::rfc3339) }
    }
}

impl<'a> DigestJson<'a> {
    fn of(digest: &'a LastDigest) -> Self {
        Self {
            value: digest.digest_value.as_deref(),
            last_log_seq: digest.last_log_seq.get(),
            computed_at: digest.computed_at.rfc3339(),
            skipped_events: digest.skipped_events,
        }
    }
}

impl<'a> NamedJson<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self {
            failure_id: failure.failure_id.to_string(),
            projection_name: failure.projection.as_str(),
            log_seq: failure.log_seq.get(),
            event_id: &failure.event_id,
            trace_id: &failure.trace_id,
            code: &failure.error_code,
            message: &failure.error_message,
        }
    }
}

/// What a run has made of the scope: RT-33, with `verifying` for a comparison, which leaves it as it is.
fn mode(run: Option<(RunMode, RunStatus)>) -> &'static str {
    match run {
        None | Some((_, RunStatus::Queued)) => "live",
        Some((_, RunStatus::Paused)) => "paused",
        Some((RunMode::Rebuild, _)) => "rebuilding",
        Some((RunMode::Verify, _)) => "verifying",
        Some((RunMode::CatchUp | RunMode::Reproject, _)) => "replaying",
    }
}

#[expect(clippy::cast_precision_loss, reason = "an age for people")]
fn age(since: Micros, now: Micros) -> f64 {
    thousandths((now.get() - since.get()).max(0) as f64 / 1e6)
}

fn thousandths(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_is_that_of_the_run() {
        assert_eq!(mode(None), "live");
        assert_eq!(mode(Some((RunMode::Rebuild, RunStatus::Queued))), "live");
        assert_eq!(mode(Some((RunMode::Rebuild, RunStatus::Paused))), "paused");
        assert_eq!(mode(Some((RunMode::Verify, RunStatus::Running))), "verifying");
        assert_eq!(mode(Some((RunMode::Reproject, RunStatus::Running))), "replaying");
    }

    #[test]
    fn ages_are_never_negative() {
        assert!((age(Micros::new(5), Micros::new(1_500_005)) - 1.5).abs() < 1e-9);
        assert!(age(Micros::new(9), Micros::new(5)).abs() < 1e-9);
    }
}
