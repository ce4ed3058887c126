//! `POST /workflows/{workflow_id}/actions`: one thing done with one item.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use dg_domain::TenantId;
use dg_http::gate::{Principal, TenantCaller, Writer};
use dg_http::params::Params;
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::{Act, Claimed, Preview};
use dg_workflow::command::Command;
use dg_workflow::{Action, Notice};
use serde::Serialize;
use serde_json::{Value, json};
use tracing::info;
use utoipa::ToSchema;

use super::asked::{Asked, What};
use super::refused::declined;
use super::{ItemJson, caller, changed, find, key, unknown};
use crate::app::App;
use crate::words;

/// How long somebody may hold an item without doing anything with it.
const CLAIM_TIMEOUT_S: f64 = 1_800.0;
const REVIEW: &str = "workflow_review";

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowOutcome)]
pub(super) struct OutcomeJson {
    /// The word that was asked for.
    outcome: String,
    /// The event that says so; none for what is in no log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    appended_event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::any_object)]
    escalated_to: Option<Value>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    action: OutcomeJson,
    pub(super) workflow: ItemJson,
}

/// What would happen.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowDryRun)]
struct DryRun {
    allowed: bool,
    resulting_status: &'static str,
    #[schema(format = DateTime)]
    resulting_sla_due_at: Option<String>,
    /// The events that would be appended.
    #[schema(schema_with = words::any_objects)]
    events: Vec<Value>,
    /// What would be told, and to whom.
    #[schema(schema_with = words::any_objects)]
    notifications: Vec<Value>,
}

/// Does it, or with `dry_run=true` says what it would do.
pub(crate) async fn act(
    State(app): State<App>,
    Segments([workflow_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Writer>,
    request: Request,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["dry_run"]])?;
    let dry_run = given.choice("dry_run", &[("true", true), ("false", false)])?.unwrap_or(false);
    let headers = request.headers().clone();
    let asked = body::command_within::<Asked>(request, 256 << 10).await?;
    let key = key(&headers);
    // What is wrong with the body is said before anything else.
    asked.what()?;
    asked.command(None)?;
    if dry_run {
        return dry_run_of(&app, caller.tenant(), &caller.principal, &workflow_id, &asked, &headers, &key).await;
    }
    let (done, replayed) =
        one(&app, caller.tenant(), &caller.principal, &workflow_id, &asked, version(&headers)?, &key).await?;
    let reply = Reply::ok(&done)?;
    Ok(if replayed { reply.replayed() } else { reply })
}

/// Does one thing with one item.
///
/// # Errors
/// Why nothing was done.
pub(super) async fn one(
    app: &App,
    tenant: &TenantId,
    principal: &Principal,
    workflow_id: &str,
    asked: &Asked,
    version: Option<i64>,
    key: &str,
) -> Result<(Done, bool), ApiError> {
    let what = asked.what()?;
    let (event_id, replayed, escalated_to) = match what {
        What::Act(action) => {
            let command = asked.command(version)?;
            let acted = carry_out(app, tenant, principal, workflow_id, action, &command, key).await?;
            let to = &acted.item.assigned;
            let escalated = (action == Action::Escalate)
                .then(|| json!({"assigned_account_id": to.account_id, "assigned_role": to.role}));
            (Some(acted.event_id), acted.replayed, escalated)
        }
        What::Claim | What::Unclaim | What::Snooze | What::Unsnooze => {
            principal.require(REVIEW)?;
            hold(app, tenant, &principal.account_id, workflow_id, what, asked).await?;
            (None, false, None)
        }
    };
    changed(app);
    let shown = find(app, tenant, workflow_id).await?;
    let outcome = OutcomeJson { outcome: asked.action.clone(), appended_event_id: event_id, escalated_to };
    Ok((Done { action: outcome, workflow: ItemJson::of(tenant.as_str(), &shown) }, replayed))
}

async fn carry_out(
    app: &App,
    tenant: &TenantId,
    principal: &Principal,
    workflow_id: &str,
    action: Action,
    command: &Command,
    key: &str,
) -> Result<dg_storage::workflow::Acted, ApiError> {
    let by = caller(principal);
    let key = format!("{}\n{key}", by.account_id);
    let act = Act { tenant, workflow_id, action, command, caller: &by, key: &key };
    let _turn = app.turns.take(tenant).await?;
    match app.store.act(&act).await? {
        Ok(acted) => {
            app.metrics.acted(action.as_str(), if acted.replayed { "replayed" } else { "accepted" });
            info!(%tenant, workflow_id, action = action.as_str(), account = by.account_id, "acted on a workflow");
            Ok(acted)
        }
        Err(why) => {
            app.metrics.acted(action.as_str(), "refused");
            Err(declined(workflow_id, why))
        }
    }
}

async fn dry_run_of(
    app: &App,
    tenant: &TenantId,
    principal: &Principal,
    workflow_id: &str,
    asked: &Asked,
    headers: &HeaderMap,
    key: &str,
) -> Result<Reply, ApiError> {
    let What::Act(action) = asked.what()? else {
        // What is in no log changes neither status nor deadline, and tells nobody.
        principal.require(REVIEW)?;
        let shown = find(app, tenant, workflow_id).await?;
        return Reply::ok(&DryRun {
            allowed: shown.item.status.is_open(),
            resulting_status: shown.status(),
            resulting_sla_due_at: shown.item.sla.due_at.map(dg_domain::Micros::rfc3339),
            events: Vec::new(),
            notifications: Vec::new(),
        });
    };
    let command = asked.command(version(headers)?)?;
    let by = caller(principal);
    let key = format!("{}\n{key}", by.account_id);
    let act = Act { tenant, workflow_id, action, command: &command, caller: &by, key: &key };
    let Preview { after, events, notices, .. } =
        app.store.preview(&act).await?.map_err(|why| declined(workflow_id, why))?;
    Reply::ok(&DryRun {
        allowed: true,
        resulting_status: after.status.as_str(),
        resulting_sla_due_at: after.sla.due_at.map(dg_domain::Micros::rfc3339),
        events: events.iter().map(dg_workflow::draft::Draft::to_json).collect(),
        notifications: notices.iter().map(told).collect(),
    })
}

fn told(notice: &Notice) -> Value {
    json!({
        "category": notice.category.as_str(),
        "message": notice.message,
        "recipients": {"accounts": notice.audience.accounts, "role": notice.audience.role, "but": notice.audience.but},
        "payload": notice.payload,
    })
}

/// What is in no log: who holds an item, and who does not want to see it.
async fn hold(
    app: &App,
    tenant: &TenantId,
    account: &str,
    workflow_id: &str,
    what: What,
    asked: &Asked,
) -> Result<(), ApiError> {
    let claimed = match what {
        What::Claim => app.store.claim_item(tenant, workflow_id, account, CLAIM_TIMEOUT_S).await?,
        What::Unclaim => app.store.unclaim_item(tenant, workflow_id, account).await?,
        What::Snooze => {
            let until = app.store.snooze_item(tenant, workflow_id, account, asked.until()?).await?;
            find(app, tenant, workflow_id).await?;
            let closed = || ApiError::new(Code::Conflict, "the item is decided");
            return until.map(drop).ok_or_else(closed);
        }
        What::Unsnooze | What::Act(_) => {
            find(app, tenant, workflow_id).await?;
            return Ok(app.store.unsnooze_item(tenant, workflow_id, account).await?);
        }
    };
    match claimed {
        Claimed::Held(_) => Ok(()),
        Claimed::Unknown => Err(unknown(workflow_id)),
        Claimed::ByAnother(claim) => Err(ApiError::new(Code::Conflict, "another holds the item")
            .with("reason", "already_claimed")
            .with("claimed_by", claim.by)
            .with("claimed_at", claim.since.rfc3339())),
        Claimed::Closed { status } if what == What::Claim => {
            Err(ApiError::new(Code::Conflict, "the item is decided").with("reason", "illegal").with("status", status))
        }
        // Nobody holds it: it is as it was wanted.
        Claimed::Closed { .. } => Ok(()),
    }
}

/// The version that `if-match` names.
fn version(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get("if-match") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim().trim_start_matches("W/").trim_matches('"');
    let message = "if-match is the version of the workflow as you saw it, for example \"3\"";
    text.parse().map(Some).map_err(|_| ApiError::new(Code::PreconditionFailed, message))
}
