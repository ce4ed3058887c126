//! Items as a fold of the log: one event and the item it concerns give the item as it is then.
//!
//! Believed is what stands under a reserved producer, which nobody but the workflow can use ([`crate::ids::is_reserved`]). What
//! arrives from outside can ask for a review and cannot end one: an approval from there is shown on the item and moves nothing.
//! A demo tenant is the exception: its history was recorded elsewhere, and is taken as the reference platform takes it.

mod approved;
mod asked;
mod handled;
mod read;

use dg_domain::{
    EventType, Limits, Micros, StoredEvent, Violation,
    json::{self, Json},
};
use serde_json::{Map, Value};

use self::read::Payload;
use crate::{Actor, Item, Notice, Priority, Status, ids};

/// The types of events that a fold looks at; all others concern no item.
pub const MANAGED: [EventType; 4] = [
    EventType::ExceptionRequested,
    EventType::ApprovalRecorded,
    EventType::WorkflowReviewRequested,
    EventType::WorkflowActionRecorded,
];

/// How a tenant's items are folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Whether the tenant is a demonstration: time is what producers say, and approvals from outside count.
    pub demo: bool,
}

/// What the first event of the reviewed trace says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceFacts {
    /// The workflow that runs in it.
    pub workflow: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// What it is about: type and id.
    pub entity: Option<(String, String)>,
}

impl TraceFacts {
    /// Reads the payload of a `TraceStarted`; one that was damaged says nothing.
    #[must_use]
    pub fn read(payload: &str) -> Self {
        let Ok(payload) = json::parse(payload.as_bytes(), &Limits::SERVICE) else { return Self::default() };
        let text = |key: &str| payload.get(key).and_then(Json::as_str).map(str::to_owned);
        let of_entity = |key: &str| payload.get("primary_entity")?.get(key).and_then(Json::as_str).map(str::to_owned);
        let entity = of_entity("entity_type").zip(of_entity("entity_id"));
        Self { workflow: text("workflow"), title: text("title"), entity }
    }
}

/// An action as tables keep it: one per event.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The id that it has from its maker; events from outside are named after themselves.
    pub action_id: String,
    /// What was done: the word of an [`crate::Action`], or `requested`, `rerequested`, `incident_review_requested`,
    /// `external_approval`.
    pub action_type: String,
    /// Who, as the event says.
    pub actor: Actor,
    /// The account.
    pub account_id: String,
    /// Why, or what was said.
    pub note: Option<String>,
    /// What else belongs to it (workflow, section 3.3).
    pub payload: Map<String, Value>,
    /// Where the item stood then.
    pub resulting_status: Status,
    /// In which round.
    pub round: i64,
    /// When.
    pub created_at: Micros,
}

/// What one event did to one item.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The item as it is now.
    pub item: Item,
    /// What was done.
    pub action: Recorded,
    /// What somebody has to be told.
    pub notices: Vec<Notice>,
}

/// The item that an event concerns; `None` for events that concern none. Says nothing about whether there is such an item.
///
/// # Errors
/// `schema_violation` for a payload that the log would not take today.
pub fn concerns(event: &StoredEvent) -> Result<Option<String>, Violation> {
    if !MANAGED.contains(&event.event.event_type) {
        return Ok(None);
    }
    let payload = Payload::of(event)?;
    let trusted = is_trusted(event);
    match event.event.event_type {
        EventType::ExceptionRequested => {
            Ok(Some(ids::workflow_id(&event.event.trace_id, "exception", payload.text("/exception_id")?)))
        }
        EventType::WorkflowReviewRequested => {
            let subject_type = payload.text("/subject/subject_type")?;
            let subject_id = payload.text("/subject/subject_id")?;
            let trace = if trusted { payload.maybe("/subject/trace_id") } else { None };
            Ok(Some(ids::workflow_id(trace.unwrap_or(&event.event.trace_id), subject_type, subject_id)))
        }
        EventType::ApprovalRecorded if trusted => {
            // The copy in the reviewed trace is for its readers.
            let copy = payload.maybe("/companion_event_id").is_some();
            Ok(if copy { None } else { Some(payload.text("/workflow_id")?.to_owned()) })
        }
        EventType::ApprovalRecorded => {
            let subject_id = payload.text("/subject/subject_id")?;
            Ok(match payload.text("/subject/subject_type")? {
                "override" => Some(subject_id.to_owned()),
                kind @ ("exception" | "trace_review") => {
                    Some(ids::workflow_id(&event.event.trace_id, kind, subject_id))
                }
                _ => None,
            })
        }
        EventType::WorkflowActionRecorded if trusted => Ok(Some(payload.text("/workflow_id")?.to_owned())),
        _ => Ok(None),
    }
}

/// The trace whose first event [`Fold::apply`] wants to know when the item is not there yet.
///
/// # Errors
/// As [`concerns`].
pub fn subject_trace(event: &StoredEvent) -> Result<String, Violation> {
    let payload = Payload::of(event)?;
    let named = if is_trusted(event) { payload.maybe("/subject/trace_id") } else { None };
    Ok(named.unwrap_or(&event.event.trace_id).to_owned())
}

impl Fold {
    /// What an event does to the item it concerns. `None` when it does nothing: an approval of what is not there.
    ///
    /// # Errors
    /// A violation when the event cannot be applied; the item stays as it was, and the event is set aside.
    pub fn apply(
        self,
        item: Option<&Item>,
        event: &StoredEvent,
        trace: &TraceFacts,
    ) -> Result<Option<Step>, Violation> {
        let payload = Payload::of(event)?;
        let mut step = match (event.event.event_type, item) {
            (EventType::ExceptionRequested, item) => Some(asked::exception(self, item, event, &payload, trace)?),
            (EventType::WorkflowReviewRequested, item) => Some(asked::review(self, item, event, &payload, trace)?),
            (EventType::ApprovalRecorded, Some(item)) => Some(approved::apply(self, item, event, &payload)?),
            (EventType::WorkflowActionRecorded, Some(item)) => Some(handled::apply(self, item, event, &payload)?),
            (EventType::WorkflowActionRecorded, None) => {
                return Err(
                    Violation::schema("the action is about an item that does not exist").at("/payload/workflow_id")
                );
            }
            _ => None,
        };
        if let Some(step) = &mut step {
            step.item.last_source_log_seq = event.log_seq.get();
        }
        Ok(step)
    }

    /// The clock that counts: when the log took it, or in a demo what the producer says.
    pub(crate) fn at(self, event: &StoredEvent) -> Micros {
        if self.demo { event.event.occurred_instant } else { event.recorded_at }
    }
}

/// Whether the workflow wrote it.
fn is_trusted(event: &StoredEvent) -> bool {
    ids::is_reserved(&event.event.source.producer_id)
}

fn actor_of(event: &StoredEvent) -> Actor {
    Actor { actor_type: event.event.actor.actor_type.clone(), actor_id: event.event.actor.actor_id.clone() }
}

/// The row of an action, but for what it says.
fn recorded(fold: Fold, item: &Item, event: &StoredEvent, word: &str) -> Recorded {
    Recorded {
        action_id: format!("wfa:event:{}", event.event.event_id),
        action_type: word.to_owned(),
        actor: actor_of(event),
        account_id: event.recorded_by.clone(),
        note: None,
        payload: Map::new(),
        resulting_status: item.status,
        round: item.round,
        created_at: fold.at(event),
    }
}

/// Marks an item as changed by an action.
fn touch(item: &mut Item, word: &str, at: Micros) {
    item.version += 1;
    item.updated_at = at;
    item.last_action_type = Some(word.to_owned());
    item.last_action_at = Some(at);
}

/// The priority that a request names; settings say it where that is none.
#[must_use]
pub fn asked_priority(event: &StoredEvent) -> Option<Priority> {
    asked::priority(&Payload::of(event).ok()?)
}

/// Adds to one room of the metadata; what is there and is not said again stays.
fn merge(metadata: &mut Map<String, Value>, room: &str, news: Map<String, Value>) {
    let there = metadata.entry(room).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(there) = there {
        there.extend(news.into_iter().filter(|(_, value)| !value.is_null()));
    }
}

#[cfg(test)]
mod tests;
