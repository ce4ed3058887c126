//! Whether an event under a known idempotency key is a repeat of the stored one.

use crate::{
    event::NewEvent,
    violation::{ErrorCode, Violation},
};

/// Compares payload hash first, then metadata in contract order. `trace_seq`, `event_id` and `occurred_at` are free:
/// a client that computes them anew before a retry must still get its stored event (semantics, section 7).
pub(super) fn check(stored: &NewEvent, incoming: &NewEvent) -> Result<(), Violation> {
    let conflict = |message: String| Violation::new(ErrorCode::IdempotencyConflict, message).at("/idempotency_key");
    if stored.payload_hash != incoming.payload_hash {
        return Err(conflict("the idempotency key was already used with a different payload".to_owned()));
    }
    let fields = [
        ("trace_id", stored.trace_id == incoming.trace_id),
        ("event_type", stored.event_type == incoming.event_type),
        ("source", stored.source == incoming.source),
        ("actor", stored.actor == incoming.actor),
        ("correlation_id", stored.correlation_id == incoming.correlation_id),
        ("causation_event_id", stored.causation_event_id == incoming.causation_event_id),
        ("schema_version", stored.schema_version == incoming.schema_version),
        ("tags", stored.tags == incoming.tags),
    ];
    let mismatches: Vec<&'static str> = fields.iter().filter(|(_, equal)| !equal).map(|(name, _)| *name).collect();
    if mismatches.is_empty() {
        return Ok(());
    }
    let mut violation =
        conflict(format!("the idempotency key was already used with different metadata: {}", mismatches.join(", ")));
    violation.details.mismatches = mismatches;
    Err(violation)
}
