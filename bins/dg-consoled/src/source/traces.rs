//! Reads one page of the list of traces.

use dg_client::TraceQuery;
use dg_domain::{Micros, TenantId};

use super::{Found, SignedOut, entity, failure, freshness, is_nothing, signed_out};
use crate::{
    model::{Body, Freshness, Notice, Panel, Standing, TraceList, TraceRow, TracesPage},
    people::Person,
    place::{Place, TraceFilter},
};

const PAGE: u32 = 50;

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    filter: &TraceFilter,
    cursor: Option<&str>,
) -> Result<Found, SignedOut> {
    let query = TraceQuery {
        workflow: filter.workflow.clone(),
        outcome: filter.outcome.clone(),
        status: filter.status.clone(),
        entity_type: filter.entity.as_deref().map(|entity| split(entity).0.to_owned()),
        entity_id: filter.entity.as_deref().and_then(|entity| split(entity).1).map(str::to_owned),
        policy: filter.policy.clone(),
        actor: filter.actor.clone(),
        tags: filter.tags.clone(),
        facts: filter.facts.clone(),
        text: filter.words.clone(),
        started_after: filter.from.as_deref().map(midnight),
        started_before: filter.until.as_deref().map(midnight),
        companions: filter.companions,
        count: !filter.is_empty() && cursor.is_none(),
        order: Some("activity".to_owned()),
        limit: Some(PAGE),
        cursor: cursor.map(str::to_owned),
    };
    let (list, freshness, outage) = match person.client.tenant(tenant.as_str()).traces(&query).await {
        Ok(answer) => {
            let rows = answer.data.traces.into_iter().map(row).collect();
            let total = answer.data.total.map(|total| (total, answer.data.total_relation.as_deref() == Some("gte")));
            (Panel::Ready(TraceList { rows, next: answer.data.next_cursor, total }), freshness(answer.meta), None)
        }
        Err(error) if signed_out(&error) => return Err(SignedOut),
        Err(error) if is_nothing(&error) => return Ok(Found::says(place, Notice::NotFound)),
        Err(error) => {
            let failure = failure(&error);
            let outage = failure.transient.then(|| failure.clone());
            (Panel::Failed(failure), Freshness::Unknown, outage)
        }
    };
    let body = Body::Traces(Box::new(TracesPage {
        tenant: tenant.clone(),
        filter: filter.clone(),
        cursor: cursor.map(str::to_owned),
        list,
        waiting: 0,
    }));
    Ok(Found { place: place.clone(), title: format!("Traces of {tenant}"), body, freshness, outage })
}

fn split(entity: &str) -> (&str, Option<&str>) {
    entity.split_once(':').map_or((entity, None), |(kind, id)| (kind, Some(id).filter(|id| !id.is_empty())))
}

fn midnight(day: &str) -> String {
    format!("{day}T00:00:00Z")
}

pub(super) fn row(row: dg_client::TraceRow) -> TraceRow {
    let finished = row.status.as_deref() == Some("finished") || row.finished_at.is_some();
    let about = entity(
        row.primary_entity_system.as_deref(),
        row.primary_entity_type.as_deref(),
        row.primary_entity_id.as_deref(),
    );
    TraceRow {
        standing: Standing::of(finished, row.outcome.as_deref()),
        entity: about,
        last_at: row.last_occurred_at.as_deref().and_then(Micros::parse_rfc3339),
        trace_id: row.trace_id,
        title: row.title.unwrap_or_default(),
        workflow: row.workflow.unwrap_or_default(),
        event_count: row.event_count,
        last_log_seq: row.last_log_seq,
        last_event_type: row.last_event_type.unwrap_or_default(),
        left: false,
        fresh: false,
    }
}
