//! Events that a command or the clock wants in the log.

use dg_domain::{EventType, Micros};
use serde_json::{Map, Value, json};

use crate::{Actor, Companion, Item, ids};

/// An event before it is validated, canonicalised and placed. Everything in it is derived from what was asked for, so that a
/// retry makes the same one.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Where it goes.
    pub trace_id: String,
    /// What happened.
    pub event_type: EventType,
    /// Its id.
    pub event_id: String,
    /// Its idempotency key under [`Self::producer_id`].
    pub idempotency_key: String,
    /// One of the reserved producers of [`ids`].
    pub producer_id: &'static str,
    /// Who did it.
    pub actor: Actor,
    /// When.
    pub at: Micros,
    /// The event that it follows from.
    pub causation_event_id: Option<String>,
    /// The item, as correlation.
    pub workflow_id: String,
    /// What it says.
    pub payload: Map<String, Value>,
}

impl Draft {
    /// The event as whoever sends events writes it, without a position.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "event_id": self.event_id,
            "trace_id": self.trace_id,
            "event_type": self.event_type.as_str(),
            "occurred_at": self.at.rfc3339(),
            "source": {"system": ids::SYSTEM, "subsystem": "workflow", "producer_id": self.producer_id},
            "actor": {"actor_type": self.actor.actor_type, "actor_id": self.actor.actor_id},
            "correlation_id": correlation(&self.workflow_id),
            "causation_event_id": self.causation_event_id,
            "idempotency_key": self.idempotency_key,
            "schema_version": 1,
            "tags": ["workflow"],
            "payload": self.payload,
        })
    }
}

fn correlation(workflow_id: &str) -> String {
    ids::event_id(&format!("workflow:{workflow_id}"))
}

/// Makes the events of one act on one item: they share who, when and the key that makes a retry the same act.
#[derive(Clone, Debug)]
pub struct Drafter<'a> {
    /// The item.
    pub workflow_id: &'a str,
    /// The event that asked for it.
    pub causation: Option<&'a str>,
    /// A reserved producer.
    pub producer_id: &'static str,
    /// Who acts.
    pub actor: Actor,
    /// When.
    pub at: Micros,
    /// 16 hexadecimal digits of what was asked for and of its key.
    pub unique: String,
    /// What is done, for the keys.
    pub word: &'a str,
}

impl Drafter<'_> {
    /// One event. `word` tells events of one act apart.
    #[must_use]
    pub fn event(&self, trace_id: &str, event_type: EventType, word: &str, payload: Map<String, Value>) -> Draft {
        let natural = format!("{trace_id}-{word}-{}", self.unique);
        Draft {
            trace_id: trace_id.to_owned(),
            event_type,
            event_id: ids::event_id(&natural),
            idempotency_key: ids::idempotency_key(&format!(
                "workflow:{}:{}:{word}:{}",
                self.workflow_id, self.word, self.unique
            )),
            producer_id: self.producer_id,
            actor: self.actor.clone(),
            at: self.at,
            causation_event_id: self.causation.map(str::to_owned),
            workflow_id: self.workflow_id.to_owned(),
            payload,
        }
    }

    /// The start of a companion trace: a review is a trace that can be read like any other.
    #[must_use]
    pub fn companion_started(&self, trace_id: &str, title: &str, subject_trace: &str) -> Draft {
        let payload = object(json!({
            "workflow": "human_review",
            "title": title,
            "primary_entity": {"entity_type": "trace", "entity_id": subject_trace, "system": ids::SYSTEM},
            "workflow_id": self.workflow_id,
        }));
        self.event(trace_id, EventType::TraceStarted, "review-started", payload)
    }

    /// Where handling of the item goes now, and the start of that trace if it has none. What is said about an item after it was
    /// decided goes into a trace of its own: the companion is finished, and stays as it was.
    #[must_use]
    pub fn place(&self, item: &Item) -> (String, Option<Draft>) {
        let closed = !item.status.is_open();
        let trace_id =
            if closed { ids::afterword_trace(&item.workflow_id, item.round) } else { item.companion_trace() };
        let begun = match item.companion {
            Companion::None => false,
            Companion::Open => !closed,
            Companion::Finished => false,
            Companion::Continued => closed,
        };
        let start = (!begun).then(|| self.companion_started(&trace_id, &item.title, &item.trace_id));
        (trace_id, start)
    }
}

/// The object of a `json!` that is one.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}
