//! `GET /events` and `GET /traces/{trace_id}/events`: the log itself, never behind.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::{EventType, LogSeq, TraceSeq};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{self, Params};
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply};
use dg_storage::log::EventFilter;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::event_json::EventJson;
use crate::pages::{self, Page};

const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 1000;

#[derive(Serialize, ToSchema)]
struct Listed<'a> {
    events: Vec<EventJson<'a>>,
    /// The `after` of the next page; null at the end.
    next_after: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct OfTrace<'a> {
    events: Vec<EventJson<'a>>,
    /// The `after_trace_seq` of the next page; null at the end.
    next_after_trace_seq: Option<i64>,
}

/// Events of the tenant in log order.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let (filter, limit) = read_filter(query.as_deref())?;
    let (app, tenant) = (&app, caller.tenant());
    let page = pages::gather(limit, |last, limit| {
        let after = last.map_or(filter.after, |last| last.log_seq);
        let filter = EventFilter { after, limit, ..filter.clone() };
        async move {
            let _turn = app.turns.take(tenant).await?;
            Ok::<_, ApiError>(app.store.events(tenant, &filter).await?)
        }
    });
    shape_list(&page.await?)
}

/// Events of one trace in their order.
pub(crate) async fn of_trace(
    State(app): State<App>,
    Segments([trace_id]): Segments<1>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[&["after_trace_seq", "limit"]])?;
    let limit = page_size(&given)?;
    let after = given.integer("after_trace_seq", 0..=i64::MAX)?.map(TraceSeq::new).transpose();
    let after = after.map_err(|error| params::bad("after_trace_seq", error.to_string()))?;
    let page = pages::of_trace(&app, caller.tenant(), &trace_id, after, limit).await?;
    if page.events.is_empty() && after.is_none() {
        return Err(unknown_trace(&trace_id));
    }
    shape_trace(&page)
}

/// The answer for a trace that nobody has written to.
pub(crate) fn unknown_trace(trace_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such trace").with("trace_id", trace_id)
}

fn read_filter(query: Option<&str>) -> Result<(EventFilter, i64), ApiError> {
    let given = Params::read(query, &[&["after", "until", "event_type", "trace_id", "limit"]])?;
    let position = |name: &str| {
        let value = given.integer(name, 0..=i64::MAX)?;
        value.map(LogSeq::new).transpose().map_err(|error| params::bad(name, error.to_string()))
    };
    let (after, until) = (position("after")?.unwrap_or(LogSeq::START), position("until")?);
    if until.is_some_and(|until| until < after) {
        return Err(params::bad("until", "the parameter until must not be below after".to_owned()));
    }
    let event_type = given.text("event_type").map(str::parse::<EventType>).transpose();
    let event_type = event_type
        .map_err(|_| params::bad("event_type", "the parameter event_type is not one of the known types".to_owned()))?;
    let trace_id = given.text("trace_id").map(str::to_owned);
    let limit = page_size(&given)?;
    Ok((EventFilter { after, until, event_type, trace_id, limit }, limit))
}

fn page_size(given: &Params) -> Result<i64, ApiError> {
    Ok(given.integer("limit", 1..=LARGEST_PAGE)?.unwrap_or(PAGE))
}

fn shape_list(page: &Page) -> Result<Reply, ApiError> {
    let next_after = page.last_of_more().map(|event| event.log_seq.get());
    Reply::ok(&Listed { events: EventJson::page(&page.events)?, next_after })
}

fn shape_trace(page: &Page) -> Result<Reply, ApiError> {
    let next_after_trace_seq = page.last_of_more().map(|event| event.trace_seq.get());
    Reply::ok(&OfTrace { events: EventJson::page(&page.events)?, next_after_trace_seq })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_filter() {
        let (filter, limit) = read_filter(Some("after=5&until=9&event_type=TraceStarted&trace_id=t&limit=7")).unwrap();
        assert_eq!((filter.after.get(), filter.until.map(LogSeq::get)), (5, Some(9)));
        assert_eq!((filter.event_type, filter.trace_id.as_deref()), (Some(EventType::TraceStarted), Some("t")));
        assert_eq!((filter.limit, limit), (7, 7));
        assert_eq!(read_filter(None).unwrap().1, 100);
        for bad in ["after=-1", "after=9&until=5", "event_type=Nope", "limit=0", "limit=1001", "since=1"] {
            assert!(read_filter(Some(bad)).is_err(), "{bad}");
        }
    }
}
