//! `GET /traces/{trace_id}`.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::{LogSeq, StoredEvent};
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::Params;
use dg_http::path::Segments;
use dg_http::{ApiError, Reply};
use dg_projections::{Projection, TraceAsOf, TraceSummary};
use dg_storage::projections::{MissingEvent, Snapshot, TraceRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::event_json::EventJson;
use crate::events::unknown_trace;
use crate::{pages, words};

/// The events of one trace that are shown with it; the rest is paged from `/traces/{trace_id}/events`.
const EVENTS: i64 = 10_000;
/// Events of a page that are folded and not shown.
const STREAMED: i64 = 1_000;

/// Shows one trace with its events, or as many of them as `events` says.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([trace_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[freshness::NAMES, freshness::AS_OF, &["events"]])?;
    let fresh = Freshness::read(&given)?;
    let most = given.integer("events", 0..=EVENTS)?.unwrap_or(EVENTS);
    if let Some(log_seq) = freshness::as_of(&given)? {
        return show_as_of(&app, &caller, &trace_id, fresh, log_seq, most).await;
    }
    // Sent together: one wait for the server.
    let ask = async |snapshot: &Snapshot| {
        let (summary, row, missing) =
            tokio::join!(snapshot.summary(&trace_id), snapshot.trace(&trace_id), snapshot.missing_events(&trace_id));
        Ok((summary?, row?, missing?))
    };
    let projections = [Projection::TraceSummary, Projection::TraceIndex];
    let ((summary, row, missing), meta) =
        crate::freshness::read(&app, caller.tenant(), fresh, &projections, ask).await?;
    let mut events = Vec::new();
    if most > 0 || row.is_none() {
        events = pages::of_trace(&app, caller.tenant(), &trace_id, None, most.max(1)).await?.events;
        if events.is_empty() {
            return Err(unknown_trace(&trace_id));
        }
        events.truncate(usize::try_from(most).unwrap_or_default());
    }
    let data = Shown {
        summary: summary.as_ref().map(SummaryJson::of),
        index: row.as_ref().map(IndexJson::of),
        missing_events: missing.iter().map(MissingJson::of).collect(),
        events: EventJson::page(&events)?,
    };
    Reply::ok(&data)?.with_meta(meta)
}

/// The trace as it was when the log ended at a position: its events up to there, folded anew. The projections only say, by
/// having come so far, that the position is one of the log.
async fn show_as_of(
    app: &App,
    caller: &TenantCaller<Reader>,
    trace_id: &str,
    fresh: Freshness,
    log_seq: i64,
    most: i64,
) -> Result<Reply, ApiError> {
    let projections = [Projection::TraceSummary, Projection::TraceIndex];
    let here = async |snapshot: &Snapshot| Ok(snapshot.missing_events(trace_id).await?);
    let (missing, meta) =
        crate::freshness::read_as_of(app, caller.tenant(), fresh, Some(log_seq), &projections, here).await?;
    let until = LogSeq::new(log_seq).map_err(ApiError::internal)?;
    let mut known = TraceAsOf::default();
    let mut page = pages::of_trace(app, caller.tenant(), trace_id, None, EVENTS).await?.events;
    let mut shown: Vec<StoredEvent> = page.iter().take_while(|stored| stored.log_seq <= until).cloned().collect();
    if shown.is_empty() {
        return Err(unknown_trace(trace_id));
    }
    shown.truncate(usize::try_from(most).unwrap_or_default());
    while let Some(last) = page.last().map(|stored| stored.trace_seq) {
        if !known.observe(page, until) {
            break;
        }
        page = pages::of_trace(app, caller.tenant(), trace_id, Some(last), STREAMED).await?.events;
    }
    let row = known.row();
    let data = Shown {
        summary: known.summary().map(SummaryJson::of),
        index: row.as_ref().map(IndexJson::of),
        missing_events: missing.iter().filter(|event| event.log_seq <= until).map(MissingJson::of).collect(),
        events: EventJson::page(&shown)?,
    };
    Reply::ok(&data)?.with_meta(meta)
}

#[derive(Serialize, ToSchema)]
struct Shown<'a> {
    /// Both are null for a trace that is in the log and not yet in the projections.
    summary: Option<SummaryJson<'a>>,
    index: Option<IndexJson<'a>>,
    /// What the projections lack of this trace.
    missing_events: Vec<MissingJson<'a>>,
    events: Vec<EventJson<'a>>,
}

/// The reference's summary. Its `event_count` counts start and finish only; the true count is in the index.
#[derive(Serialize, ToSchema)]
#[schema(as = TraceSummary)]
struct SummaryJson<'a> {
    trace_id: &'a str,
    workflow: &'a str,
    title: &'a str,
    primary_entity_type: &'a str,
    primary_entity_system: Option<&'a str>,
    primary_entity_id: &'a str,
    started_at: &'a str,
    finished_at: Option<&'a str>,
    outcome: Option<&'a str>,
    event_count: i32,
    last_log_seq: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TraceIndex)]
pub(crate) struct IndexJson<'a> {
    #[schema(schema_with = words::trace_status)]
    status: &'static str,
    event_count: i64,
    first_log_seq: i64,
    last_log_seq: i64,
    last_event_type: &'a str,
    last_occurred_at: &'a str,
    actors: &'a [String],
    policies: &'a [String],
    tags: &'a [String],
}

/// An event that a projection does not hold.
#[derive(Serialize, ToSchema)]
#[schema(as = MissingEvent)]
struct MissingJson<'a> {
    #[schema(schema_with = words::projection)]
    projection_name: &'static str,
    log_seq: i64,
    event_id: &'a str,
    #[schema(schema_with = words::failure_status)]
    status: &'static str,
}

impl<'a> MissingJson<'a> {
    fn of(missing: &'a MissingEvent) -> Self {
        Self {
            projection_name: missing.projection.as_str(),
            log_seq: missing.log_seq.get(),
            event_id: &missing.event_id,
            status: missing.status.as_str(),
        }
    }
}

impl<'a> SummaryJson<'a> {
    fn of(summary: &'a TraceSummary) -> Self {
        Self {
            trace_id: &summary.trace_id,
            workflow: &summary.workflow,
            title: &summary.title,
            primary_entity_type: &summary.primary_entity_type,
            primary_entity_system: summary.primary_entity_system.as_deref(),
            primary_entity_id: &summary.primary_entity_id,
            started_at: &summary.started_at,
            finished_at: summary.finished_at.as_deref(),
            outcome: summary.outcome.as_deref(),
            event_count: summary.event_count,
            last_log_seq: summary.last_log_seq,
        }
    }
}

impl<'a> IndexJson<'a> {
    pub(crate) fn of(row: &'a TraceRow) -> Self {
        Self {
            status: if row.outcome.is_some() { "finished" } else { "open" },
            event_count: row.event_count,
            first_log_seq: row.first_log_seq,
            last_log_seq: row.last_log_seq,
            last_event_type: &row.last_event_type,
            last_occurred_at: &row.last_occurred_at,
            actors: &row.actors,
            policies: &row.policies,
            tags: &row.tags,
        }
    }
}
