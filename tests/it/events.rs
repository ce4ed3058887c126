//! Small well-formed events for tests that care about one field.

use serde_json::{Value, json};

/// The first event of a trace, without a sequence number.
pub(crate) fn started(trace: &str) -> Value {
    event(
        trace,
        0,
        "TraceStarted",
        &json!({
            "workflow": "refund",
            "title": "a refund",
            "primary_entity": {"entity_type": "order", "entity_id": "o-1"},
        }),
    )
}

/// A later event of a trace, without a sequence number. `number` makes its id and key.
pub(crate) fn observed(trace: &str, number: usize) -> Value {
    event(
        trace,
        number,
        "InputObserved",
        &json!({
            "input_id": format!("input-{number}"),
            "source": {"system": "shop", "object_type": "order", "object_id": "o-1"},
            "facts": [],
        }),
    )
}

/// The last event of a trace, without a sequence number.
pub(crate) fn finished(trace: &str, number: usize) -> Value {
    event(trace, number, "TraceFinished", &json!({"outcome": "success"}))
}

/// An event with the id and key `{trace}/{number}`, without a sequence number.
pub(crate) fn event(trace: &str, number: usize, kind: &str, payload: &Value) -> Value {
    json!({
        "event_id": format!("{trace}/{number}"),
        "trace_id": trace,
        "event_type": kind,
        "occurred_at": "2026-05-04T09:00:00Z",
        "idempotency_key": format!("key:{trace}/{number}"),
        "source": {"producer_id": "tests", "system": "dg-tests"},
        "actor": {"actor_type": "agent", "actor_id": "agent-1"},
        "payload": payload,
    })
}

/// The same event with one member replaced, found by an RFC 6901 pointer; missing members are added.
pub(crate) fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[key] = value;
    event
}

/// The same event without one member of its envelope.
pub(crate) fn without(mut event: Value, key: &str) -> Value {
    event.as_object_mut().unwrap().remove(key);
    event
}

/// A stored event as a producer would send it again: the envelope alone.
pub(crate) fn envelope(stored: &Value) -> Value {
    const FIELDS: [&str; 13] = [
        "event_id",
        "trace_id",
        "trace_seq",
        "event_type",
        "occurred_at",
        "source",
        "actor",
        "correlation_id",
        "causation_event_id",
        "idempotency_key",
        "schema_version",
        "tags",
        "payload",
    ];
    FIELDS.iter().map(|name| ((*name).to_owned(), stored[*name].clone())).collect::<serde_json::Map<_, _>>().into()
}
