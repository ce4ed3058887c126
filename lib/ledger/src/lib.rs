//! What proves the log and the audit: the hash of each entry, and the key to sign with. Pure.
//!
//! An entry is the stored envelope without its payload; the payload takes part through `payload_hash`. So a payload
//! that was erased on a person's request leaves every proof valid.

pub mod audit;
pub mod signing;

use dg_domain::{Hash32, StoredEvent, json};

/// SHA-256 over the canonical JSON (payload form) of the stored envelope.
///
/// Keys in order: `actor`, `causation_event_id`, `correlation_id`, `event_id`, `event_type`, `idempotency_key`, `log_seq`,
/// `occurred_at`, `payload_hash`, `recorded_at`, `recorded_by`, `schema_version`, `source`, `tags`, `tenant_id`,
/// `trace_id`, `trace_seq`. Absent texts are `null`; `recorded_at` has six fraction digits.
#[must_use]
pub fn entry_hash(stored: &StoredEvent) -> Hash32 {
    let event = &stored.event;
    let mut entry = String::with_capacity(768);
    entry.push_str("{\"actor\":{");
    text_field("actor_id", &event.actor.actor_id, &mut entry);
    entry.push(',');
    text_field("actor_type", &event.actor.actor_type, &mut entry);
    entry.push_str("},");
    optional_field("causation_event_id", event.causation_event_id.as_deref(), &mut entry);
    optional_field("correlation_id", event.correlation_id.as_deref(), &mut entry);
    text_field("event_id", &event.event_id, &mut entry);
    entry.push(',');
    text_field("event_type", event.event_type.as_str(), &mut entry);
    entry.push(',');
    text_field("idempotency_key", &event.idempotency_key, &mut entry);
    entry.push_str(",\"log_seq\":");
    entry.push_str(&stored.log_seq.to_string());
    entry.push(',');
    text_field("occurred_at", &event.occurred_at, &mut entry);
    entry.push(',');
    text_field("payload_hash", &event.payload_hash.prefixed(), &mut entry);
    entry.push(',');
    text_field("recorded_at", &stored.recorded_at.rfc3339(), &mut entry);
    entry.push(',');
    text_field("recorded_by", &stored.recorded_by, &mut entry);
    entry.push_str(",\"schema_version\":");
    entry.push_str(&event.schema_version.to_string());
    entry.push_str(",\"source\":{");
    text_field("producer_id", &event.source.producer_id, &mut entry);
    entry.push(',');
    optional_field("subsystem", event.source.subsystem.as_deref(), &mut entry);
    text_field("system", &event.source.system, &mut entry);
    entry.push_str("},\"tags\":[");
    for (at, tag) in event.tags.iter().enumerate() {
        if at > 0 {
            entry.push(',');
        }
        json::write_text(tag, &mut entry);
    }
    entry.push_str("],");
    text_field("tenant_id", stored.tenant_id.as_str(), &mut entry);
    entry.push(',');
    text_field("trace_id", &event.trace_id, &mut entry);
    entry.push_str(",\"trace_seq\":");
    entry.push_str(&stored.trace_seq.to_string());
    entry.push('}');
    Hash32::of(entry.as_bytes())
}

fn text_field(key: &str, value: &str, out: &mut String) {
    out.push('"');
    out.push_str(key);
    out.push_str("\":");
    json::write_text(value, out);
}

/// A field that may be null, with the comma that follows it.
fn optional_field(key: &str, value: Option<&str>, out: &mut String) {
    match value {
        Some(value) => text_field(key, value, out),
        None => {
            out.push('"');
            out.push_str(key);
            out.push_str("\":null");
        }
    }
    out.push(',');
}

#[cfg(test)]
mod tests {
    use dg_domain::{GuardMode, LogSeq, Micros, NewEvent, Rules, TenantId, TraceSeq};

    use super::*;

    fn stored() -> StoredEvent {
        let text = r#"{"event_id":"ev-1","trace_id":"tr-ß","trace_seq":0,"event_type":"TraceStarted","occurred_at":"2026-01-01T09:00:00Z",
            "source":{"producer_id":"demo","system":"demo-sys"},"actor":{"actor_type":"agent","actor_id":"bot"},
            "idempotency_key":"start","tags":["vip","x\ny"],
            "payload":{"workflow":"w","title":"t","primary_entity":{"entity_type":"order","entity_id":"1"}}}"#;
        StoredEvent {
            tenant_id: TenantId::new("default").unwrap(),
            log_seq: LogSeq::new(1).unwrap(),
            trace_seq: TraceSeq::START,
            recorded_at: Micros::new(1_767_258_000_000_001),
            recorded_by: "writer".to_owned(),
            event: NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap(),
        }
    }

    /// The entry spelled out, so that a change of the form is seen here before it breaks a stored log.
    #[test]
    fn the_entry_is_this_text() {
        let stored = stored();
        let text = format!(
            "{{\"actor\":{{\"actor_id\":\"bot\",\"actor_type\":\"agent\"}},\"causation_event_id\":null,\"correlation_id\":null,\
             \"event_id\":\"ev-1\",\"event_type\":\"TraceStarted\",\"idempotency_key\":\"start\",\"log_seq\":1,\
             \"occurred_at\":\"2026-01-01T09:00:00Z\",\"payload_hash\":\"{}\",\"recorded_at\":\"2026-01-01T09:00:00.000001Z\",\
             \"recorded_by\":\"writer\",\"schema_version\":1,\"source\":{{\"producer_id\":\"demo\",\"subsystem\":null,\
             \"system\":\"demo-sys\"}},\"tags\":[\"vip\",\"x\\ny\"],\"tenant_id\":\"default\",\"trace_id\":\"tr-ß\",\"trace_seq\":0}}",
            stored.event.payload_hash.prefixed()
        );
        assert_eq!(entry_hash(&stored), Hash32::of(text.as_bytes()));
    }

    #[test]
    fn the_payload_counts_only_through_its_hash() {
        let mut erased = stored();
        erased.event.payload_json.clear();
        assert_eq!(entry_hash(&erased), entry_hash(&stored()));
        let mut moved = stored();
        moved.recorded_by.push('x');
        assert_ne!(entry_hash(&moved), entry_hash(&stored()));
    }
}
