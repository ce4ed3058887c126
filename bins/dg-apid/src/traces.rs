//! `GET /traces` and `GET /traces/{trace_id}`.

use axum::extract::{RawQuery, State};
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{self, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Reply};
use dg_projections::{Projection, TraceSummary};
use dg_storage::projections::{MissingEvent, TraceFilter, TraceRow};
use serde::Serialize;

use crate::app::App;
use crate::event_json::EventJson;
use crate::events::unknown_trace;
use crate::pages;

const PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;
/// The events of one trace that are shown with it; the rest is paged from `/traces/{trace_id}/events`.
const EVENTS: i64 = 10_000;
const FILTERS: &[&str] = &["workflow", "outcome", "status", "entity_type", "entity_id", "include", "limit", "cursor"];

/// Lists traces, newest activity first.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, freshness::NAMES])?;
    let (filter, limit) = read_filter(&given)?;
    let fresh = Freshness::read(&given)?;
    let ask = async |snapshot: &dg_storage::projections::Snapshot| Ok(snapshot.traces(&filter, limit + 1).await?);
    let (mut rows, meta) = crate::freshness::read(&app, caller.tenant(), fresh, &[Projection::TraceIndex], ask).await?;
    let page = usize::try_from(limit).map_err(ApiError::internal)?;
    let more = rows.len() > page;
    rows.truncate(page);
    let next_cursor = rows.last().filter(|_| more).map(|last| last.last_log_seq.to_string());
    Reply::ok(&Listed { traces: rows.iter().map(RowJson::of).collect(), next_cursor })?.with_meta(meta)
}

/// Shows one trace with its events.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([trace_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let fresh = Freshness::read(&Params::read(query.as_deref(), &[freshness::NAMES])?)?;
    let ask = async |snapshot: &dg_storage::projections::Snapshot| {
        let (summary, row) = (snapshot.summary(&trace_id).await?, snapshot.trace(&trace_id).await?);
        Ok((summary, row, snapshot.missing_events(&trace_id).await?))
    };
    let projections = [Projection::TraceSummary, Projection::TraceIndex];
    let ((summary, row, missing), meta) =
        crate::freshness::read(&app, caller.tenant(), fresh, &projections, ask).await?;
    let events = pages::of_trace(&app, caller.tenant(), &trace_id, None, EVENTS).await?.events;
    if events.is_empty() {
        return Err(unknown_trace(&trace_id));
    }
    let data = Shown {
        summary: summary.as_ref().map(SummaryJson::of),
        index: row.as_ref().map(IndexJson::of),
        missing_events: missing.iter().map(MissingJson::of).collect(),
        events: EventJson::page(&events)?,
    };
    Reply::ok(&data)?.with_meta(meta)
}

fn read_filter(given: &Params) -> Result<(TraceFilter, i64), ApiError> {
    let text = |name: &str| given.text(name).map(str::to_owned);
    let before = given.text("cursor").map(|cursor| match cursor.parse::<i64>() {
        Ok(before) if before > 0 => Ok(before),
        _ => Err(params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned())),
    });
    let filter = TraceFilter {
        workflow: text("workflow"),
        outcome: text("outcome"),
        finished: given.choice("status", &[("open", false), ("finished", true)])?,
        entity_type: text("entity_type"),
        entity_id: text("entity_id"),
        companions: given.choice("include", &[("companions", true)])?.unwrap_or(false),
        before: before.transpose()?,
    };
    Ok((filter, given.integer("limit", 1..=LARGEST_PAGE)?.unwrap_or(PAGE)))
}

#[derive(Serialize)]
struct Listed<'a> {
    traces: Vec<RowJson<'a>>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct RowJson<'a> {
    trace_id: &'a str,
    workflow: &'a str,
    title: &'a str,
    primary_entity_type: &'a str,
    primary_entity_system: Option<&'a str>,
    primary_entity_id: &'a str,
    started_at: &'a str,
    finished_at: Option<&'a str>,
    outcome: Option<&'a str>,
    companion: bool,
    #[serde(flatten)]
    index: IndexJson<'a>,
}

#[derive(Serialize)]
struct Shown<'a> {
    /// Both are null for a trace that is in the log and not yet in the projections.
    summary: Option<SummaryJson<'a>>,
    index: Option<IndexJson<'a>>,
    /// What the projections lack of this trace.
    missing_events: Vec<MissingJson<'a>>,
    events: Vec<EventJson<'a>>,
}

/// The reference's summary. Its `event_count` counts start and finish only; the true count is in the index.
#[derive(Serialize)]
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

#[derive(Serialize)]
struct IndexJson<'a> {
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
#[derive(Serialize)]
struct MissingJson<'a> {
    projection_name: &'static str,
    log_seq: i64,
    event_id: &'a str,
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

impl<'a> RowJson<'a> {
    fn of(row: &'a TraceRow) -> Self {
        Self {
            trace_id: &row.trace_id,
            workflow: &row.workflow,
            title: &row.title,
            primary_entity_type: &row.primary_entity_type,
            primary_entity_system: row.primary_entity_system.as_deref(),
            primary_entity_id: &row.primary_entity_id,
            started_at: &row.started_at,
            finished_at: row.finished_at.as_deref(),
            outcome: row.outcome.as_deref(),
            companion: row.companion,
            index: IndexJson::of(row),
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
    fn of(row: &'a TraceRow) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str) -> Result<(TraceFilter, i64), String> {
        let given = Params::read(Some(query), &[FILTERS]).unwrap();
        read_filter(&given).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn reads_the_filter() {
        let (filter, limit) = check("workflow=w&status=open&include=companions&cursor=17&limit=200").unwrap();
        assert_eq!((filter.workflow.as_deref(), filter.finished), (Some("w"), Some(false)));
        assert_eq!((filter.companions, filter.before, limit), (true, Some(17), 200));
        assert_eq!(check("").unwrap(), (TraceFilter::default(), 50));
        for bad in ["status=done", "include=all", "cursor=0", "cursor=x", "limit=201"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
