//! The append rules as tables, and their laws.

use proptest::prelude::*;

use super::*;
use crate::limits::Rules;

fn event(id: &str, kind: &str, trace: &str, seq: Option<i64>) -> NewEvent {
    let payload = match kind {
        "TraceStarted" => r#"{"workflow":"w","title":"t","primary_entity":{"entity_type":"order","entity_id":"1"}}"#,
        "TraceFinished" => r#"{"outcome":"success"}"#,
        _ => r#"{"input_id":"i","source":{"system":"s","object_type":"o","object_id":"1"},"facts":[]}"#,
    };
    let seq = seq.map_or("null".to_owned(), |seq| seq.to_string());
    let text = format!(
        r#"{{"event_id":"{id}","trace_id":"{trace}","trace_seq":{seq},"event_type":"{kind}","occurred_at":"2026-01-01T00:00:00Z",
        "source":{{"producer_id":"p","system":"s"}},"actor":{{"actor_type":"agent","actor_id":"a"}},"idempotency_key":"key-{id}","payload":{payload}}}"#
    );
    NewEvent::parse(text.as_bytes(), &Rules::edge(crate::GuardMode::Precise)).unwrap()
}

fn ledger() -> Ledger {
    Ledger::new(TenantId::new("t").unwrap(), LogSeq::START)
}

fn verdict(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Stored(_) => "stored",
        Outcome::Replayed(_) => "replayed",
        Outcome::Rejected(violation) => violation.code.as_str(),
    }
}

fn check(events: &[(&str, &str, &str, Option<i64>)], expected: &[&str]) {
    let mut ledger = ledger();
    let found: Vec<_> = events
        .iter()
        .map(|(id, kind, trace, seq)| verdict(&ledger.append(event(id, kind, trace, *seq), Micros::default(), "me")))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn sequence_rules() {
    check(&[("1", "TraceStarted", "a", Some(0)), ("2", "InputObserved", "a", None)], &["stored", "stored"]);
    check(&[("1", "InputObserved", "a", None)], &["event_sequence_invalid"]);
    check(&[("1", "TraceStarted", "a", Some(1))], &["event_sequence_invalid"]);
    check(
        &[("1", "TraceStarted", "a", None), ("2", "TraceStarted", "a", None), ("3", "InputObserved", "a", Some(2))],
        &["stored", "event_sequence_invalid", "event_sequence_invalid"],
    );
}

#[test]
fn the_finish_lock_comes_before_the_sequence_and_after_reuse() {
    check(
        &[
            ("1", "TraceStarted", "a", None),
            ("2", "TraceFinished", "a", None),
            ("3", "InputObserved", "a", Some(9)),
            ("1", "TraceStarted", "a", Some(7)),
        ],
        &["stored", "stored", "conflict", "replayed"],
    );
}

#[test]
fn an_event_id_is_taken_once() {
    let mut ledger = ledger();
    ledger.append(event("1", "TraceStarted", "a", None), Micros::default(), "me");
    let mut again = event("1", "InputObserved", "a", None);
    again.idempotency_key = "other".to_owned();
    let outcome = ledger.append(again, Micros::default(), "me");
    assert_eq!(verdict(&outcome), "conflict");
    assert_eq!(ledger.last().get(), 1);
}

#[test]
fn an_atomic_group_leaves_no_trace_when_refused() {
    let mut ledger = ledger();
    ledger.append(event("1", "TraceStarted", "a", None), Micros::default(), "me");
    let group = vec![
        event("2", "InputObserved", "a", None),
        event("3", "TraceStarted", "b", None),
        event("4", "InputObserved", "a", Some(9)),
    ];
    let refusals = ledger.append_atomic(group, Micros::default(), "me").unwrap_err();
    let codes: Vec<_> = refusals.iter().map(|refusal| refusal.as_ref().map(|v| v.code.as_str())).collect();
    assert_eq!(codes, [None, None, Some("event_sequence_invalid")]);
    assert_eq!(ledger.last().get(), 1);
    assert_eq!(ledger.head_of(&keys::trace_key("b")), None);
    let group = vec![event("2", "InputObserved", "a", Some(1)), event("3", "TraceStarted", "b", Some(0))];
    let outcomes = ledger.append_atomic(group, Micros::default(), "me").unwrap();
    assert!(outcomes.iter().all(|outcome| verdict(outcome) == "stored"));
}

proptest! {
    /// Whatever arrives, `log_seq` is 1..n, each trace counts from 0, and offering everything again changes nothing.
    #[test]
    fn positions_have_no_holes(offers in proptest::collection::vec((0..40u8, 0..3u8, 0..4u8, proptest::option::of(0..6i64)), 1..60)) {
        let mut ledger = ledger();
        let kinds = ["TraceStarted", "InputObserved", "TraceFinished"];
        let mut stored: Vec<Arc<StoredEvent>> = Vec::new();
        for (id, kind, trace, seq) in &offers {
            let offered = event(&id.to_string(), kinds[usize::from(*kind)], &trace.to_string(), *seq);
            if let Outcome::Stored(event) = ledger.append(offered, Micros::default(), "me") {
                stored.push(event);
            }
        }
        for (at, event) in stored.iter().enumerate() {
            prop_assert_eq!(event.log_seq.get(), i64::try_from(at).unwrap() + 1);
            let earlier = stored[..at].iter().filter(|other| other.event.trace_id == event.event.trace_id).count();
            prop_assert_eq!(event.trace_seq.get(), i64::try_from(earlier).unwrap());
        }
        let last = ledger.last();
        for event in &stored {
            let again = ledger.append(event.event.clone(), Micros::default(), "me");
            prop_assert_eq!(verdict(&again), "replayed");
        }
        prop_assert_eq!(ledger.last(), last);
    }
}
