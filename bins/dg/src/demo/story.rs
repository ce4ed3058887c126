//! One trace of a demo, told from its start to where it stands.

use std::collections::BTreeMap;

use dg_client::{Actor, Event, Source};
use dg_domain::Micros;
use serde_json::{Value, json};

use super::{
    catalog::{Scenario, Values},
    chance::Chance,
};

/// Where a trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The policy had nothing against it.
    Allowed,
    /// The same, and the action did not work.
    Failed,
    /// The policy forbade it.
    Denied,
    /// An exception was asked for, and nobody has decided.
    Open,
    /// Somebody approved the exception.
    Approved,
    /// Somebody rejected it.
    Rejected,
    /// Somebody who may overrode the policy.
    Overridden,
}

impl Ending {
    /// Whether it is about an exception.
    pub(super) const fn is_exception(self) -> bool {
        matches!(self, Self::Open | Self::Approved | Self::Rejected | Self::Overridden)
    }
}

/// What a trace is about.
#[derive(Clone, Debug)]
pub(super) struct Case<'c> {
    pub(super) trace_id: String,
    pub(super) scenario: &'static Scenario,
    /// Seconds since 1970.
    pub(super) starts: i64,
    pub(super) ending: Ending,
    /// An earlier trace that the agent points at.
    pub(super) cites: Option<&'c str>,
    pub(super) tags: &'c [&'c str],
    /// What else its first event says.
    pub(super) context: BTreeMap<&'c str, String>,
}

impl Case<'_> {
    /// The exception of the trace, if it asks for one.
    pub(super) fn exception_id(&self) -> String {
        format!("ex-{}", self.trace_id)
    }

    /// The review of that.
    pub(super) fn workflow_id(&self) -> String {
        dg_client::exception_workflow(&self.trace_id, &self.exception_id())
    }

    /// Its events in order, each later than the one before. All within five hours of the start.
    pub(super) fn events(&self, chance: &mut Chance) -> Vec<Event> {
        let mut teller = Teller { case: self, at: self.starts, events: Vec::new() };
        teller.observe(chance);
        match self.ending {
            Ending::Denied => teller.finish("failure", "The policy forbids it."),
            Ending::Allowed => teller.act(chance, true),
            Ending::Failed => teller.act(chance, false),
            Ending::Open => teller.ask(chance),
            Ending::Rejected => {
                teller.ask(chance);
                teller.decide(chance, "rejected", false);
                teller.finish("failure", "The exception was rejected.");
            }
            Ending::Approved | Ending::Overridden => {
                teller.ask(chance);
                teller.decide(chance, "approved", self.ending == Ending::Overridden);
                teller.act(chance, true);
            }
        }
        teller.events
    }
}

struct Teller<'c> {
    case: &'c Case<'c>,
    at: i64,
    events: Vec<Event>,
}

impl Teller<'_> {
    fn say(&mut self, producer_id: &str, actor: Actor, event_type: &str, payload: Value, after_s: i64) {
        let (seq, trace_id) = (self.events.len(), &self.case.trace_id);
        self.at += after_s;
        self.events.push(Event {
            event_id: format!("{trace_id}-{}-{seq}", event_type.to_lowercase()),
            trace_id: trace_id.clone(),
            trace_seq: i64::try_from(seq).ok(),
            event_type: event_type.to_owned(),
            occurred_at: instant(self.at),
            source: Source::new(producer_id, "decisiongraph-demo"),
            actor,
            idempotency_key: format!("{}:{trace_id}:{seq}", event_type.to_lowercase()),
            payload,
            schema_version: 1,
            tags: self.case.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            correlation_id: Some(format!("demo:{trace_id}")),
            causation_event_id: self.events.last().map(|event| event.event_id.clone()),
        });
    }

    fn agent(&mut self, event_type: &str, payload: Value, after_s: i64) {
        let agent = self.case.scenario.agent;
        self.say(agent, Actor::new("agent", agent), event_type, payload, after_s);
    }

    fn policy(&mut self, event_type: &str, payload: Value, after_s: i64) {
        self.say("policy-engine", Actor::new("system", "policy-engine"), event_type, payload, after_s);
    }

    /// What the agent saw, and what the policy says to it.
    fn observe(&mut self, chance: &mut Chance) {
        let Case { scenario, trace_id, ending, .. } = self.case;
        let party = chance.pick(scenario.parties);
        let entity = json!({
            "entity_type": scenario.entity_type, "entity_id": named(scenario.entity_type, party), "system": scenario.system,
        });
        let mut started = json!({
            "workflow": scenario.workflow, "title": format!("{} {party}", scenario.title), "primary_entity": entity,
        });
        if !self.case.context.is_empty() {
            started["context"] = json!(self.case.context);
        }
        self.agent("TraceStarted", started, 0);
        let as_of = instant(self.at);
        let facts: Vec<Value> = scenario
            .facts
            .iter()
            .map(|(key, values)| json!({"key": key, "value": drawn(values, chance), "as_of": as_of}))
            .collect();
        let input = format!("input:{trace_id}");
        self.agent(
            "InputObserved",
            json!({"input_id": input, "source": self.object(), "facts": facts}),
            chance.between(2, 40),
        );
        if chance.percent(60) {
            self.agent(
                "EntityObserved",
                json!({"entity": entity, "role": "primary", "facts": []}),
                chance.between(1, 30),
            );
        }
        if let Some(cited) = self.case.cites {
            let reason = "The same policy, decided for a case like this one.";
            self.agent("PrecedentCited", json!({"cited_trace_id": cited, "reason": reason}), chance.between(1, 20));
        }
        let decision = match ending {
            Ending::Allowed | Ending::Failed => "allow",
            Ending::Denied => "deny",
            Ending::Open | Ending::Approved | Ending::Rejected | Ending::Overridden => "require_exception",
        };
        let (code, message) = scenario.violation;
        let violations = if decision == "allow" { json!([]) } else { json!([{"code": code, "message": message}]) };
        let summary = if decision == "allow" { "Within what the policy allows." } else { message };
        let payload = json!({
            "policy": policy(scenario), "inputs": [input], "decision": decision, "violations": violations,
            "explanation": {"summary": summary},
        });
        self.policy("PolicyEvaluated", payload, chance.between(1, 15));
    }

    fn ask(&mut self, chance: &mut Chance) {
        let scenario = self.case.scenario;
        let object = self.object();
        let locator = format!("{}://{}/{}", scenario.system, scenario.object_type, self.case.trace_id);
        let mut payload = json!({
            "exception_id": self.case.exception_id(), "policy": policy(scenario), "reason": chance.pick(scenario.reasons),
            "evidence": [{"source": object, "locator": locator}],
        });
        let urgency = chance.pick(&["", "urgent", "normal", "normal", "low"]);
        if !urgency.is_empty() {
            payload["priority"] = json!(urgency);
        }
        self.policy("ExceptionRequested", payload, chance.between(1, 60));
    }

    fn decide(&mut self, chance: &mut Chance, decision: &str, over: bool) {
        let approver = chance.pick(self.case.scenario.approvers);
        let subject = if over {
            json!({"subject_type": "override", "subject_id": self.case.workflow_id()})
        } else {
            json!({"subject_type": "exception", "subject_id": self.case.exception_id()})
        };
        let reason = match (decision, over) {
            (_, true) => "The policy does not foresee this case; I answer for it.",
            ("approved", _) => "The case is as described, and earlier ones like it went well.",
            _ => "The evidence does not carry it.",
        };
        let payload = json!({
            "approval_id": format!("approval:{}", self.case.trace_id), "subject": subject, "decision": decision,
            "approver": {"actor_type": "person", "actor_id": approver}, "reason": reason, "evidence": [],
        });
        let after_s = chance.between(5 * 60, 230 * 60);
        self.say("review-desk", Actor::new("person", *approver), "ApprovalRecorded", payload, after_s);
    }

    fn act(&mut self, chance: &mut Chance, works: bool) {
        let Case { scenario, trace_id, .. } = self.case;
        let action_id = format!("action:{trace_id}");
        let (path, values) = &scenario.change;
        let target = json!({"entity_type": scenario.object_type, "entity_id": trace_id, "system": scenario.system});
        let change = json!({"path": path, "old_value": null, "new_value": drawn(values, chance)});
        let payload = json!({
            "action_id": action_id, "action_type": scenario.action_type, "target_entity": target,
            "target_system": scenario.system, "changes": [change],
        });
        self.agent("ActionProposed", payload, chance.between(5, 90));
        let after_s = chance.between(1, 45);
        if works {
            let reference = format!("{}-{}", scenario.system, chance.between(10_000, 99_999));
            let payload = json!({"action_id": action_id, "status": "success", "external_reference": reference});
            self.agent("ActionCommitted", payload, after_s);
            self.finish("success", "Done as it was decided.");
        } else {
            let payload = json!({"action_id": action_id, "status": "failure", "error": "the record is locked"});
            self.agent("ActionCommitted", payload, after_s);
            self.finish("failure", "The target system refused the change.");
        }
    }

    fn finish(&mut self, outcome: &str, summary: &str) {
        self.agent("TraceFinished", json!({"outcome": outcome, "summary": summary}), 4);
    }

    fn object(&self) -> Value {
        let Case { scenario, trace_id, .. } = self.case;
        json!({"system": scenario.system, "object_type": scenario.object_type, "object_id": trace_id})
    }
}

/// Seconds since 1970 as events say them.
pub(super) fn instant(seconds: i64) -> String {
    Micros::new(seconds.saturating_mul(1_000_000)).rfc3339()
}

fn policy(scenario: &Scenario) -> Value {
    json!({"policy_id": scenario.policy_id, "policy_version": scenario.policy_version})
}

fn named(entity_type: &str, party: &str) -> String {
    format!("{entity_type}-{}", party.to_lowercase().replace(' ', "-"))
}

fn drawn(values: &Values, chance: &mut Chance) -> Value {
    match values {
        Values::Between(low, high) => json!({"type": "int", "value": chance.between(*low, *high).to_string()}),
        Values::OneOf(words) => json!({"type": "string", "value": chance.pick(words)}),
    }
}
