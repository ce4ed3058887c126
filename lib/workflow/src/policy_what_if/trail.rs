//! What a trace observed and what its policy said of it, event by event.

use dg_domain::{EventType, Limits, json};

use super::{PolicyDecision, Recorded};
use crate::facts::Facts;

/// A trace as one policy saw it.
#[derive(Clone, Debug)]
pub struct Trail<'a> {
    policy_id: &'a str,
    policy_version: Option<&'a str>,
    facts: Facts,
    last: Option<(PolicyDecision, Facts)>,
}

impl<'a> Trail<'a> {
    /// A trace of which nothing is read yet; without a version every version of the policy counts.
    #[must_use]
    pub fn of(policy_id: &'a str, policy_version: Option<&'a str>) -> Self {
        Self { policy_id, policy_version, facts: Facts::default(), last: None }
    }

    /// Takes in its next event. A payload that was erased says nothing.
    pub fn read(&mut self, event_type: EventType, payload_json: &str) {
        match event_type {
            EventType::InputObserved | EventType::EntityObserved => self.facts.observe(payload_json),
            EventType::PolicyEvaluated => {
                if let Some(decision) = self.decision(payload_json) {
                    self.last = Some((decision, self.facts.clone()));
                }
            }
            _ => {}
        }
    }

    fn decision(&self, payload_json: &str) -> Option<PolicyDecision> {
        let payload = json::parse(payload_json.as_bytes(), &Limits::SERVICE).ok()?;
        let policy = payload.get("policy")?;
        let is_it = policy.get("policy_id")?.as_str()? == self.policy_id;
        let version = policy.get("policy_version")?.as_str()?;
        let counts = is_it && self.policy_version.is_none_or(|wanted| wanted == version);
        PolicyDecision::parse(payload.get("decision")?.as_str()?).filter(|_| counts)
    }

    /// What the policy said last, with what had been observed by then; `None` where it was not asked.
    #[must_use]
    pub fn recorded(self, trace_id: &str) -> Option<Recorded> {
        let (decision, facts) = self.last?;
        Some(Recorded { trace_id: trace_id.to_owned(), decision, facts })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(trail: &mut Trail<'_>, event_type: EventType, payload: &Value) {
        trail.read(event_type, &payload.to_string());
    }

    fn amount(value: &str) -> Value {
        json!({"facts": [{"key": "amount", "value": value}]})
    }

    fn said(policy_id: &str, version: &str, decision: &str) -> Value {
        json!({"policy": {"policy_id": policy_id, "policy_version": version}, "inputs": [], "decision": decision})
    }

    #[test]
    fn the_last_word_counts_with_what_was_known_then() {
        let mut trail = Trail::of("refunds", None);
        read(&mut trail, EventType::InputObserved, &amount("10"));
        read(&mut trail, EventType::PolicyEvaluated, &said("refunds", "1", "allow"));
        read(&mut trail, EventType::EntityObserved, &amount("20"));
        read(&mut trail, EventType::PolicyEvaluated, &said("refunds", "2", "deny"));
        let mut first = trail.clone();
        first.policy_version = Some("1");
        read(&mut trail, EventType::PolicyEvaluated, &said("limits", "2", "allow"));
        read(&mut trail, EventType::PolicyEvaluated, &json!({"decision": "allow"}));
        read(&mut trail, EventType::InputObserved, &amount("30"));
        let recorded = trail.recorded("a").unwrap();
        assert_eq!((recorded.decision, recorded.facts.get("amount")), (PolicyDecision::Deny, Some("20")));
        // Another version than the wanted one changes nothing any more.
        read(&mut first, EventType::PolicyEvaluated, &said("refunds", "3", "allow"));
        assert_eq!(first.recorded("a").unwrap().decision, PolicyDecision::Deny);
    }

    #[test]
    fn a_policy_that_was_not_asked_said_nothing() {
        let mut trail = Trail::of("refunds", Some("2"));
        read(&mut trail, EventType::PolicyEvaluated, &said("refunds", "1", "allow"));
        trail.read(EventType::PolicyEvaluated, "erased");
        assert_eq!(trail.recorded("a"), None);
    }
}
