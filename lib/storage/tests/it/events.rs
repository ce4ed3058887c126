//! Events for tests.

use dg_domain::{GuardMode, NewEvent, Rules, TenantId, append::Outcome};
use dg_storage::log::{AppendMode, AppendRequest};
use serde_json::Value;

pub(crate) fn event(id: &str, kind: &str, trace: &str, seq: Option<i64>) -> NewEvent {
    let payload = match kind {
        "TraceStarted" => r#"{"workflow":"w","title":"t","primary_entity":{"entity_type":"order","entity_id":"1"}}"#,
        "TraceFinished" => r#"{"outcome":"success"}"#,
        _ => r#"{"input_id":"i","source":{"system":"s","object_type":"o","object_id":"1"},"facts":[]}"#,
    };
    let seq = seq.map_or("null".to_owned(), |seq| seq.to_string());
    let text = format!(
        r#"{{"event_id":"{id}","trace_id":"{trace}","trace_seq":{seq},"event_type":"{kind}",
        "occurred_at":"2026-01-01T02:00:00.5+02:00","source":{{"producer_id":"p","system":"s"}},
        "actor":{{"actor_type":"agent","actor_id":"a"}},"idempotency_key":"key-{id}","payload":{payload}}}"#
    );
    NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap()
}

/// A generated envelope, as the edge takes it.
pub(crate) fn parse(event: &Value) -> NewEvent {
    NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap()
}

/// A start and `more` inputs.
pub(crate) fn trace(name: &str, more: usize) -> Vec<NewEvent> {
    let start = event(&format!("{name}-0"), "TraceStarted", name, Some(0));
    let inputs =
        (1..=more).map(|at| event(&format!("{name}-{at}"), "InputObserved", name, Some(i64::try_from(at).unwrap())));
    std::iter::once(start).chain(inputs).collect()
}

pub(crate) fn request(tenant: &TenantId, events: Vec<NewEvent>) -> AppendRequest {
    AppendRequest { tenant: tenant.clone(), principal: "tester".to_owned(), events, mode: AppendMode::Independent }
}

pub(crate) fn atomic(tenant: &TenantId, events: Vec<NewEvent>) -> AppendRequest {
    AppendRequest { mode: AppendMode::Atomic, ..request(tenant, events) }
}

/// `stored 3`, `replayed 1`, or the code of the refusal.
pub(crate) fn verdicts(outcomes: &[Outcome]) -> Vec<String> {
    let verdict = |outcome: &Outcome| match outcome {
        Outcome::Stored(event) => format!("stored {}", event.log_seq),
        Outcome::Replayed(event) => format!("replayed {}", event.log_seq),
        Outcome::Rejected(violation) => violation.code.as_str().to_owned(),
    };
    outcomes.iter().map(verdict).collect()
}
