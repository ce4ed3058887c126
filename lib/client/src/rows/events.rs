//! Events as stored, and what became of those that were sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Name within its type.
    pub actor_id: String,
    /// `agent`, `person`, `role` or `system`.
    pub actor_type: String,
}

impl Actor {
    /// An actor; the type is `agent`, `person`, `role` or `system`.
    pub fn new(actor_type: impl Into<String>, actor_id: impl Into<String>) -> Self {
        Self { actor_id: actor_id.into(), actor_type: actor_type.into() }
    }
}

/// Which software reported it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The producer; idempotency keys are unique within it.
    pub producer_id: String,
    /// Part of the system.
    #[serde(default)]
    pub subsystem: Option<String>,
    /// The system.
    pub system: String,
}

impl Source {
    /// A whole system. Idempotency keys are unique within a producer, so every producer has its own id.
    pub fn new(producer_id: impl Into<String>, system: impl Into<String>) -> Self {
        Self { producer_id: producer_id.into(), subsystem: None, system: system.into() }
    }
}

/// One event of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Who acted.
    pub actor: Actor,
    /// Event that led to this one.
    #[serde(default)]
    pub causation_event_id: Option<String>,
    /// Links traces.
    #[serde(default)]
    pub correlation_id: Option<String>,
    /// Hash of the stored envelope; leaf of the tenant's Merkle tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_hash: Option<String>,
    /// The producer's id of the event.
    pub event_id: String,
    /// One of the event types.
    pub event_type: String,
    /// The producer's key that makes repeating safe.
    pub idempotency_key: String,
    /// Position in the tenant's log, from 1.
    pub log_seq: i64,
    /// RFC 3339, as the producer wrote it.
    pub occurred_at: String,
    /// The body, as the exact text the service sent: integers of any size survive.
    pub payload: Box<RawValue>,
    /// `sha256:` and 64 hex digits over the canonical payload.
    pub payload_hash: String,
    /// When it was stored, UTC.
    pub recorded_at: String,
    /// Account that stored it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<String>,
    /// The producer's version of the payload's shape.
    pub schema_version: i64,
    /// Which software reported it.
    pub source: Source,
    /// Free labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The tenant.
    #[serde(default)]
    pub tenant_id: String,
    /// Trace it belongs to.
    pub trace_id: String,
    /// Position in the trace, from 0.
    pub trace_seq: i64,
}

impl StoredEvent {
    /// The payload as a tree, for looking at; integers beyond 64 bits are rounded there.
    #[must_use]
    pub fn payload_value(&self) -> Value {
        serde_json::from_str(self.payload.get()).unwrap_or(Value::Null)
    }
}

/// What became of one appended event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Appended {
    /// As stored now, or as stored before when it is a repeat.
    pub event: StoredEvent,
    /// Whether projecting was triggered at once; it happens in any case.
    #[serde(default)]
    pub projection_sync_triggered: bool,
    /// Whether it had been stored before.
    #[serde(default)]
    pub replayed: bool,
}

/// What became of one item of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemStatus {
    /// New in the log.
    Stored,
    /// Had been stored before.
    Replayed,
    /// Refused; nothing stored.
    Rejected,
}

/// Why an item was refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemError {
    /// Stable code.
    pub code: String,
    /// What the service added.
    #[serde(default)]
    pub details: Map<String, Value>,
    /// For people.
    pub message: String,
}

/// Result of one item of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemResult {
    /// Why it was refused; only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ItemError>,
    /// Id of the stored event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Place in the batch, from 0.
    pub index: usize,
    /// Position in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_seq: Option<i64>,
    /// Hash of the stored payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_hash: Option<String>,
    /// When it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<String>,
    /// What became of it.
    pub status: ItemStatus,
    /// Its trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Position in the trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_seq: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_event_is_written_back_with_sorted_keys_and_exact_integers() {
        let text = r#"{"actor":{"actor_id":"a","actor_type":"agent"},"causation_event_id":null,"correlation_id":null,"entry_hash":"sha256:1","event_id":"e","event_type":"TraceFinished","idempotency_key":"k","log_seq":1,"occurred_at":"2026-01-01T00:00:00Z","payload":{"n":123456789012345678901234567890,"outcome":"success"},"payload_hash":"sha256:0","recorded_at":"2026-01-01T00:00:00.000000Z","recorded_by":"ann","schema_version":1,"source":{"producer_id":"p","subsystem":null,"system":"s"},"tags":["x"],"tenant_id":"t","trace_id":"tr","trace_seq":0}"#;
        let event: StoredEvent = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }
}
