//! Reads a stretch of the log, its newest events first.
//!
//! The service gives the log oldest first. Going back from a position is asking for the stretch before it; a filter that
//! few events pass makes that several stretches, up to a limit that the page tells.

use dg_client::{Client, ClientError, EventQuery, StoredEvent};
use dg_domain::TenantId;

use super::{Found, SignedOut, event, freshness, outage, panel, position};
use crate::{
    model::{
        Body, Freshness,
        events::{EventList, EventsPage, LogRow},
    },
    people::Person,
    place::{EventsAt, Place},
};

/// Events on one page.
const PAGE: usize = 50;
/// Positions in one stretch of a search; as many as one answer may hold events.
const STRETCH: i64 = 1_000;
/// Stretches that one page searches.
const STRETCHES: i64 = 10;

pub(super) async fn read(person: &Person, place: &Place, tenant: &TenantId, at: &EventsAt) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let (list, freshness) = match position(&client).await {
        Ok(meta) => (stretch(&client, at, meta.head_seq).await, freshness(meta)),
        Err(error) => (Err(error), Freshness::Unknown),
    };
    let list = panel(list)?;
    let outage = outage(&list);
    let body = Body::Events(Box::new(EventsPage { tenant: tenant.clone(), at: at.clone(), list, waiting: 0 }));
    Ok(Found { place: place.clone(), title: format!("Events of {tenant}"), body, freshness, outage })
}

async fn stretch(client: &Client, at: &EventsAt, head: i64) -> Result<EventList, ClientError> {
    let end = at.until.map_or(head, |until| until.min(head));
    let size = if at.is_unfiltered() { i64::try_from(PAGE).unwrap_or(i64::MAX) } else { STRETCH };
    let mut found: Vec<StoredEvent> = Vec::new();
    let (mut until, mut searched) = (end, 0);
    while until > 0 && found.len() < PAGE && searched < STRETCHES {
        let after = (until - size).max(0);
        let query = EventQuery {
            after: Some(after),
            until: Some(until),
            event_type: at.event_type.clone(),
            trace_id: at.trace_id.clone(),
            limit: u32::try_from(size).ok(),
        };
        found.extend(client.events(&query).await?.events.into_iter().rev());
        (until, searched) = (after, searched + 1);
    }
    let enough = found.len() >= PAGE;
    let cut = found.len() > PAGE;
    found.truncate(PAGE);
    let last = found.last().map(|event| event.log_seq - 1).filter(|_| cut);
    let older = Some(last.unwrap_or(until)).filter(|older| *older > 0);
    let searched_to = older.filter(|_| !enough && !at.is_unfiltered());
    Ok(EventList { rows: rows(&found, at), head, older, searched_to })
}

fn rows(newest_first: &[StoredEvent], at: &EventsAt) -> Vec<LogRow> {
    let events = event::rows(newest_first);
    let below = newest_first.iter().skip(1).map(|event| Some(event.log_seq)).chain([None]);
    let rows = newest_first.iter().zip(events).zip(below).map(|((stored, event), below)| {
        // Positions have no holes; one in the whole log is told, one between events that fit a filter is none.
        let gap = below.filter(|below| at.is_unfiltered() && below + 1 < stored.log_seq);
        LogRow { trace_id: stored.trace_id.clone(), gap: gap.map(|below| (below + 1, stored.log_seq - 1)), event }
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(log_seq: i64) -> StoredEvent {
        let event = serde_json::json!({
            "actor": {"actor_id": "bot", "actor_type": "agent"}, "event_id": format!("e-{log_seq}"),
            "event_type": "TraceFinished", "idempotency_key": "k", "log_seq": log_seq, "occurred_at": "2026-03-06T09:00:00Z",
            "payload": {}, "payload_hash": "sha256:0", "recorded_at": "2026-03-06T09:00:00.000000Z", "schema_version": 1,
            "source": {"producer_id": "p", "system": "s"}, "trace_id": "t", "trace_seq": 0,
        });
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn only_the_whole_log_has_holes() {
        let events = [9, 8, 5, 4].map(stored);
        let gaps = |at: &EventsAt| rows(&events, at).into_iter().filter_map(|row| row.gap).collect::<Vec<_>>();
        assert_eq!(gaps(&EventsAt::default()), [(6, 7)]);
        let filtered = EventsAt { trace_id: Some("t".to_owned()), ..EventsAt::default() };
        assert_eq!(gaps(&filtered), []);
    }
}
