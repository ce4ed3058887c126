//! What is compared of a decision, taken from its events.

use std::collections::BTreeMap;

use dg_client::StoredEvent;
use dg_domain::Micros;
use serde_json::Value;

use crate::moment;

/// What is compared of a decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Case {
    /// What it is about.
    pub(crate) title: Option<String>,
    /// `success`, `failure` or `abandoned`; none while open.
    pub(crate) outcome: Option<String>,
    /// Its workflow.
    pub(crate) workflow: Option<String>,
    /// `account acct-1 in crm`
    pub(crate) entity: Option<String>,
    /// `id @ version`, each once, in the order of their evaluation.
    pub(crate) policies: Vec<String>,
    /// What they said.
    pub(crate) verdicts: Vec<String>,
    /// `code: message`
    pub(crate) violations: Vec<String>,
    /// Why exceptions were asked for.
    pub(crate) reasons: Vec<String>,
    /// `type:id`
    pub(crate) approvers: Vec<String>,
    /// What they decided.
    pub(crate) approvals: Vec<String>,
    /// From the first exception to the decision about it, in words.
    pub(crate) waited_for: Option<String>,
    /// From the first event to the last, in words.
    pub(crate) took: Option<String>,
    /// What exceptions and decisions point to.
    pub(crate) evidence: Vec<String>,
    /// How many events it has.
    pub(crate) events: usize,
    /// The last value of each fact.
    pub(crate) facts: BTreeMap<String, String>,
    /// Actions: their type and target, what they change, how they went.
    pub(crate) actions: BTreeMap<String, String>,
}

impl Case {
    /// Takes a case from the events of a trace, oldest first. What is missing or of another shape is left out, never guessed.
    pub(crate) fn of(events: &[StoredEvent]) -> Self {
        let mut case = Self { events: events.len(), ..Self::default() };
        let (mut asked, mut answered) = (None, None);
        for event in events {
            let payload = event.payload_value();
            let at = Micros::parse_rfc3339(&event.occurred_at);
            match event.event_type.as_str() {
                "ExceptionRequested" => asked = asked.or(at),
                "ApprovalRecorded" => answered = answered.or(at),
                _ => {}
            }
            case.take(&event.event_type, &payload);
        }
        let between =
            |from: Option<Micros>, to: Option<Micros>| Some(moment::stretch(to?.get().saturating_sub(from?.get())));
        case.waited_for = between(asked, answered);
        let at = |event: Option<&StoredEvent>| event.and_then(|event| Micros::parse_rfc3339(&event.occurred_at));
        case.took = between(at(events.first()), at(events.last()));
        case
    }

    fn take(&mut self, event_type: &str, payload: &Value) {
        let text = |path: &str| payload.pointer(path).and_then(Value::as_str).map(str::to_owned);
        match event_type {
            "TraceStarted" => {
                self.title = text("/title");
                self.workflow = text("/workflow");
                self.entity = entity(payload.get("primary_entity"));
            }
            "InputObserved" | "EntityObserved" => self.take_facts(payload),
            "PolicyEvaluated" => {
                add(&mut self.policies, policy(payload));
                self.verdicts.extend(text("/decision"));
                for violation in items(payload, "violations") {
                    let part = |name: &str| violation.get(name).and_then(Value::as_str);
                    let words = match (part("code"), part("message")) {
                        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
                        (code, message) => code.or(message).map(str::to_owned),
                    };
                    add(&mut self.violations, words);
                }
            }
            "ExceptionRequested" => {
                add(&mut self.policies, policy(payload));
                self.reasons.extend(text("/reason"));
                self.take_evidence(payload);
            }
            "ApprovalRecorded" => {
                let approver = text("/approver/actor_type").zip(text("/approver/actor_id"));
                add(&mut self.approvers, approver.map(|(kind, id)| format!("{kind}:{id}")));
                self.approvals.extend(text("/decision"));
                self.take_evidence(payload);
            }
            "ActionProposed" => self.take_action(payload),
            "ActionCommitted" => {
                let status = text("/status").unwrap_or_default();
                self.actions
                    .entry("result".to_owned())
                    .and_modify(|all| *all = format!("{all}, {status}"))
                    .or_insert(status);
            }
            "TraceFinished" => self.outcome = text("/outcome"),
            _ => {}
        }
    }

    fn take_facts(&mut self, payload: &Value) {
        for fact in items(payload, "facts") {
            if let (Some(key), Some(value)) = (fact.get("key").and_then(Value::as_str), fact.get("value")) {
                self.facts.insert(key.to_owned(), plain(value));
            }
        }
    }

    fn take_action(&mut self, payload: &Value) {
        let kind = payload.get("action_type").and_then(Value::as_str).unwrap_or("action");
        let target = entity(payload.get("target_entity")).unwrap_or_default();
        self.actions.insert(format!("{kind} of"), target);
        for change in items(payload, "changes") {
            let part = |name: &str| change.get(name).map(plain);
            if let (Some(path), Some(new)) = (change.get("path").and_then(Value::as_str), part("new_value")) {
                self.actions.insert(path.to_owned(), new);
            }
        }
    }

    fn take_evidence(&mut self, payload: &Value) {
        for evidence in items(payload, "evidence") {
            let words = evidence.get("locator").and_then(Value::as_str).map(str::to_owned);
            add(&mut self.evidence, words);
        }
    }
}

fn add(list: &mut Vec<String>, words: Option<String>) {
    if let Some(words) = words.filter(|words| !list.contains(words)) {
        list.push(words);
    }
}

fn items<'v>(payload: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    payload.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn policy(payload: &Value) -> Option<String> {
    let part = |name: &str| payload.pointer(&format!("/policy/{name}")).and_then(Value::as_str);
    Some(format!("{} @ {}", part("policy_id")?, part("policy_version")?))
}

fn entity(entity: Option<&Value>) -> Option<String> {
    let part = |name: &str| entity?.get(name).and_then(Value::as_str);
    let (kind, id) = (part("entity_type")?, part("entity_id")?);
    Some(match part("system") {
        Some(system) => format!("{kind} {id} in {system}"),
        None => format!("{kind} {id}"),
    })
}

/// A typed value (`{"type":…,"value":…}`) or any other, without quotes.
fn plain(value: &Value) -> String {
    match value.get("value").unwrap_or(value) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(trace_seq: i64, minute: u32, event_type: &str, payload: &Value) -> StoredEvent {
        serde_json::from_value(json!({
            "actor": {"actor_id": "bot", "actor_type": "agent"}, "event_id": format!("e-{trace_seq}"), "event_type": event_type,
            "idempotency_key": format!("k-{trace_seq}"), "log_seq": trace_seq + 1, "occurred_at": format!("2026-03-06T09:{minute:02}:00Z"),
            "payload": payload, "payload_hash": "sha256:0", "recorded_at": "2026-03-06T09:00:00Z", "schema_version": 1,
            "source": {"producer_id": "p", "system": "s"}, "trace_id": "t", "trace_seq": trace_seq,
        }))
        .unwrap()
    }

    #[test]
    fn a_case_is_taken_from_its_events() {
        let policy = json!({"policy_id": "cap", "policy_version": "2"});
        let number = |value: &str| json!({"type": "number", "value": value});
        let events = [
            event(
                0,
                0,
                "TraceStarted",
                &json!({"title": "Renewal", "workflow": "w", "primary_entity": {"entity_type": "account", "entity_id": "a", "system": "crm"}}),
            ),
            event(1, 1, "InputObserved", &json!({"facts": [{"key": "pct", "value": number("18")}, {"key": 5}]})),
            event(2, 2, "InputObserved", &json!({"facts": [{"key": "pct", "value": number("19")}]})),
            event(
                3,
                3,
                "PolicyEvaluated",
                &json!({"policy": policy, "decision": "require_exception", "violations": [{"code": "x", "message": "too much"}]}),
            ),
            event(
                4,
                4,
                "ExceptionRequested",
                &json!({"policy": policy, "reason": "margin", "evidence": [{"locator": "crm://1"}]}),
            ),
            event(
                5,
                6,
                "ApprovalRecorded",
                &json!({"approver": {"actor_type": "person", "actor_id": "maya"}, "decision": "approved"}),
            ),
            event(
                6,
                7,
                "ActionProposed",
                &json!({"action_type": "update", "target_entity": {"entity_type": "o", "entity_id": "1"}, "changes": [{"path": "discount", "new_value": number("19")}]}),
            ),
            event(7, 8, "ActionCommitted", &json!({"status": "success"})),
            event(8, 9, "TraceFinished", &json!({"outcome": "success"})),
        ];
        let case = Case::of(&events);
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(case.entity.as_deref(), Some("account a in crm"));
        assert_eq!((case.policies, case.verdicts), (words(&["cap @ 2"]), words(&["require_exception"])));
        assert_eq!((case.violations, case.reasons), (words(&["x: too much"]), words(&["margin"])));
        assert_eq!((case.approvers, case.evidence), (words(&["person:maya"]), words(&["crm://1"])));
        assert_eq!((case.waited_for.as_deref(), case.took.as_deref()), (Some("2 min"), Some("9 min")));
        assert_eq!(case.facts.get("pct").map(String::as_str), Some("19"), "the last value counts");
        let actions: Vec<(&str, &str)> =
            case.actions.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(actions, [("discount", "19"), ("result", "success"), ("update of", "o 1")]);
        assert_eq!((case.events, case.outcome.as_deref()), (9, Some("success")));
    }
}
