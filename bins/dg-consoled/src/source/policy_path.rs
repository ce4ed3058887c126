//! How a trace was decided, taken from its events.

use dg_client::{StoredEvent, exception_workflow};
use dg_domain::Micros;
use serde_json::Value;

use crate::{
    model::tabs::{Evaluation, PolicyPath, Step},
    story,
};

/// The events that are steps of a decision.
const STEPS: [&str; 7] = [
    "PolicyEvaluated",
    "ExceptionRequested",
    "WorkflowReviewRequested",
    "ApprovalRecorded",
    "ActionProposed",
    "ActionCommitted",
    "TraceFinished",
];

pub(super) fn path(events: &[StoredEvent]) -> PolicyPath {
    let mut path = PolicyPath::default();
    let mut before = None;
    for event in events.iter().filter(|event| STEPS.contains(&event.event_type.as_str())) {
        let payload = event.payload_value();
        let at = Micros::parse_rfc3339(&event.occurred_at);
        let since = at.zip(before).map(|(at, before): (Micros, Micros)| at.get().saturating_sub(before.get()));
        let exception = payload.get("exception_id").and_then(Value::as_str);
        path.steps.push(Step {
            trace_seq: event.trace_seq,
            story: story::tell(&event.event_type, event.payload.get()),
            event_type: event.event_type.clone(),
            at,
            since,
            review: exception.map(|exception| exception_workflow(&event.trace_id, exception)),
        });
        before = at.or(before);
        if event.event_type == "PolicyEvaluated" {
            path.evaluations.push(evaluation(event.trace_seq, &payload));
        }
    }
    path
}

fn evaluation(trace_seq: i64, payload: &Value) -> Evaluation {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| payload.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (id, version) = (text(payload, "/policy/policy_id"), text(payload, "/policy/policy_version"));
    let explanation = payload.get("explanation").filter(|value| !value.is_null()).map(|value| {
        let sentence = value.get("summary").unwrap_or(value).as_str().map(str::to_owned);
        sentence.unwrap_or_else(|| story::laid_out(&value.to_string()))
    });
    Evaluation {
        trace_seq,
        policy: format!("{id} @ {version}"),
        node: format!("policy:{id}:{version}"),
        decision: text(payload, "/decision"),
        violations: list("violations").iter().map(|one| (text(one, "/code"), text(one, "/message"))).collect(),
        explanation,
        inputs: list("inputs").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn steps_have_the_time_between_and_exceptions_their_item() {
        let event = |trace_seq: i64, event_type: &str, payload: Value| -> StoredEvent {
            serde_json::from_value(json!({
                "actor": {"actor_id": "bot", "actor_type": "agent"}, "event_id": format!("e-{trace_seq}"), "event_type": event_type,
                "idempotency_key": "k", "log_seq": trace_seq + 1, "occurred_at": format!("2026-03-06T09:{:02}:00Z", trace_seq * 2),
                "payload": payload, "payload_hash": "sha256:0", "recorded_at": "2026-03-06T09:00:00Z", "schema_version": 1,
                "source": {"producer_id": "p", "system": "s"}, "trace_id": "t", "trace_seq": trace_seq,
            }))
            .unwrap()
        };
        let policy = json!({"policy_id": "cap", "policy_version": "2"});
        let found = path(&[
            event(0, "TraceStarted", json!({"title": "x"})),
            event(
                1,
                "PolicyEvaluated",
                json!({"policy": policy, "decision": "deny", "inputs": ["i"], "violations": [{"code": "c", "message": "m"}], "explanation": {"summary": "too much"}}),
            ),
            event(
                2,
                "PolicyEvaluated",
                json!({"policy": policy, "decision": "require_exception", "explanation": {"rule": 1}}),
            ),
            event(3, "ExceptionRequested", json!({"exception_id": "ex", "policy": policy})),
            event(4, "TraceFinished", json!({"outcome": "failure"})),
        ]);
        let told: Vec<_> =
            found.steps.iter().map(|step| (step.trace_seq, step.since, step.review.as_deref())).collect();
        let two_minutes = Some(120_000_000);
        let expected =
            [(1, None, None), (2, two_minutes, None), (3, two_minutes, Some("t:exception:ex")), (4, two_minutes, None)];
        assert_eq!(told, expected);
        let [first, second] = found.evaluations.as_slice() else { panic!("two evaluations") };
        assert_eq!(
            (first.policy.as_str(), first.node.as_str(), first.decision.as_str()),
            ("cap @ 2", "policy:cap:2", "deny")
        );
        assert_eq!(first.violations, [("c".to_owned(), "m".to_owned())]);
        assert_eq!((first.explanation.as_deref(), first.inputs.len()), (Some("too much"), 1));
        assert_eq!(second.explanation.as_deref(), Some("{\n  \"rule\": 1\n}"));
    }
}
