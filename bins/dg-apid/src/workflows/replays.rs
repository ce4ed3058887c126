//! `POST /workflows/{workflow_id}/replays`: proves for a review that the read models are what the log says.

pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_domain::Micros;
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Reply, body};
use dg_projections::RunMode;
use dg_storage::projections::Run;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find;
use crate::admin::replays::{self, OneRun, RunJson, Wanted};
use crate::app::App;
use crate::words;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWorkflowReplay)]
struct Asked {
    #[schema(schema_with = words::run_target)]
    projection: String,
    #[serde(default)]
    #[schema(schema_with = words::nullable_asked_mode)]
    mode: Option<String>,
    #[serde(default)]
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
    /// For a rebuild: `REBUILD` and the projection in capitals.
    #[serde(default)]
    #[schema(schema_with = words::nullable_text)]
    confirmation: Option<String>,
}

/// A replay that a review asked for, as whoever may read the review sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowReplay)]
pub(crate) struct ReplayJson {
    #[schema(format = "uuid")]
    job_id: String,
    #[schema(schema_with = words::run_target)]
    projection_name: &'static str,
    #[schema(schema_with = words::run_mode)]
    mode: &'static str,
    #[schema(schema_with = words::run_status)]
    status: &'static str,
    requested_by: String,
    reason: String,
    #[schema(format = DateTime)]
    requested_at: String,
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    last_log_seq: i64,
    target_log_seq: Option<i64>,
    error_code: Option<String>,
}

/// Queues a run whose findings are attached to the item when it ends.
pub(crate) async fn start(
    State(app): State<App>,
    Segments([workflow_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked = body::command::<Asked>(request).await?;
    let wanted = Wanted::of_review(&asked.projection, asked.mode.as_deref(), asked.reason.as_deref())?;
    replays::check_allowed(&app, &caller.principal, wanted.mode)?;
    let phrase = phrase(wanted.target.as_str());
    let confirmed = asked.confirmation.as_deref().map(str::trim) == Some(&*phrase);
    if wanted.mode == RunMode::Rebuild && !confirmed {
        let error = ApiError::invalid("a rebuild has to be confirmed with a phrase").with("pointer", "/confirmation");
        return Err(error.with("reason", "phrase").with("needed", phrase));
    }
    let shown = find(&app, caller.tenant(), &workflow_id).await?;
    let wanted = wanted.for_item(&workflow_id, &shown.item.trace_id);
    Reply::accepted(&OneRun { run: RunJson::of(&replays::queue(&app, &caller, wanted).await?)? })
}

/// What has to be typed for a rebuild.
fn phrase(target: &str) -> String {
    format!("REBUILD {}", target.to_uppercase())
}

impl ReplayJson {
    pub(super) fn of(run: Run) -> Self {
        Self {
            job_id: run.job_id.to_string(),
            projection_name: run.target.as_str(),
            mode: run.mode.as_str(),
            status: run.status.as_str(),
            requested_by: run.requested_by,
            reason: run.reason,
            requested_at: run.requested_at.rfc3339(),
            finished_at: run.finished_at.map(Micros::rfc3339),
            last_log_seq: run.last_log_seq.get(),
            target_log_seq: run.target_log_seq.map(|at| at.get()),
            error_code: run.error_code,
        }
    }
}
