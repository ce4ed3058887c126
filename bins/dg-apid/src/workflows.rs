//! `/workflows`: what people have to look at, and what they do with it.

pub(crate) mod act;
pub(crate) mod asked;
pub(crate) mod bulk;
mod json;
pub(crate) mod list;
mod refused;
pub(crate) mod replays;
pub(crate) mod show;
pub(crate) mod stream;
pub(crate) mod upkeep;
pub(crate) mod wait;

use axum::http::HeaderMap;
use dg_domain::TenantId;
use dg_http::gate::Principal;
use dg_http::{ApiError, Code, context};
use dg_storage::Channel;
use dg_storage::workflow::Shown;
use dg_workflow::command::Caller;

use crate::app::App;

pub(crate) use json::{ActionJson, ItemJson, NoticeJson};
pub(crate) use refused::declined;

/// Who acts, as the rules want to know it. Who answers for the account is looked up where it is decided.
pub(crate) fn caller(principal: &Principal) -> Caller {
    Caller {
        account_id: principal.account_id.clone(),
        is_person: principal.is_person,
        permissions: principal.permissions.clone(),
        owner_id: None,
    }
}

/// The item of that name.
///
/// # Errors
/// `not_found`, or the database's.
pub(crate) async fn find(app: &App, tenant: &TenantId, workflow_id: &str) -> Result<Shown, ApiError> {
    if let Some(shown) = app.store.workflow_item(tenant, workflow_id).await? {
        return Ok(shown);
    }
    // Items follow the log a moment later; whoever has just asked for something finds it all the same.
    if app.store.workflow_catch_up(tenant).await? {
        changed(app);
    }
    app.store.workflow_item(tenant, workflow_id).await?.ok_or_else(|| unknown(workflow_id))
}

/// There is no such item.
pub(crate) fn unknown(workflow_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such workflow").with("workflow_id", workflow_id)
}

/// What makes a repeat of this request a repeat: its idempotency key, or else the id of the request.
pub(crate) fn key(headers: &HeaderMap) -> String {
    let given = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::trim);
    given.map_or_else(|| context::request_id().as_str().to_owned(), |key| format!("key {key}"))
}

/// Says that items and the log went on.
pub(crate) fn changed(app: &App) {
    app.notifier.nudge(Channel::Log);
    app.notifier.nudge(Channel::Workflow);
}
