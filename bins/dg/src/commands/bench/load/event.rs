//! One decision and its events: who decides about what, under which policy, with which facts.

use serde_json::{Value, json};

use super::filling::filling;

const WORKFLOWS: [&str; 5] = ["renewal", "refund", "credit-line", "onboarding", "write-off"];
const CUSTOMERS: [&str; 12] =
    ["Alder", "Birch", "Cedar", "Damson", "Elm", "Fir", "Ginkgo", "Hazel", "Juniper", "Larch", "Maple", "Rowan"];
const REGIONS: [&str; 4] = ["emea", "apac", "amer", "nordics"];
/// So many policies, deciding agents, approving people and accounts there are.
const POLICIES: usize = 20;
const AGENTS: usize = 10;
const PEOPLE: usize = 50;
const ACCOUNTS: usize = 5_000;

/// A decision. Everything in it follows from its number, so that reads know what they will find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Decision {
    trace: usize,
    length: usize,
}

impl Decision {
    /// `length` is at least [`super::EVENTS_PER_TRACE`].
    pub(super) const fn new(trace: usize, length: usize) -> Self {
        Self { trace, length }
    }

    /// How many events it has.
    pub(super) const fn length(self) -> usize {
        self.length
    }

    pub(in super::super) const fn is_long(self) -> bool {
        self.length > super::EVENTS_PER_TRACE
    }

    pub(in super::super) fn trace_id(self) -> String {
        format!("trace-{:012}-renewal-bench", self.trace)
    }

    pub(in super::super) fn policy_id(self) -> String {
        format!("discount-cap-{}", self.choice(1, POLICIES))
    }

    fn agent_id(self) -> String {
        format!("agent-{}", self.choice(2, AGENTS))
    }

    pub(in super::super) fn approver_id(self) -> String {
        format!("person-{}", self.choice(3, PEOPLE))
    }

    /// Who decides, as searches name an actor.
    pub(in super::super) fn actor(self) -> String {
        format!("agent:{}", self.agent_id())
    }

    pub(in super::super) fn account_id(self) -> String {
        format!("account-{:04}", self.choice(4, ACCOUNTS))
    }

    pub(in super::super) fn workflow(self) -> &'static str {
        WORKFLOWS[self.choice(5, WORKFLOWS.len())]
    }

    pub(in super::super) fn customer(self) -> &'static str {
        CUSTOMERS[self.choice(6, CUSTOMERS.len())]
    }

    pub(in super::super) fn region(self) -> &'static str {
        REGIONS[self.choice(7, REGIONS.len())]
    }

    /// One in eight fails.
    pub(in super::super) fn outcome(self) -> &'static str {
        if self.choice(8, 8) == 0 { "failure" } else { "success" }
    }

    /// A fact of its inputs, 100 to 9,999.
    pub(in super::super) fn amount(self) -> usize {
        100 + self.choice(9, 9_900)
    }

    /// One of `count`, evenly spread over the decisions, and independent of the choices under another `salt`.
    fn choice(self, salt: u64, count: usize) -> usize {
        let mut mixed = (self.trace as u64).wrapping_mul(31).wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed >> 33) % count as u64).unwrap_or(0)
    }

    /// The type of an event and what it says, without the filling.
    fn content(self, seq: usize) -> (&'static str, Value) {
        let trace = self.trace;
        let policy = json!({"policy_id": self.policy_id(), "policy_version": "2026.03"});
        let entity = json!({"entity_type": "account", "entity_id": self.account_id(), "system": "crm"});
        let exception = format!("exc-{trace:09}");
        let action = format!("act-{trace:09}");
        // A long decision has more inputs.
        let step = if seq == 0 { 0 } else { (seq + super::EVENTS_PER_TRACE).saturating_sub(self.length).max(1) };
        match step {
            0 => {
                let title = format!("{} asks for more, case {trace}", self.customer());
                ("TraceStarted", json!({"workflow": self.workflow(), "title": title, "primary_entity": entity}))
            }
            1 | 2 => {
                let facts = json!([
                    {"key": "amount", "value": {"type": "int", "value": self.amount().to_string()}},
                    {"key": "region", "value": {"type": "string", "value": self.region()}},
                ]);
                let source =
                    json!({"system": "crm", "object_type": "opportunity", "object_id": format!("opp-{trace}")});
                let input_id = format!("input-{trace:09}-{seq}");
                ("InputObserved", json!({"input_id": input_id, "facts": facts, "source": source}))
            }
            3 => {
                let contract = json!({"entity_type": "contract", "entity_id": format!("contract-{trace:09}")});
                ("EntityObserved", json!({"entity": contract, "role": "related", "facts": []}))
            }
            4 => ("PolicyEvaluated", json!({"policy": policy, "inputs": [], "decision": "require_exception"})),
            5 => {
                ("ExceptionRequested", json!({"exception_id": exception, "policy": policy, "reason": "above the cap"}))
            }
            6 => (
                "ApprovalRecorded",
                json!({"approval_id": format!("appr-{trace:09}"), "decision": "approved",
                       "subject": {"subject_type": "exception", "subject_id": exception},
                       "approver": {"actor_type": "person", "actor_id": self.approver_id()}}),
            ),
            7 => (
                "ActionProposed",
                json!({"action_id": action, "action_type": "update", "target_entity": entity, "target_system": "crm", "changes": []}),
            ),
            8 => ("ActionCommitted", json!({"action_id": action, "status": "success"})),
            _ => ("TraceFinished", json!({"outcome": self.outcome()})),
        }
    }

    /// An event with a payload of about `payload_bytes`.
    pub(super) fn event(self, seq: usize, payload_bytes: usize) -> Value {
        let trace = self.trace;
        let (event_type, mut payload) = self.content(seq);
        let bare = payload.to_string().len();
        payload["note"] = Value::String(filling(trace * self.length + seq, payload_bytes.saturating_sub(bare + 10)));
        json!({
            "event_id": format!("evt-{trace:012}-{seq:04}-bench"),
            "trace_id": self.trace_id(),
            "trace_seq": seq,
            "event_type": event_type,
            "occurred_at": occurred_at(trace, seq),
            "source": {"producer_id": "renewal-agent-service", "system": "orchestrator", "subsystem": null},
            "actor": {"actor_type": "agent", "actor_id": self.agent_id()},
            "correlation_id": null,
            "causation_event_id": null,
            "idempotency_key": format!("renewal:{trace:012}:{seq:04}"),
            "schema_version": 1,
            "payload": payload,
            "tags": ["bench", self.region()],
        })
    }
}

/// Decisions begin a second after one another, their events a millisecond.
fn occurred_at(trace: usize, seq: usize) -> String {
    let (day, second) = (trace / 86_400 % 28 + 1, trace % 86_400);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}.{seq:03}Z")
}

#[cfg(test)]
mod tests {
    use dg_domain::{GuardMode, NewEvent, Rules};

    use super::*;

    #[test]
    fn every_event_is_one_the_service_takes() {
        for length in [super::super::EVENTS_PER_TRACE, super::super::EVENTS_OF_LONG_TRACE] {
            for seq in 0..length {
                let text = Decision::new(7, length).event(seq, 800).to_string();
                let event = NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap();
                assert!((780..=820).contains(&event.payload_json.len()), "{}", event.payload_json.len());
            }
        }
    }

    #[test]
    fn choices_are_spread_and_independent() {
        let mut pairs = std::collections::BTreeSet::new();
        for trace in 0..10_000 {
            let decision = Decision::new(trace, 10);
            pairs.insert((decision.policy_id(), decision.agent_id()));
        }
        assert_eq!(pairs.len(), POLICIES * AGENTS);
    }
}
