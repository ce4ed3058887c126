//! A run as the API shows it.

use dg_domain::Micros;
use dg_http::ApiError;
use dg_projections::RunStatus;
use dg_storage::projections::Run;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::words;

/// Every field of a run, and how long it will still take.
#[derive(Serialize, ToSchema)]
#[schema(as = Run)]
pub(crate) struct RunJson<'a> {
    #[schema(format = "uuid")]
    job_id: String,
    #[schema(format = "uuid")]
    batch_id: Option<String>,
    tenant_id: &'a str,
    #[schema(schema_with = words::run_target)]
    projection_name: &'static str,
    #[schema(schema_with = words::run_mode)]
    mode: &'static str,
    #[schema(schema_with = words::run_status)]
    status: &'static str,
    reason: &'a str,
    requested_by: &'a str,
    #[schema(format = DateTime)]
    requested_at: String,
    #[schema(format = DateTime)]
    started_at: Option<String>,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    since_log_seq: i64,
    until_log_seq: Option<i64>,
    target_log_seq: Option<i64>,
    processed_events: i64,
    last_log_seq: i64,
    events_per_second: f64,
    eta_seconds: Option<f64>,
    phase: &'a str,
    attempt: i64,
    owner: &'a str,
    #[schema(format = "uuid")]
    failure_id: Option<String>,
    error_code: Option<&'a str>,
    error_message: Option<&'a str>,
    #[schema(value_type = Object)]
    result: &'a RawValue,
    #[schema(value_type = Object)]
    metadata: &'a RawValue,
    metadata_json: &'a str,
}

impl<'a> RunJson<'a> {
    /// Shapes one run.
    ///
    /// # Errors
    /// `internal_error` when what is stored is not JSON.
    pub(crate) fn of(run: &'a Run) -> Result<Self, ApiError> {
        Ok(Self {
            job_id: run.job_id.to_string(),
            batch_id: run.batch_id.map(|id| id.to_string()),
            tenant_id: run.tenant_id.as_str(),
            projection_name: run.target.as_str(),
            mode: run.mode.as_str(),
            status: run.status.as_str(),
            reason: &run.reason,
            requested_by: &run.requested_by,
            requested_at: run.requested_at.rfc3339(),
            started_at: run.started_at.map(Micros::rfc3339),
            finished_at: run.finished_at.map(Micros::rfc3339),
            since_log_seq: run.since_log_seq.get(),
            until_log_seq: run.until_log_seq.map(|at| at.get()),
            target_log_seq: run.target_log_seq.map(|at| at.get()),
            processed_events: run.processed_events,
            last_log_seq: run.last_log_seq.get(),
            events_per_second: tenths(run.events_per_second),
            eta_seconds: eta_seconds(run),
            phase: &run.phase,
            attempt: run.attempt,
            owner: &run.owner,
            failure_id: run.failure_id.map(|id| id.to_string()),
            error_code: run.error_code.as_deref(),
            error_message: run.error_message.as_deref(),
            result: serde_json::from_str(&run.result_json).map_err(ApiError::internal)?,
            metadata: serde_json::from_str(&run.metadata_json).map_err(ApiError::internal)?,
            metadata_json: &run.metadata_json,
        })
    }
}

/// How long a running run needs to reach its target at the rate it has; `None` while nobody can tell.
fn eta_seconds(run: &Run) -> Option<f64> {
    let left = (run.target_log_seq?.get() - run.last_log_seq.get()).max(0);
    if run.status != RunStatus::Running || run.events_per_second <= 0.0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let left = left as f64;
    Some(tenths(left / run.events_per_second))
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use dg_domain::{LogSeq, TenantId};
    use dg_projections::{Projection, RunMode, RunTarget};
    use uuid::Uuid;

    fn run(status: RunStatus, target: RunTarget, rate: f64) -> Run {
        let at = |raw| LogSeq::new(raw).unwrap();
        Run {
            tenant_id: TenantId::new("acme").unwrap(),
            job_id: Uuid::from_u128(1),
            batch_id: None,
            target,
            mode: RunMode::Rebuild,
            status,
            failure_id: None,
            reason: "r".to_owned(),
            requested_by: "ops".to_owned(),
            requested_roles: Vec::new(),
            request_id: String::new(),
            metadata_json: r#"{"a":1}"#.to_owned(),
            requested_at: Micros::new(0),
            started_at: None,
            finished_at: None,
            since_log_seq: at(0),
            until_log_seq: None,
            target_log_seq: Some(at(1_000)),
            processed_events: 500,
            last_log_seq: at(500),
            events_per_second: rate,
            phase: "building".to_owned(),
            attempt: 0,
            owner: String::new(),
            error_code: None,
            error_message: None,
            result_json: "{}".to_owned(),
        }
    }

    #[test]
    fn tells_how_long_it_takes_if_it_can() {
        let one = RunTarget::One(Projection::TraceIndex);
        assert_eq!(eta_seconds(&run(RunStatus::Running, one, 100.0)), Some(5.0));
        assert_eq!(eta_seconds(&run(RunStatus::Running, one, 0.0)), None);
        assert_eq!(eta_seconds(&run(RunStatus::Paused, one, 100.0)), None);
        let unclaimed = Run { target_log_seq: None, ..run(RunStatus::Running, one, 100.0) };
        assert_eq!(eta_seconds(&unclaimed), None);
    }

    #[test]
    fn shows_metadata_as_an_object_and_as_the_reference_does() {
        let run = run(RunStatus::Queued, RunTarget::All, 33.333);
        let shown = serde_json::to_value(RunJson::of(&run).unwrap()).unwrap();
        assert_eq!(shown["metadata"]["a"], 1);
        assert_eq!(shown["metadata_json"], r#"{"a":1}"#);
        assert_eq!(shown["events_per_second"], 33.3);
        assert_eq!((shown["eta_seconds"].is_null(), shown["result"].is_object()), (true, true));
    }
}
