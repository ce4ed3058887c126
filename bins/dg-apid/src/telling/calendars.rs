//! `/admin/workflow-calendars`: when anybody is there.

pub(crate) mod contract;

use axum::extract::{RawQuery, Request, State};
use dg_http::gate::{Admin, TenantCaller};
use dg_http::params::{self, NoParams, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body};
use dg_storage::workflow::CalendarRow;
use dg_workflow::calendar::Calendar;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::info;
use utoipa::ToSchema;

use super::{CONFIGURE, bad};
use crate::admin::replays;
use crate::app::App;
use crate::words;

/// A hundred thousand minutes of open time: years.
const LONGEST_MINUTES: i64 = 100_000;
const MINUTE_US: i64 = 60_000_000;
/// More than anybody's holidays.
const DEFINITION_BYTES: usize = 256 << 10;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowCalendar)]
struct CalendarJson {
    calendar_id: String,
    version: i64,
    #[schema(schema_with = words::any_object)]
    definition: Value,
    reason: String,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowCalendars)]
struct Listed {
    calendars: Vec<CalendarJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = OneWorkflowCalendar)]
struct One {
    calendar: CalendarJson,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowDeadline)]
struct Deadline {
    #[schema(format = DateTime)]
    from: String,
    minutes: i64,
    #[schema(format = DateTime)]
    due_at: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedWorkflowCalendar)]
struct Asked {
    #[schema(schema_with = words::any_object)]
    definition: Value,
    #[serde(default)]
    #[schema(schema_with = words::nullable_reason)]
    reason: Option<String>,
    /// The version that the caller saw, 0 for none; left out, whatever is there is followed.
    #[serde(default)]
    #[schema(schema_with = words::nullable_seen_version)]
    version: Option<i64>,
}

/// Lists the newest version of each calendar.
pub(crate) async fn list(State(app): State<App>, caller: TenantCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    caller.principal.require(CONFIGURE)?;
    let rows = app.store.calendars(caller.tenant()).await?;
    Reply::ok(&Listed { calendars: rows.into_iter().map(CalendarJson::of).collect() })
}

/// Shows a calendar: its newest version, or the one that is named.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([calendar_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["version"]])?;
    caller.principal.require(CONFIGURE)?;
    let version = given.integer("version", 1..=i64::MAX)?;
    let found = app.store.calendar(caller.tenant(), &calendar_id, version).await?;
    Reply::ok(&One { calendar: CalendarJson::of(found.ok_or_else(|| unknown(&calendar_id))?) })
}

/// Makes the next version of a calendar, and the first one of a new calendar. Deadlines that were made stay.
pub(crate) async fn put(
    State(app): State<App>,
    Segments([calendar_id]): Segments<1>,
    caller: TenantCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    let asked = body::command_within::<Asked>(request, DEFINITION_BYTES).await?;
    caller.principal.require(CONFIGURE)?;
    let reason = replays::reason(asked.reason.as_deref())?;
    Calendar::read(&asked.definition).map_err(|problems| ApiError::problems("/definition", &problems))?;
    if asked.version.is_some_and(|version| version < 0) {
        return Err(bad("is at least 0", "/version"));
    }
    if !is_id(&calendar_id) {
        let message =
            "a calendar is named by 1 to 64 characters of A-Z a-z 0-9 . _ - and starts with a letter or digit";
        return Err(ApiError::new(Code::NotFound, message).with("calendar_id", calendar_id));
    }
    let (tenant, by) = (caller.tenant(), caller.principal.by());
    let row = app.store.put_calendar(tenant, &calendar_id, &asked.definition, asked.version, &reason, &by).await?;
    info!(%tenant, calendar_id, version = row.version, "made a version of a calendar");
    Reply::ok(&One { calendar: CalendarJson::of(row) })
}

/// Says when so many minutes of open time will have passed.
pub(crate) async fn deadline(
    State(app): State<App>,
    Segments([calendar_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Admin>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["from", "minutes"]])?;
    caller.principal.require(CONFIGURE)?;
    let minutes = given.required("minutes").and(given.integer("minutes", 0..=LONGEST_MINUTES))?.unwrap_or_default();
    let from = match given.text("from") {
        None => dg_runtime::clock::now(),
        Some(text) => dg_domain::Micros::parse_rfc3339(text).ok_or_else(|| {
            params::bad("from", "the parameter from must be an RFC 3339 timestamp with an offset".to_owned())
        })?,
    };
    let due = app.store.calendar_deadline(caller.tenant(), &calendar_id, from, minutes * MINUTE_US).await?;
    let due = due.ok_or_else(|| unknown(&calendar_id))?;
    Reply::ok(&Deadline { from: from.rfc3339(), minutes, due_at: due.rfc3339() })
}

fn is_id(text: &str) -> bool {
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    first && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn unknown(calendar_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such calendar").with("calendar_id", calendar_id)
}

impl CalendarJson {
    fn of(row: CalendarRow) -> Self {
        Self {
            calendar_id: row.calendar_id,
            version: row.version,
            definition: row.definition,
            reason: row.reason,
            created_at: row.created_at.rfc3339(),
            created_by: row.created_by,
        }
    }
}
