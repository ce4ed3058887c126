//! `GET /workflows/{workflow_id}/wait`: an agent waits for its approval.

pub(crate) mod contract;

use std::time::Duration;

use axum::extract::{RawQuery, State};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::Params;
use dg_http::path::Segments;
use dg_http::{ApiError, Reply};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use super::{ItemJson, unknown};
use crate::app::App;

const USUAL_S: i64 = 30;
const LONGEST_S: i64 = 60;
/// A nudge that was lost costs no more than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Items are there a moment after the event that asks for them.
const APPEARS_WITHIN: Duration = Duration::from_secs(3);

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowWaited)]
struct Waited {
    /// Whether it is decided; when it is not, ask again.
    decided: bool,
    workflow: ItemJson,
}

/// Answers when the item is decided, or changed from the version that the caller saw, or when time is up. An item that is not
/// there yet is waited for too: whoever asked for an exception may ask here at once.
pub(crate) async fn wait(
    State(app): State<App>,
    Segments([workflow_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["timeout", "version"]])?;
    let seconds = given.integer("timeout", 0..=LONGEST_S)?.unwrap_or(USUAL_S);
    let seen = given.integer("version", 0..=i64::MAX)?;
    let until = Instant::now() + Duration::from_secs(seconds.unsigned_abs());
    let appears_until = until.min(Instant::now() + APPEARS_WITHIN);
    let mut moved = app.workflow_moved.clone();
    loop {
        moved.mark_unchanged();
        let shown = app.store.workflow_item(caller.tenant(), &workflow_id).await?;
        let over = Instant::now() >= until || app.closing.is_cancelled();
        match shown {
            Some(shown) => {
                let decided = !shown.item.status.is_open();
                if decided || over || seen.is_some_and(|seen| shown.item.version > seen) {
                    let workflow = ItemJson::of(caller.tenant().as_str(), &shown);
                    return Reply::ok(&Waited { decided, workflow });
                }
            }
            None if over || Instant::now() >= appears_until => return Err(unknown(&workflow_id)),
            None => {}
        }
        let next = until.min(Instant::now() + LOOK_EVERY);
        tokio::select! {
            () = app.closing.cancelled() => {}
            // The sender lives as long as the service; either way it is time to look.
            _ = timeout_at(next, moved.changed()) => {}
        }
    }
}
