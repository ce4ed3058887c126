//! The events that are sent: whole decisions of ten events, with ids like those of real agents.

use bytes::Bytes;
use serde_json::{Value, json};

/// Events of one decision.
pub(super) const EVENTS_PER_TRACE: usize = 10;

/// Request bodies for one connection: one event each when `batch` is 1, `{"events":[…]}` otherwise.
///
/// Traces are numbered from `first_trace`, so that connections never share one.
pub(super) fn bodies(first_trace: usize, events: usize, batch: usize, payload_bytes: usize) -> Vec<Bytes> {
    let all = (0..events).map(|at| event(first_trace + at / EVENTS_PER_TRACE, at % EVENTS_PER_TRACE, payload_bytes));
    let texts: Vec<String> = all.map(|event| event.to_string()).collect();
    if batch == 1 {
        return texts.into_iter().map(Bytes::from).collect();
    }
    texts.chunks(batch).map(|chunk| Bytes::from(format!("{{\"events\":[{}]}}", chunk.join(",")))).collect()
}

fn event(trace: usize, seq: usize, payload_bytes: usize) -> Value {
    let account = format!("account-{:04}", (trace * 7919) % 5_000);
    let policy = json!({"policy_id": format!("discount-cap-{}", trace % 20), "policy_version": "2026.03"});
    let entity = json!({"entity_type": "account", "entity_id": account, "system": "crm"});
    let exception = format!("exc-{trace:09}");
    let action = format!("act-{trace:09}");
    let (event_type, mut payload) = match seq {
        0 => (
            "TraceStarted",
            json!({"workflow": "renewal", "title": format!("Renewal {trace}"), "primary_entity": entity}),
        ),
        1 | 2 => (
            "InputObserved",
            json!({"input_id": format!("input-{trace:09}-{seq}"), "facts": [],
                   "source": {"system": "crm", "object_type": "opportunity", "object_id": format!("opp-{trace}")}}),
        ),
        3 => (
            "EntityObserved",
            json!({"entity": {"entity_type": "contract", "entity_id": format!("contract-{trace:09}")}, "role": "related", "facts": []}),
        ),
        4 => ("PolicyEvaluated", json!({"policy": policy, "inputs": [], "decision": "require_exception"})),
        5 => ("ExceptionRequested", json!({"exception_id": exception, "policy": policy, "reason": "above the cap"})),
        6 => (
            "ApprovalRecorded",
            json!({"approval_id": format!("appr-{trace:09}"), "decision": "approved",
                   "subject": {"subject_type": "exception", "subject_id": exception},
                   "approver": {"actor_type": "person", "actor_id": format!("person-{}", trace % 50)}}),
        ),
        7 => (
            "ActionProposed",
            json!({"action_id": action, "action_type": "update", "target_entity": entity, "target_system": "crm", "changes": []}),
        ),
        8 => ("ActionCommitted", json!({"action_id": action, "status": "success"})),
        _ => ("TraceFinished", json!({"outcome": "success"})),
    };
    let bare = payload.to_string().len();
    payload["note"] = Value::String(filling(trace * EVENTS_PER_TRACE + seq, payload_bytes.saturating_sub(bare + 10)));
    json!({
        "event_id": format!("evt-{trace:012}-{seq:04}-bench"),
        "trace_id": format!("trace-{trace:012}-renewal-bench"),
        "trace_seq": seq,
        "event_type": event_type,
        "occurred_at": "2026-01-01T09:00:00.000Z",
        "source": {"producer_id": "renewal-agent-service", "system": "orchestrator", "subsystem": null},
        "actor": {"actor_type": "agent", "actor_id": format!("agent-{}", trace % 10)},
        "correlation_id": null,
        "causation_event_id": null,
        "idempotency_key": format!("renewal:{trace:012}:{seq:04}"),
        "schema_version": 1,
        "payload": payload,
        "tags": ["bench"],
    })
}

/// Words that do not compress to nothing: different in each event.
fn filling(seed: usize, bytes: usize) -> String {
    const WORDS: [&str; 16] = [
        "margin",
        "renewal",
        "quote",
        "segment",
        "review",
        "finance",
        "contract",
        "threshold",
        "approved",
        "pending",
        "customer",
        "discount",
        "evidence",
        "request",
        "quarter",
        "policy",
    ];
    let mut state = seed as u64 | 1;
    let mut text = String::with_capacity(bytes + 24);
    while text.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = WORDS[usize::try_from(state >> 60).unwrap_or(0)];
        text.push_str(&format!("{word} {} ", (state >> 20) & 0xffff));
    }
    text.truncate(bytes);
    text
}

#[cfg(test)]
mod tests {
    use dg_domain::{GuardMode, NewEvent, Rules};

    use super::*;

    #[test]
    fn every_event_is_one_the_service_takes() {
        for seq in 0..EVENTS_PER_TRACE {
            let text = event(7, seq, 800).to_string();
            let event = NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap();
            assert!((780..=820).contains(&event.payload_json.len()), "{}", event.payload_json.len());
        }
    }

    #[test]
    fn bodies_hold_every_event_once() {
        assert_eq!(bodies(0, 25, 1, 300).len(), 25);
        assert_eq!(bodies(0, 25, 10, 300).len(), 3);
    }
}
