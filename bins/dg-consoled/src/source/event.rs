//! Turns stored events into rows of a timeline.

use std::collections::HashMap;

use dg_client::StoredEvent;
use dg_domain::Micros;

use crate::{model::EventRow, story};

/// A longer payload is cut on the page; the API has all of it.
const SHOWN_PAYLOAD: usize = 32 * 1024;

pub(super) fn rows(events: &[StoredEvent]) -> Vec<EventRow> {
    let seqs: HashMap<&str, i64> = events.iter().map(|event| (event.event_id.as_str(), event.trace_seq)).collect();
    let mut previous = None;
    let rows = events.iter().map(|event| {
        let at = Micros::parse_rfc3339(&event.occurred_at);
        let cause = event.causation_event_id.as_deref();
        let row = EventRow {
            trace_seq: event.trace_seq,
            log_seq: event.log_seq,
            event_id: event.event_id.clone(),
            event_type: event.event_type.clone(),
            story: story::tell(&event.event_type, event.payload.get()),
            at,
            occurred_at: event.occurred_at.clone(),
            since_previous: at
                .zip(previous)
                .map(|(at, before): (Micros, Micros)| at.get().saturating_sub(before.get())),
            actor: format!("{}:{}", event.actor.actor_type, event.actor.actor_id),
            fields: fields(event),
            caused_by: cause.and_then(|cause| seqs.get(cause).copied()),
            payload: shortened(story::laid_out(event.payload.get())),
            fresh: false,
        };
        previous = at.or(previous);
        row
    });
    rows.collect()
}

fn fields(event: &StoredEvent) -> Vec<(&'static str, String)> {
    let source = [
        Some(event.source.producer_id.as_str()),
        Some(event.source.system.as_str()),
        event.source.subsystem.as_deref(),
    ];
    let source: Vec<&str> = source.into_iter().flatten().collect();
    let all = [
        ("event_id", Some(event.event_id.clone())),
        ("log_seq", Some(event.log_seq.to_string())),
        ("recorded_at", Some(event.recorded_at.clone())),
        ("recorded_by", event.recorded_by.clone()),
        ("source", Some(source.join(" / "))),
        ("idempotency_key", Some(event.idempotency_key.clone())),
        ("correlation_id", event.correlation_id.clone()),
        ("causation_event_id", event.causation_event_id.clone()),
        ("schema_version", Some(event.schema_version.to_string())),
        ("tags", (!event.tags.is_empty()).then(|| event.tags.join(", "))),
        ("payload_hash", Some(event.payload_hash.clone())),
        ("entry_hash", event.entry_hash.clone()),
    ];
    all.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
}

fn shortened(mut text: String) -> String {
    if text.len() <= SHOWN_PAYLOAD {
        return text;
    }
    let whole = text.len();
    let cut = (0..=SHOWN_PAYLOAD).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.truncate(cut);
    text.push_str(&format!("\n… cut here, {whole} bytes in all"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_payloads_are_cut_and_say_so() {
        assert_eq!(shortened("short".to_owned()), "short");
        let cut = shortened("ä".repeat(SHOWN_PAYLOAD));
        assert!(cut.len() < SHOWN_PAYLOAD + 64 && cut.ends_with("65536 bytes in all"), "{}", &cut[cut.len() - 64..]);
    }
}
