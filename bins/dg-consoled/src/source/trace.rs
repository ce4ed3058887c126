//! Reads one trace: its events from the log, its summary and neighbours from the projections.
//!
//! The three are read side by side. The log's part decides whether there is such a trace; a projection that is
//! behind or away never hides the timeline.

use std::time::Duration;

use dg_client::{Client, ClientError, Fresh, TraceDetail};
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, around, entity, event, failure, freshness, is_nothing, outage, signed_out, tabs};
use crate::{
    model::{Body, Entity, Freshness, Notice, Panel, Standing, Timeline, TraceHead, TracePage},
    people::Person,
    place::{Place, TraceTab},
    story::Part,
};

/// Events on one page of a timeline.
const STRETCH: u32 = 200;
/// The page does not wait longer for what stands beside its timeline; an open page reads that by itself then.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    trace_id: &str,
    from: i64,
    tab: TraceTab,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let after = (from > 0).then(|| from - 1);
    // Only the timeline has its neighbours beside it.
    let beside = async {
        match tab {
            TraceTab::Timeline => {
                tokio::time::timeout(PATIENCE, around::neighbours(&client, tenant, trace_id)).await.ok()
            }
            _ => None,
        }
    };
    let (events, detail, graph) =
        tokio::join!(client.trace_events(trace_id, after, Some(STRETCH)), client.trace(trace_id), beside);
    let graph = graph.unwrap_or(Panel::Loading);
    if [events.as_ref().err(), detail.as_ref().err()].into_iter().flatten().any(signed_out) {
        return Err(SignedOut);
    }
    let timeline = match events {
        Ok(page) => Panel::Ready(Timeline {
            events: event::rows(&page.events),
            from,
            next: page.next_after_trace_seq.map(|last| last + 1),
        }),
        // A stretch behind the end of a known trace is empty, not missing.
        Err(error) if is_nothing(&error) && from > 0 && detail.is_ok() => {
            Panel::Ready(Timeline { events: Vec::new(), from, next: None })
        }
        Err(error) if is_nothing(&error) => return Ok(Found::says(place, Notice::NotFound)),
        Err(error) => Panel::Failed(failure(&error)),
    };
    let tab = tabs::read(&client, trace_id, tab, &detail).await?;
    let (head, freshness) = head(detail, &timeline);
    let title = head.ready().map(|head| head.title.clone()).filter(|title| !title.is_empty());
    let broken = [outage(&timeline), outage(&head)].into_iter().flatten().next();
    // One panel says it for all of them.
    let (head, graph) = if outage(&timeline).is_some() { (quieted(head), quieted(graph)) } else { (head, graph) };
    let body = Body::Trace(Box::new(TracePage {
        tenant: tenant.clone(),
        trace_id: trace_id.to_owned(),
        head,
        timeline,
        neighbours: graph,
        tab,
    }));
    let title = title.unwrap_or_else(|| trace_id.to_owned());
    Ok(Found { place: place.clone(), title, body, freshness, outage: broken })
}

/// Whether a trace has an event after the newest one shown. Errors count as news: the full read will tell.
pub(crate) async fn has_news(client: &Client, trace_id: &str, newest: i64) -> bool {
    match client.trace_events(trace_id, Some(newest), Some(1)).await {
        Ok(page) => !page.events.is_empty(),
        Err(error) => error.status != Some(404),
    }
}

fn quieted<T>(panel: Panel<T>) -> Panel<T> {
    if outage(&panel).is_some() { Panel::Loading } else { panel }
}

fn head(detail: Result<Fresh<TraceDetail>, ClientError>, timeline: &Panel<Timeline>) -> (Panel<TraceHead>, Freshness) {
    match detail {
        Ok(Fresh { data, meta }) => {
            let head = match (&data.summary, timeline.ready()) {
                (None, Some(timeline)) => from_events(timeline, data.index.as_ref()),
                _ => from_projections(&data),
            };
            (Panel::Ready(head), freshness(meta))
        }
        // Not projected yet: the events tell most of it.
        Err(error) if is_nothing(&error) => match timeline.ready() {
            Some(timeline) => (Panel::Ready(from_events(timeline, None)), Freshness::Unknown),
            None => (Panel::Failed(failure(&error)), Freshness::Unknown),
        },
        Err(error) => (Panel::Failed(failure(&error)), Freshness::Unknown),
    }
}

fn from_projections(detail: &TraceDetail) -> TraceHead {
    let index = detail.index.clone().unwrap_or_default();
    let summary = detail.summary.as_ref();
    let text = |read: fn(&dg_client::TraceSummary) -> &Option<String>| summary.and_then(|one| read(one).as_deref());
    TraceHead {
        title: text(|one| &one.title).unwrap_or_default().to_owned(),
        workflow: text(|one| &one.workflow).unwrap_or_default().to_owned(),
        entity: entity(
            text(|one| &one.primary_entity_system),
            text(|one| &one.primary_entity_type),
            text(|one| &one.primary_entity_id),
        ),
        standing: Standing::of(index.status == "finished", text(|one| &one.outcome)),
        event_count: index.event_count,
        log_range: (index.first_log_seq > 0).then_some((index.first_log_seq, index.last_log_seq)),
        started: text(|one| &one.started_at).and_then(Micros::parse_rfc3339),
        finished: text(|one| &one.finished_at).and_then(Micros::parse_rfc3339),
        actors: index.actors,
        policies: index.policies,
        tags: index.tags,
    }
}

/// What the shown events tell by themselves.
fn from_events(timeline: &Timeline, index: Option<&dg_client::TraceIndex>) -> TraceHead {
    let events = &timeline.events;
    let title = events.first().filter(|first| first.event_type == "TraceStarted").and_then(|first| {
        first.story.parts.iter().find_map(|part| match part {
            Part::Strong(title) => Some(title.trim_matches(['“', '”']).to_owned()),
            Part::Text(_) | Part::Id(_) | Part::Trace(_) => None,
        })
    });
    let shown = i64::try_from(events.len()).unwrap_or(i64::MAX);
    TraceHead {
        title: title.unwrap_or_default(),
        workflow: String::new(),
        entity: Entity::default(),
        standing: Standing::of(events.iter().any(|event| event.event_type == "TraceFinished"), None),
        event_count: index.map_or(timeline.from + shown, |index| index.event_count),
        log_range: events.first().zip(events.last()).map(|(first, last)| (first.log_seq, last.log_seq)),
        started: events.first().and_then(|first| first.at),
        finished: None,
        actors: Vec::new(),
        policies: Vec::new(),
        tags: Vec::new(),
    }
}
