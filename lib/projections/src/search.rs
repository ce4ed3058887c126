//! What a trace is found by: terms and numbers out of its events.
//!
//! A trace has every term and number of every event of it, so they only ever grow, and any way to cut the log into batches
//! gives the same sets. What is not yet so has no term: an open trace has neither `outcome:…` nor `status:finished`. One
//! event adds at most [`EVENT_TERMS`] terms and [`EVENT_FACTS`] numbers; what identifies comes first, words come last.

use std::collections::BTreeSet;

use dg_domain::{StoredEvent, event::Payload, json::Json};

use crate::trace_index::COMPANION_PREFIX;

mod fact;
mod filter;
pub mod number;
pub mod term;

pub use fact::{FactFilter, NoComparison};
pub use filter::{CONDITIONS, Condition, Conditions, TraceFilter};

/// Terms that one event adds at most.
pub const EVENT_TERMS: usize = 512;
/// Numbers that one event adds at most.
pub const EVENT_FACTS: usize = 128;

/// The types of a value that say it is a number.
const NUMBER_TYPES: [&str; 3] = ["int", "decimal", "number"];

/// What a trace is found by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchTerms {
    /// As [`term`] spells them.
    pub terms: BTreeSet<String>,
    /// Key, as [`term::fact_key`] spells it, and millionths, as [`number::millionths`] counts them.
    pub facts: BTreeSet<(String, i64)>,
}

impl SearchTerms {
    /// Takes in one event; `document` is its payload.
    pub fn observe(&mut self, stored: &StoredEvent, payload: &Payload<'_>, document: &Json<'_>) {
        let mut event = Event::default();
        event.identify(stored, payload, document);
        for name in ["facts", "inputs"] {
            document.get(name).and_then(Json::as_list).unwrap_or_default().iter().for_each(|fact| event.fact(fact));
        }
        event.describe(payload, document);
        self.unite(event.found);
    }

    /// Takes in what other events brought.
    pub fn unite(&mut self, other: Self) {
        self.terms.extend(other.terms);
        self.facts.extend(other.facts);
    }
}

/// One event's share, within the bounds.
#[derive(Default)]
struct Event {
    found: SearchTerms,
}

impl Event {
    fn is_full(&self) -> bool {
        self.found.terms.len() >= EVENT_TERMS
    }

    fn add(&mut self, term: String) {
        if !self.is_full() {
            self.found.terms.insert(term);
        }
    }

    /// What others refer to by name.
    fn identify(&mut self, stored: &StoredEvent, payload: &Payload<'_>, document: &Json<'_>) {
        let actor = &stored.event.actor;
        self.add(term::actor(&actor.actor_type, &actor.actor_id));
        let decision = document.get("decision").and_then(Json::as_str);
        match *payload {
            Payload::TraceStarted { workflow, entity_type, entity_id, .. } => {
                self.add(term::workflow(workflow));
                if stored.event.trace_id.starts_with(COMPANION_PREFIX) {
                    self.add(term::companion());
                }
                self.add(term::primary(entity_type, entity_id));
                self.entity(entity_type, entity_id);
            }
            Payload::EntityObserved { entity_type, entity_id }
            | Payload::ActionProposed { entity_type, entity_id, .. } => {
                self.entity(entity_type, entity_id);
            }
            Payload::PolicyEvaluated { policy } | Payload::ExceptionRequested { policy, .. } => {
                self.add(term::policy(policy.policy_id));
                self.add(term::policy_version(policy.policy_id, policy.policy_version));
            }
            Payload::ApprovalRecorded { approver_type, approver_id, .. } => {
                self.add(term::actor(approver_type, approver_id));
            }
            Payload::TraceFinished { outcome } => {
                self.add(term::outcome(outcome));
                self.add(term::finished());
            }
            Payload::InputObserved { .. }
            | Payload::PrecedentCited { .. }
            | Payload::ActionCommitted { .. }
            | Payload::Workflow => {}
        }
        if let (Payload::PolicyEvaluated { .. } | Payload::ApprovalRecorded { .. }, Some(decision)) =
            (payload, decision)
        {
            self.add(term::decision(decision));
        }
        stored.event.tags.iter().for_each(|tag| self.add(term::tag(tag)));
    }

    fn entity(&mut self, entity_type: &str, entity_id: &str) {
        self.add(term::entity_type(entity_type));
        self.add(term::entity(entity_type, entity_id));
    }

    /// A fact of the contract; anything else in the list is passed over.
    fn fact(&mut self, fact: &Json<'_>) {
        let (Some(key), Some(value)) = (fact.get("key").and_then(Json::as_str), fact.get("value")) else { return };
        let (kind, value) = match value.get("type").and_then(Json::as_str) {
            Some(kind) => (Some(kind), value.get("value").unwrap_or(&Json::Null)),
            None => (None, value),
        };
        let text = match value {
            Json::Text(text) => text.as_ref(),
            Json::Int(digits) => digits,
            Json::Bool(true) => "true",
            Json::Bool(false) => "false",
            Json::Null | Json::Float(_) | Json::List(_) | Json::Object(_) => return,
        };
        self.add(term::fact_known(key));
        self.add(term::fact(key, text));
        let counts = kind.map_or(matches!(value, Json::Int(_)), |kind| NUMBER_TYPES.contains(&kind));
        if let (true, Some(millionths)) = (counts, number::millionths(text))
            && self.found.facts.len() < EVENT_FACTS
        {
            self.found.facts.insert((term::fact_key(key), millionths));
        }
    }

    /// Words a person would remember. Ids are not taken apart: they are found whole, as what they are.
    fn describe(&mut self, payload: &Payload<'_>, document: &Json<'_>) {
        match *payload {
            Payload::TraceStarted { workflow, title, .. } => {
                [title, workflow].into_iter().for_each(|text| self.words(text));
            }
            Payload::ExceptionRequested { .. } | Payload::ApprovalRecorded { .. } => {
                self.words(document.get("reason").and_then(Json::as_str).unwrap_or_default());
            }
            Payload::InputObserved { .. }
            | Payload::EntityObserved { .. }
            | Payload::PolicyEvaluated { .. }
            | Payload::PrecedentCited { .. }
            | Payload::ActionProposed { .. }
            | Payload::ActionCommitted { .. }
            | Payload::TraceFinished { .. }
            | Payload::Workflow => {}
        }
    }

    fn words(&mut self, text: &str) {
        for word in term::words(text) {
            if self.is_full() {
                return;
            }
            self.add(word);
        }
    }
}

#[cfg(test)]
mod tests;
