//! The entry of an event: what of it is hashed, and the leaf that it becomes in the tenant's tree.
//!
//! An entry is the stored envelope as canonical JSON (payload form: compact, keys in code point order, text beyond ASCII
//! raw). Every field is always there; an absent text is `null`.
//!
//! | key | what it is |
//! |---|---|
//! | `actor` | object: `actor_id`, `actor_type`, as the producer says |
//! | `causation_event_id`, `correlation_id` | text or `null` |
//! | `event_id`, `event_type`, `idempotency_key` | text |
//! | `log_seq` | integer from 1: the position in the tenant's log |
//! | `occurred_at` | RFC 3339, verbatim as it was sent |
//! | `payload_hash` | `sha256:` and 64 lowercase hexadecimal digits; the payload itself is not in the entry |
//! | `recorded_at` | RFC 3339 in UTC with six fraction digits |
//! | `recorded_by` | the authenticated principal |
//! | `schema_version` | integer from 1 |
//! | `source` | object: `producer_id`, `subsystem` (text or `null`), `system` |
//! | `tags` | list of texts, order and duplicates kept |
//! | `tenant_id`, `trace_id` | text |
//! | `trace_seq` | integer from 0: the position in the trace |
//!
//! The entry hash is its SHA-256. The tree's leaf data are the 32 bytes of the entry hash, so that the tree can be built, and
//! served as entry bundles, from hashes alone; leaf number `log_seq - 1` is `SHA-256(0x00 || entry_hash)` (RFC 6962, 2.1).

use dg_domain::{Hash32, LogSeq, StoredEvent, json};

use crate::{optional_field, text_field, tree};

/// The entry of an event, to the last byte.
#[must_use]
pub fn entry_text(stored: &StoredEvent) -> String {
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
    entry
}

/// SHA-256 of the [`entry_text`].
#[must_use]
pub fn entry_hash(stored: &StoredEvent) -> Hash32 {
    Hash32::of(entry_text(stored).as_bytes())
}

/// The leaf that an entry becomes: the RFC 6962 leaf hash over the 32 bytes of its hash.
#[must_use]
pub fn entry_leaf(entry_hash: &Hash32) -> Hash32 {
    tree::leaf_hash(entry_hash.as_bytes())
}

/// Which leaf an event is, counted from 0; none for position 0, where no event is.
#[must_use]
pub fn leaf_index(log_seq: LogSeq) -> Option<u64> {
    u64::try_from(log_seq.get()).ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use dg_domain::{GuardMode, Micros, NewEvent, Rules, TenantId, TraceSeq};

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

    #[test]
    fn a_leaf_is_made_of_the_hash() {
        let hash = entry_hash(&stored());
        let mut data = vec![0];
        data.extend_from_slice(hash.as_bytes());
        assert_eq!(entry_leaf(&hash), Hash32::of(&data));
        assert_eq!((leaf_index(LogSeq::START), leaf_index(LogSeq::new(1).unwrap())), (None, Some(0)));
    }
}
