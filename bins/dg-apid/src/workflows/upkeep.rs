//! `/admin/workflows`: whether the items are what the log says, and events that could not be applied.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_domain::LogSeq;
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::{NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body, cursor, params};
use dg_storage::audit::{AuditKind, Outcome};
use dg_storage::workflow::{DeadLetter, Rebuilt};
use serde::{Deserialize, Serialize};
use tokio::time::{Duration, Instant, timeout};
use tracing::warn;
use utoipa::ToSchema;

use super::changed;
use crate::admin::replays;
use crate::app::App;
use crate::words;

const CONFIGURE: &str = "workflow_configure";
const PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;
const LIST: &str = "workflow dead letters";
/// Who waits longer is told that it is under way.
const LONGEST_REBUILD: Duration = Duration::from_secs(45);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A rebuild that dg-workflowd has not finished yet.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowRebuildUnderway)]
struct Underway {
    tenant_id: String,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Why {
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
}

/// What folding the log gave.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowVerdict)]
struct Verdict {
    /// The position up to which the log was read.
    log_seq: i64,
    items: u64,
    /// Of the tables as they were.
    #[schema(schema_with = dg_http::contract::digest)]
    workflow_digest: String,
    /// Of the log, folded again.
    #[schema(schema_with = dg_http::contract::digest)]
    folded_digest: String,
    equal: bool,
    set_aside: usize,
    replaced: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowDeadLetter)]
struct LetterJson {
    log_seq: i64,
    event_id: String,
    event_type: String,
    error_code: String,
    error_message: String,
    attempts: i64,
    #[schema(format = DateTime)]
    first_seen_at: String,
    #[schema(format = DateTime)]
    resolved_at: Option<String>,
    resolved_by: Option<String>,
    resolution: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowDeadLetters)]
struct Letters {
    dead_letters: Vec<LetterJson>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Skipped {
    log_seq: i64,
    resolution: &'static str,
}

/// Folds the log and compares; changes nothing.
pub(crate) async fn verify(
    State(app): State<App>,
    caller: TenantCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let permit = app.digest_turns.acquire().await.map_err(ApiError::internal)?;
    let found = app.store.workflow_verify(caller.tenant()).await?;
    drop(permit);
    if !found.is_equal() {
        warn!(tenant = %caller.tenant(), items = found.items, "the items of review are not what the log says");
    }
    Reply::ok(&Verdict::of(&found))
}

/// Folds the log and puts what comes out in the place of what is there. Nothing is told to anybody.
pub(crate) async fn rebuild(
    State(app): State<App>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let reason = replays::reason(body::command::<Why>(request).await?.reason.as_deref())?;
    caller.principal.require(CONFIGURE)?;
    let tenant = caller.tenant();
    note(&app, &caller, "workflow.rebuild", tenant.as_str(), &reason).await?;
    app.store.ask_workflow_rebuild(tenant, &caller.principal.account_id).await?;
    let mut moved = app.workflow_moved.clone();
    moved.mark_unchanged();
    changed(&app);
    let until = Instant::now() + LONGEST_REBUILD;
    loop {
        if let Some(rebuilt) = app.store.workflow_rebuild_done(tenant).await? {
            return Reply::ok(&Verdict::of(&rebuilt));
        }
        if Instant::now() >= until {
            return Reply::accepted(&Underway { tenant_id: tenant.as_str().to_owned() });
        }
        // The sender lives as long as the service; either way it is time to look.
        let _ = timeout(LOOK_EVERY, moved.changed()).await;
    }
}

/// Lists events that could not be applied, newest first.
pub(crate) async fn dead_letters(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["resolved", "limit", "cursor"]])?;
    let resolved = given.choice("resolved", &[("true", true), ("false", false)])?.unwrap_or(false);
    let limit = given.integer("limit", 1..=LARGEST_PAGE)?.unwrap_or(PAGE);
    let foreign = || params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned());
    let before = given.text("cursor").map(|text| place(text).ok_or_else(foreign)).transpose()?;
    let mut letters = app.store.workflow_dead_letters(caller.tenant(), resolved, before, limit + 1).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = letters.len() > page;
    letters.truncate(page);
    let last = letters.last().filter(|_| more);
    let next_cursor = last.map(|last| cursor::write(LIST, &[&last.log_seq.to_string()]));
    Reply::ok(&Letters { dead_letters: letters.into_iter().map(LetterJson::of).collect(), next_cursor })
}

fn place(text: &str) -> Option<LogSeq> {
    let parts = cursor::read(LIST, text)?;
    let [log_seq] = parts.as_slice() else { return None };
    LogSeq::new(log_seq.parse().ok()?).ok()
}

/// Accepts that the items go on without an event.
pub(crate) async fn skip(
    State(app): State<App>,
    Segments([log_seq]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let reason = replays::reason(body::command::<Why>(request).await?.reason.as_deref())?;
    caller.principal.require(CONFIGURE)?;
    let unknown = || ApiError::new(Code::NotFound, "no event waits at this position").with("log_seq", log_seq.clone());
    let position = log_seq.parse().ok().and_then(|raw| LogSeq::new(raw).ok()).ok_or_else(unknown)?;
    note(&app, &caller, "workflow.dead_letter.skip", &log_seq, &reason).await?;
    if !app.store.skip_dead_letter(caller.tenant(), position, &caller.principal.account_id).await? {
        return Err(unknown());
    }
    Reply::ok(&Skipped { log_seq: position.get(), resolution: "skipped" })
}

async fn note(
    app: &App,
    caller: &TenantCaller<Admin>,
    action: &'static str,
    subject: &str,
    reason: &str,
) -> Result<(), ApiError> {
    let entry = caller.principal.by().note(AuditKind::Act, action, Outcome::Asked).tenant(caller.tenant().as_str());
    Ok(app.store.note(vec![entry.subject(subject).with("reason", reason)]).await?)
}

impl Verdict {
    fn of(rebuilt: &Rebuilt) -> Self {
        Self {
            log_seq: rebuilt.log_seq.get(),
            items: rebuilt.items,
            workflow_digest: rebuilt.before.prefixed(),
            folded_digest: rebuilt.folded.prefixed(),
            equal: rebuilt.is_equal(),
            set_aside: rebuilt.set_aside,
            replaced: rebuilt.replaced,
        }
    }
}

impl LetterJson {
    fn of(letter: DeadLetter) -> Self {
        Self {
            log_seq: letter.log_seq.get(),
            event_id: letter.event_id,
            event_type: letter.event_type,
            error_code: letter.error_code,
            error_message: letter.error_message,
            attempts: letter.attempts,
            first_seen_at: letter.first_seen_at.rfc3339(),
            resolved_at: letter.resolved_at.map(dg_domain::Micros::rfc3339),
            resolved_by: letter.resolved_by,
            resolution: letter.resolution,
        }
    }
}
