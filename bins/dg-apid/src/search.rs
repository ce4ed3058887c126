//! `GET /traces`: lists traces, finds them.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_domain::Micros;
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{self, Params};
use dg_http::{ApiError, Reply, cursor};
use dg_projections::search::{CONDITIONS, NoComparison};
use dg_projections::{FactFilter, Projection, TraceFilter, TraceRow};
use dg_storage::StoreError;
use dg_storage::projections::{Snapshot, StartPosition, TraceCount};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::traces::IndexJson;
use crate::words;

const PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;
const FILTERS: &[&str] = &[
    "workflow",
    "outcome",
    "status",
    "entity_type",
    "entity_id",
    "policy",
    "actor",
    "tag[]",
    "fact[]",
    "q",
    "started_after",
    "started_before",
    "include",
];
const PAGING: &[&str] = &["order", "count", "limit", "cursor"];
const BY_START: &str = "traces by start";
const BY_ACTIVITY: &str = "traces by activity";

/// In which order, and where the page before ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Started(Option<StartPosition>),
    Active(Option<i64>),
}

/// One search.
#[derive(Debug, PartialEq, Eq)]
struct Search {
    filter: TraceFilter,
    place: Place,
    count: bool,
    limit: i64,
}

/// Lists the traces that match.
pub(crate) async fn list(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, PAGING, freshness::NAMES])?;
    let search = read_search(&given)?;
    let fresh = Freshness::read(&given)?;
    let ask = async |snapshot: &Snapshot| Ok(search.run(snapshot).await?);
    let projections = [Projection::TraceIndex];
    let ((mut rows, count), meta) = crate::freshness::read(&app, caller.tenant(), fresh, &projections, ask).await?;
    let page = usize::try_from(search.limit).map_err(ApiError::internal)?;
    let more = rows.len() > page;
    rows.truncate(page);
    let next_cursor = rows.last().filter(|_| more).map(|last| search.place.after(last));
    let count = count.map(|count| match count {
        TraceCount::Exactly(total) => CountJson { total, total_relation: "eq" },
        TraceCount::AtLeast(total) => CountJson { total, total_relation: "gte" },
    });
    Reply::ok(&Listed { traces: rows.iter().map(RowJson::of).collect(), next_cursor, count })?.with_meta(meta)
}

impl Search {
    /// One row more than asked for tells whether there are more.
    async fn run(&self, snapshot: &Snapshot) -> Result<(Vec<TraceRow>, Option<TraceCount>), StoreError> {
        let rows = match self.place {
            Place::Started(after) => snapshot.started_traces(&self.filter, after, self.limit + 1).await?,
            Place::Active(before) => snapshot.active_traces(&self.filter, before, self.limit + 1).await?,
        };
        let count = if self.count { Some(snapshot.count_traces(&self.filter).await?) } else { None };
        Ok((rows, count))
    }
}

impl Place {
    fn after(self, last: &TraceRow) -> String {
        match self {
            Self::Started(_) => {
                let (started, first) = (last.started_instant.get().to_string(), last.first_log_seq.to_string());
                cursor::write(BY_START, &[&started, &first])
            }
            Self::Active(_) => cursor::write(BY_ACTIVITY, &[&last.last_log_seq.to_string()]),
        }
    }

    /// Without a filter people look at what happens, with one at what happened.
    fn read(given: &Params, filter: &TraceFilter) -> Result<Self, ApiError> {
        let by_activity = given.choice("order", &[("activity", true), ("started", false)])?;
        let by_activity = by_activity.unwrap_or_else(|| filter.is_open());
        let Some(text) = given.text("cursor") else {
            return Ok(if by_activity { Self::Active(None) } else { Self::Started(None) });
        };
        let read = |list: &str| -> Option<Vec<i64>> {
            cursor::read(list, text)?.iter().map(|part| part.parse().ok()).collect()
        };
        let place = if by_activity {
            read(BY_ACTIVITY).and_then(|parts| match *parts {
                [before] => Some(Self::Active(Some(before))),
                _ => None,
            })
        } else {
            read(BY_START).and_then(|parts| match *parts {
                [started, first_log_seq] => {
                    Some(Self::Started(Some(StartPosition { started: Micros::new(started), first_log_seq })))
                }
                _ => None,
            })
        };
        place.ok_or_else(|| params::bad("cursor", "the parameter cursor is not one that this service gave".to_owned()))
    }
}

fn read_search(given: &Params) -> Result<Search, ApiError> {
    let text = |name: &str| given.text(name).map(str::to_owned);
    let instant = |name: &str| match given.text(name).map(Micros::parse_rfc3339) {
        Some(None) => {
            Err(params::bad(name, format!("the parameter {name} must be an RFC 3339 timestamp with an offset")))
        }
        read => Ok(read.flatten()),
    };
    if given.text("entity_id").is_some() && given.text("entity_type").is_none() {
        return Err(params::bad("entity_id", "the parameter entity_id needs entity_type".to_owned()));
    }
    let filter = TraceFilter {
        workflow: text("workflow"),
        outcome: text("outcome"),
        finished: given.choice("status", &[("open", false), ("finished", true)])?,
        entity_type: text("entity_type"),
        entity_id: text("entity_id"),
        policy: text("policy"),
        actor: text("actor"),
        tags: given.each("tag")?.into_iter().map(str::to_owned).collect(),
        facts: given.each("fact")?.into_iter().map(read_fact).collect::<Result<_, _>>()?,
        text: text("q"),
        started_after: instant("started_after")?,
        started_before: instant("started_before")?,
        companions: given.choice("include", &[("companions", true)])?.unwrap_or(false),
    };
    if filter.conditions().all.len() > CONDITIONS {
        return Err(ApiError::invalid(format!(
            "a search has at most {CONDITIONS} conditions, each word of q being one"
        )));
    }
    Ok(Search {
        place: Place::read(given, &filter)?,
        filter,
        count: given.choice("count", &[("true", true), ("false", false)])?.unwrap_or(false),
        limit: given.integer("limit", 1..=LARGEST_PAGE)?.unwrap_or(PAGE),
    })
}

fn read_fact(text: &str) -> Result<FactFilter, ApiError> {
    FactFilter::read(text).map_err(|why| {
        let message = match why {
            NoComparison::Shape => "the parameter fact must be a key, one of = != < <= > >=, and a value",
            NoComparison::NotANumber => "the parameter fact compares with < <= > >= only numbers, like 12.5",
        };
        params::bad("fact", message.to_owned())
    })
}

#[derive(Serialize, ToSchema)]
struct Listed<'a> {
    traces: Vec<RowJson<'a>>,
    next_cursor: Option<String>,
    #[serde(flatten)]
    count: Option<CountJson>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TraceCount)]
struct CountJson {
    total: i64,
    /// `eq`, or `gte` when counting stopped.
    #[schema(schema_with = words::relation)]
    total_relation: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TraceRow)]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str) -> Result<Search, String> {
        let given = Params::read(Some(query), &[FILTERS, PAGING]).unwrap();
        read_search(&given).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn reads_the_search() {
        let query = "workflow=w&status=open&include=companions&tag=a,b&tag=c&fact=n%3E%3D1&q=x+y&limit=200&count=true";
        let search = check(query).unwrap();
        assert_eq!((search.filter.workflow.as_deref(), search.filter.finished), (Some("w"), Some(false)));
        assert_eq!((search.filter.tags.len(), search.filter.facts.len(), search.limit), (2, 1, 200));
        assert_eq!((search.place, search.count), (Place::Started(None), true));
        let plain = Search { filter: TraceFilter::default(), place: Place::Active(None), count: false, limit: 50 };
        assert_eq!(check("").unwrap(), plain);
        assert_eq!(check("include=companions").unwrap().place, Place::Active(None));
        assert_eq!(check("order=started").unwrap().place, Place::Started(None));
        let words: Vec<String> = (0..=CONDITIONS).map(|at| format!("w{at}")).collect();
        let long = format!("q={}", words.join("+"));
        for bad in [
            "status=done",
            "include=all",
            "cursor=0",
            "limit=201",
            "count=1",
            "entity_id=x",
            "fact=amount",
            "fact=amount%3Eten",
            "tag=",
            "started_after=yesterday",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_cursor_belongs_to_its_order() {
        let (by_start, by_activity) = (cursor::write(BY_START, &["5", "7"]), cursor::write(BY_ACTIVITY, &["9"]));
        let place = check(&format!("order=started&cursor={by_start}")).unwrap().place;
        assert_eq!(place, Place::Started(Some(StartPosition { started: Micros::new(5), first_log_seq: 7 })));
        assert_eq!(check(&format!("cursor={by_activity}")).unwrap().place, Place::Active(Some(9)));
        assert!(check(&format!("cursor={by_start}")).is_err());
        assert!(check(&format!("workflow=w&cursor={by_activity}")).is_err());
    }
}
