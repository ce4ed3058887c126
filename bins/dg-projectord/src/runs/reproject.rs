//! Reprojection: one event that was set aside is projected in its place.

use dg_storage::{
    Channel, StoreError,
    projections::{ClaimedRun, Reprojected, RunEnd},
};
use serde_json::json;

use super::{Desk, Left, builder, end, heed};

pub(super) async fn carry_out(desk: &Desk, run: &ClaimedRun) -> Result<Left, StoreError> {
    let mut builder = builder(desk).await?;
    let result = || json!({"failure_id": run.failure_id.map(|id| id.to_string()), "status": "resolved"}).to_string();
    match builder.reproject(run, &desk.config.name, result).await? {
        Reprojected::Done { events } => {
            desk.tools.metrics.run_events(run.mode, events as u64);
            desk.tools.notifier.nudge(Channel::Projection);
            Ok(Left::Ended("completed"))
        }
        Reprojected::StillFails(violation) => {
            let code = violation.code.as_str().to_owned();
            end(desk, run, &RunEnd::Failed { code, message: violation.message }).await
        }
        Reprojected::Refused => {
            let signal = desk.tools.store.run_signal(run).await?;
            if let Some(left) = heed(desk, run, signal).await? {
                return Ok(left);
            }
            let message = "the event is not missing any more".to_owned();
            end(desk, run, &RunEnd::Failed { code: "conflict".to_owned(), message }).await
        }
    }
}
