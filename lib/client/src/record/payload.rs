//! Payloads, one per type of event.
//!
//! Keys that are optional and empty are left out, exactly as the reference does it, because a payload is hashed as it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::values::{
    ActionStatus, ApprovalDecision, Change, Entity, EntityRole, Evidence, Fact, InputSource, Outcome, Policy,
    PolicyDecision, Subject, Violation,
};
use crate::Actor;

/// A payload that says which type of event it is of.
pub trait Payload: Serialize {
    /// `event_type` of its event.
    const EVENT_TYPE: &'static str;
}

macro_rules! setters {
    ($($(#[$about:meta])* $name:ident: $given:ty;)*) => {
        $($(#[$about])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<$given>) -> Self {
            self.$name = Some($name.into());
            self
        })*
    };
}

macro_rules! payloads {
    ($($name:ident)*) => {
        $(impl Payload for $name {
            const EVENT_TYPE: &'static str = stringify!($name);
        })*
    };
}

payloads!(TraceStarted InputObserved EntityObserved PolicyEvaluated ExceptionRequested ApprovalRecorded PrecedentCited
    ActionProposed ActionCommitted TraceFinished);

/// A decision begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceStarted {
    /// Which process of the business.
    pub workflow: String,
    /// For people.
    pub title: String,
    /// What it is about.
    pub primary_entity: Entity,
    /// More to know.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, String>,
}

impl TraceStarted {
    /// Without context.
    pub fn new(workflow: impl Into<String>, title: impl Into<String>, primary_entity: Entity) -> Self {
        Self { workflow: workflow.into(), title: title.into(), primary_entity, context: BTreeMap::new() }
    }

    /// One more thing to know.
    #[must_use]
    pub fn context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.insert(key.into(), value.into());
        self
    }
}

/// The agent read something: what, from where, and what it said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputObserved {
    /// Names it in this trace.
    pub input_id: String,
    /// Where it was read.
    #[serde(rename = "source")]
    pub input_source: InputSource,
    /// What it said.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

impl InputObserved {
    /// Without facts.
    pub fn new(input_id: impl Into<String>, input_source: InputSource) -> Self {
        Self { input_id: input_id.into(), input_source, facts: Vec::new() }
    }

    /// What it said.
    #[must_use]
    pub fn facts(mut self, facts: impl IntoIterator<Item = Fact>) -> Self {
        self.facts.extend(facts);
        self
    }
}

/// A thing plays a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityObserved {
    /// The thing.
    pub entity: Entity,
    /// Its part.
    pub role: EntityRole,
    /// What is known of it.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

impl EntityObserved {
    /// Without facts.
    #[must_use]
    pub fn new(entity: Entity, role: EntityRole) -> Self {
        Self { entity, role, facts: Vec::new() }
    }

    /// What is known of it.
    #[must_use]
    pub fn facts(mut self, facts: impl IntoIterator<Item = Fact>) -> Self {
        self.facts.extend(facts);
        self
    }
}

/// A policy was evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEvaluated {
    /// Which one.
    pub policy: Policy,
    /// On what: ids of inputs.
    pub inputs: Vec<Value>,
    /// What it said.
    pub decision: PolicyDecision,
    /// Rules that were not met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// Why it said so.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub explanation: Map<String, Value>,
}

impl PolicyEvaluated {
    /// Without inputs, violations and explanation.
    #[must_use]
    pub fn new(policy: Policy, decision: PolicyDecision) -> Self {
        Self { policy, inputs: Vec::new(), decision, violations: Vec::new(), explanation: Map::new() }
    }

    /// What it was evaluated on.
    #[must_use]
    pub fn inputs<T: Into<String>>(mut self, inputs: impl IntoIterator<Item = T>) -> Self {
        self.inputs.extend(inputs.into_iter().map(|input| Value::String(input.into())));
        self
    }

    /// Rules that were not met.
    #[must_use]
    pub fn violations(mut self, violations: impl IntoIterator<Item = Violation>) -> Self {
        self.violations.extend(violations);
        self
    }

    /// Why it said so.
    #[must_use]
    pub fn explanation(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.explanation.insert(key.into(), value.into());
        self
    }
}

/// An exception to a policy is asked for; people decide about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionRequested {
    /// Names it.
    pub exception_id: String,
    /// From which policy.
    pub policy: Policy,
    /// Why.
    pub reason: String,
    /// What the reason rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

impl ExceptionRequested {
    /// Without evidence.
    pub fn new(exception_id: impl Into<String>, policy: Policy, reason: impl Into<String>) -> Self {
        Self { exception_id: exception_id.into(), policy, reason: reason.into(), evidence: Vec::new() }
    }

    /// What the reason rests on.
    #[must_use]
    pub fn evidence(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// Somebody decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRecorded {
    /// Names the decision.
    pub approval_id: String,
    /// What it is about.
    pub subject: Subject,
    /// Who decided.
    pub approver: Actor,
    /// What.
    pub decision: ApprovalDecision,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the reason rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

impl ApprovalRecorded {
    /// Without a reason.
    pub fn new(approval_id: impl Into<String>, subject: Subject, approver: Actor, decision: ApprovalDecision) -> Self {
        Self { approval_id: approval_id.into(), subject, approver, decision, reason: None, evidence: Vec::new() }
    }

    setters! {
        /// Why.
        reason: String;
    }

    /// What the reason rests on.
    #[must_use]
    pub fn evidence(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// An earlier decision was taken into account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrecedentCited {
    /// The earlier decision.
    pub cited_trace_id: String,
    /// Why it counts.
    pub reason: String,
    /// How like it is: a text, because a number with a fraction cannot be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity_score: Option<String>,
}

impl PrecedentCited {
    /// Without a score.
    pub fn new(cited_trace_id: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { cited_trace_id: cited_trace_id.into(), reason: reason.into(), similarity_score: None }
    }

    setters! {
        /// How like it is.
        similarity_score: String;
    }
}

/// The agent is about to do something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionProposed {
    /// Names it.
    pub action_id: String,
    /// What kind of thing it does.
    pub action_type: String,
    /// To what.
    pub target_entity: Entity,
    /// In which system.
    pub target_system: String,
    /// What it changes there.
    #[serde(default)]
    pub changes: Vec<Change>,
}

impl ActionProposed {
    /// Without changes.
    pub fn new(
        action_id: impl Into<String>,
        action_type: impl Into<String>,
        target_entity: Entity,
        target_system: impl Into<String>,
    ) -> Self {
        let (action_id, action_type, target_system) = (action_id.into(), action_type.into(), target_system.into());
        Self { action_id, action_type, target_entity, target_system, changes: Vec::new() }
    }

    /// What it changes.
    #[must_use]
    pub fn changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.extend(changes);
        self
    }
}

/// It was done, or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionCommitted {
    /// Which action.
    pub action_id: String,
    /// How it went.
    pub status: ActionStatus,
    /// Its name in the other system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_reference: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ActionCommitted {
    /// Without a reference and an error.
    pub fn new(action_id: impl Into<String>, status: ActionStatus) -> Self {
        Self { action_id: action_id.into(), status, external_reference: None, error: None }
    }

    setters! {
        /// Its name in the other system.
        external_reference: String;
        /// What went wrong.
        error: String;
    }
}

/// The decision is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceFinished {
    /// How it ended.
    pub outcome: Outcome,
    /// In a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

impl TraceFinished {
    /// Without a summary.
    #[must_use]
    pub fn new(outcome: Outcome) -> Self {
        Self { outcome, summary: None }
    }

    setters! {
        /// In a sentence.
        summary: String;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(payload: &impl Serialize, expected: &Value) {
        assert_eq!(&serde_json::to_value(payload).unwrap(), expected);
    }

    #[test]
    fn optional_keys_are_left_out_as_the_reference_does_it() {
        let order = Entity::new("order", "17");
        check(
            &TraceStarted::new("w", "t", order.clone()),
            &json!({"workflow": "w", "title": "t",
                "primary_entity": {"entity_type": "order", "entity_id": "17", "system": null}}),
        );
        check(
            &InputObserved::new("i", InputSource::new("s", "o", "1")).facts([Fact::new("n", 3)]),
            &json!({"input_id": "i", "source": {"system": "s", "object_type": "o", "object_id": "1", "locator": null},
                "facts": [{"key": "n", "value": {"type": "int", "value": "3"}, "as_of": null}]}),
        );
        check(
            &PolicyEvaluated::new(Policy::new("p", "1"), PolicyDecision::RequireException).inputs(["i"]),
            &json!({"policy": {"policy_id": "p", "policy_version": "1"}, "inputs": ["i"], "decision": "require_exception"}),
        );
        check(
            &ActionProposed::new("a", "refund", order, "payments"),
            &json!({"action_id": "a", "action_type": "refund", "target_system": "payments", "changes": [],
                "target_entity": {"entity_type": "order", "entity_id": "17", "system": null}}),
        );
        check(&ActionCommitted::new("a", ActionStatus::Partial), &json!({"action_id": "a", "status": "partial"}));
        check(&TraceFinished::new(Outcome::Abandoned), &json!({"outcome": "abandoned"}));
        let person = Actor::new("person", "ana");
        check(
            &ApprovalRecorded::new("ok", Subject::exception("x"), person, ApprovalDecision::Approved).reason("fine"),
            &json!({"approval_id": "ok", "subject": {"subject_type": "exception", "subject_id": "x"},
                "approver": {"actor_type": "person", "actor_id": "ana"}, "decision": "approved", "reason": "fine"}),
        );
        check(
            &PrecedentCited::new("t", "alike").similarity_score("0.9"),
            &json!({"cited_trace_id": "t", "reason": "alike", "similarity_score": "0.9"}),
        );
        assert_eq!(EntityObserved::EVENT_TYPE, "EntityObserved");
    }
}
