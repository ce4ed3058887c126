//! Events: as a producer sends them, and as the log keeps them.

mod envelope;
mod problems;
mod shape;

pub use shape::{Need, Payload, PolicyRef, Rule, payload, rules_of};

use self::problems::Problems;
use crate::{
    event_type::EventType,
    guard,
    hash::Hash32,
    ids::{LogSeq, TenantId, TraceSeq},
    json::{self, Json},
    limits::{Profile, Rules},
    time::Micros,
    violation::{ErrorCode, Violation},
};

/// Which system produced an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The producer, one half of the idempotency scope.
    pub producer_id: String,
    /// The system it belongs to.
    pub system: String,
    /// A part of that system.
    pub subsystem: Option<String>,
}

/// Who acted, as the producer says it. The authenticated principal is kept apart, in [`StoredEvent::recorded_by`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `agent`, `person`, `role` or `system`.
    pub actor_type: String,
    /// The id within that type.
    pub actor_id: String,
}

/// A validated, canonicalised and hashed event that has no position yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// The caller's id, unique in the tenant.
    pub event_id: String,
    /// The trace it belongs to.
    pub trace_id: String,
    /// The position the caller expects; `None` leaves it to the log.
    pub trace_seq: Option<TraceSeq>,
    /// What happened.
    pub event_type: EventType,
    /// When, verbatim as sent: digests contain this text.
    pub occurred_at: String,
    /// The same as an instant, for time windows. The epoch where the reference profile let unreadable text pass.
    pub occurred_instant: Micros,
    /// Where it comes from.
    pub source: Source,
    /// Who acted.
    pub actor: Actor,
    /// A free link across traces.
    pub correlation_id: Option<String>,
    /// A free link to a causing event; its existence is never checked.
    pub causation_event_id: Option<String>,
    /// 1 to 200 bytes; a repeat under the same producer returns the stored event.
    pub idempotency_key: String,
    /// The producer's schema version, at least 1.
    pub schema_version: i64,
    /// Labels, order and duplicates kept.
    pub tags: Vec<String>,
    /// The payload as canonical JSON text: the bytes that were hashed.
    pub payload_json: String,
    /// SHA-256 of [`Self::payload_json`].
    pub payload_hash: Hash32,
}

/// An event with its place in the log. Nothing of it ever changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Whose log.
    pub tenant_id: TenantId,
    /// Position in the tenant's log.
    pub log_seq: LogSeq,
    /// Position in the trace.
    pub trace_seq: TraceSeq,
    /// When the log took it.
    pub recorded_at: Micros,
    /// The authenticated principal that appended it.
    pub recorded_by: String,
    /// What was sent; its `trace_seq` is the stored one.
    pub event: NewEvent,
}

impl NewEvent {
    /// Reads one event from JSON text.
    ///
    /// # Errors
    /// `payload_too_large` beyond the event limit, otherwise as [`json::parse`] and [`Self::from_json`].
    pub fn parse(bytes: &[u8], rules: &Rules) -> Result<Self, Violation> {
        if bytes.len() > rules.limits.event_bytes {
            return Err(too_large(rules));
        }
        Self::from_json(&json::parse(bytes, &rules.limits)?, rules)
    }

    /// Validates one event (semantics, sections 5.1 and 5.4). The first failure wins, and says in its details everything
    /// that is wrong with the shape.
    ///
    /// Strict order: envelope and its domains, payload is an object, floats, payload shape and domains, secrets.
    /// Reference order: envelope types and key, payload shape, secrets, floats.
    ///
    /// # Errors
    /// `invalid_argument`, `schema_violation`, `pii_policy_violation` or `payload_too_large`, with a pointer.
    pub fn from_json(value: &Json<'_>, rules: &Rules) -> Result<Self, Violation> {
        let mut problems = Problems::default();
        let (mut event, event_type, payload) = envelope::read(value, rules, &mut problems)?;
        match rules.profile {
            Profile::Strict => {
                if payload.as_object().is_none() {
                    problems.add(Violation::argument("payload must be an object").at("/payload"));
                }
                event.seal(payload, rules, &mut problems);
                shape::check(event_type, payload, rules, &mut problems);
                problems.none()?;
                guard::scan(&event, payload, rules.guard)?;
            }
            Profile::Reference => {
                shape::check(event_type, payload, rules, &mut problems);
                problems.none()?;
                guard::scan(&event, payload, rules.guard)?;
                let mut problems = Problems::default();
                event.seal(payload, rules, &mut problems);
                problems.none()?;
            }
        }
        Ok(event)
    }

    /// Canonicalises and hashes the payload.
    fn seal(&mut self, payload: &Json<'_>, rules: &Rules, problems: &mut Problems) {
        if depth(payload) > rules.limits.depth {
            let message = format!("the payload nests deeper than {} levels", rules.limits.depth);
            return problems.add(Violation::argument(message).because("too_deep").at("/payload"));
        }
        if json::write_canonical(payload, &mut self.payload_json).is_err() {
            return floats(payload, "/payload", problems);
        }
        if self.payload_json.len() > rules.limits.event_bytes {
            return problems.add(too_large(rules));
        }
        self.payload_hash = Hash32::of(self.payload_json.as_bytes());
    }
}

fn too_large(rules: &Rules) -> Violation {
    Violation::new(ErrorCode::PayloadTooLarge, format!("the event is larger than {} bytes", rules.limits.event_bytes))
        .because("too_large")
}

/// Every number that has no canonical form.
fn floats(value: &Json<'_>, at: &str, problems: &mut Problems) {
    match value {
        Json::Float(spelling) => problems.add(json::float(spelling).at(at)),
        Json::List(items) => {
            items.iter().enumerate().for_each(|(number, item)| floats(item, &format!("{at}/{number}"), problems));
        }
        Json::Object(entries) => entries.iter().for_each(|(key, item)| {
            floats(item, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), problems);
        }),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Text(_) => {}
    }
}

fn depth(value: &Json<'_>) -> usize {
    match value {
        Json::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Json::Object(entries) => 1 + entries.iter().map(|(_, item)| depth(item)).max().unwrap_or(0),
        Json::Null | Json::Bool(_) | Json::Int(_) | Json::Float(_) | Json::Text(_) => 0,
    }
}
