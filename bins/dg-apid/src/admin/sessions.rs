//! `/admin/sessions`: who is signed in.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::Micros;
use dg_http::gate::{AccountCaller, Admin};
use dg_http::params::{self, NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, cursor};
use dg_storage::sessions::Session;
use serde::Serialize;
use tracing::info;
use utoipa::ToSchema;

use super::accounts::{find, find_seen};
use super::grants::{self, ACCOUNTS_MANAGE};
use crate::app::App;
use crate::words;

const LIST: &str = "sessions";
const NAMES: &[&str] = &["user_id", "status", "limit", "cursor"];

/// A session as others than its owner see it.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionJson {
    session_id: String,
    user_id: String,
    agent: String,
    method: String,
    #[schema(schema_with = words::session_status)]
    status: &'static str,
    address: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    ended_by: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Listed {
    sessions: Vec<SessionJson>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Revoked {
    session: SessionJson,
}

/// Lists sessions, newest first.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: AccountCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[NAMES])?;
    let limit = given.integer("limit", 1..=200)?.unwrap_or(50);
    let open_only = given.choice("status", &[("open", true), ("all", false)])?.unwrap_or(true);
    let foreign = || params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned());
    let after = given.text("cursor").map(|text| place(text).ok_or_else(foreign)).transpose()?;
    let after = after.as_ref().map(|(at, id)| (*at, id.as_str()));
    match given.text("user_id") {
        Some(user_id) => drop(find_seen(&app, &caller.principal, user_id).await?),
        None if caller.principal.may_use("*") => {}
        None => return Err(ApiError::new(Code::Forbidden, "who may not use every tenant names a user_id")),
    }
    let mut sessions = app.store.sessions(given.text("user_id"), open_only, after, limit + 1).await?;
    let more = i64::try_from(sessions.len()).is_ok_and(|found| found > limit);
    if more {
        sessions.pop();
    }
    let last = sessions.last().filter(|_| more);
    let next_cursor = last.map(|last| cursor::write(LIST, &[&last.created_at.get().to_string(), &last.session_id]));
    Reply::ok(&Listed { sessions: sessions.into_iter().map(SessionJson::of).collect(), next_cursor })
}

/// Ends somebody's session. It is refused from the next request on; doing it again changes nothing.
pub(crate) async fn revoke(
    State(app): State<App>,
    Segments([session_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let who = &caller.principal;
    who.require(ACCOUNTS_MANAGE)?;
    let unknown = || ApiError::new(Code::NotFound, "there is no such session").with("session_id", session_id.clone());
    let session = app.store.session(&session_id).await?.ok_or_else(unknown)?;
    grants::over(who, &find(&app, &session.account_id).await?)?;
    let session = app.store.end_session(&session_id, false, &who.by()).await?;
    app.directory_changed().await;
    info!(session_id, of = session.account_id, account = who.account_id, "revoked a session");
    Reply::ok(&Revoked { session: SessionJson::of(session) })
}

fn place(text: &str) -> Option<(Micros, String)> {
    let parts = cursor::read(LIST, text)?;
    let [at, id] = parts.as_slice() else { return None };
    Some((Micros::new(at.parse().ok()?), id.clone()))
}

impl SessionJson {
    pub(crate) fn of(session: Session) -> Self {
        let status = match session.ended_at {
            Some(_) => "ended",
            None if session.is_over(dg_runtime::clock::now()) => "expired",
            None => "open",
        };
        Self {
            status,
            session_id: session.session_id,
            user_id: session.account_id,
            agent: session.agent_id,
            method: session.method,
            address: session.address,
            created_at: session.created_at.rfc3339(),
            last_seen_at: session.last_seen_at.rfc3339(),
            expires_at: session.expires_at.rfc3339(),
            ended_at: session.ended_at.map(Micros::rfc3339),
            ended_by: session.ended_by,
        }
    }
}
