//! `GET /workflows/{workflow_id}`: one item with everything that was done and told.

pub(crate) mod contract;

use axum::extract::State;
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Reply};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::replays::ReplayJson;
use super::{ActionJson, ItemJson, NoticeJson, find};
use crate::app::App;
use crate::words;

/// Most actions and notifications in one answer; an export has all of them.
const MOST_ACTIONS: i64 = 1_000;
const MOST_NOTICES: i64 = 100;
const MOST_REPLAYS: i64 = 20;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowDetail)]
struct Detail {
    workflow: ItemJson,
    /// Oldest first.
    actions: Vec<ActionJson>,
    /// Newest first.
    notifications: Vec<NoticeJson>,
    /// That the review asked for, newest first.
    replays: Vec<ReplayJson>,
    #[schema(schema_with = words::any_object)]
    trace_reference: Value,
}

/// Describes one item.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([workflow_id]): Segments<1>,
    caller: TenantCaller<Reader>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let tenant = caller.tenant();
    let _turn = app.turns.take(tenant).await?;
    let shown = find(&app, tenant, &workflow_id).await?;
    let actions = app.store.workflow_actions(tenant, &workflow_id, 0, MOST_ACTIONS).await?;
    let notices = app.store.workflow_notices(tenant, &workflow_id, MOST_NOTICES).await?;
    let replays = app.store.runs_of_workflow(tenant, &workflow_id, MOST_REPLAYS).await?;
    Reply::ok(&Detail {
        workflow: ItemJson::of(tenant.as_str(), &shown),
        actions: actions.into_iter().map(ActionJson::of).collect(),
        notifications: notices.into_iter().map(NoticeJson::of).collect(),
        replays: replays.into_iter().map(ReplayJson::of).collect(),
        trace_reference: ItemJson::trace_reference(tenant.as_str(), &shown),
    })
}
