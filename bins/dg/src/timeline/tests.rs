use serde_json::{Value, json};

use super::*;

fn event(seq: i64, at: &str, event_type: &str, payload: &Value) -> Value {
    json!({
        "actor": {"actor_id": "bot", "actor_type": "agent"}, "event_id": format!("e{seq}"), "event_type": event_type,
        "idempotency_key": "k", "log_seq": seq + 10, "occurred_at": at, "payload": payload,
        "payload_hash": "sha256:0", "recorded_at": at, "schema_version": 1,
        "source": {"producer_id": "p", "system": "s"}, "trace_id": "t", "trace_seq": seq,
    })
}

fn trace() -> TraceDetail {
    let events = [
        event(0, "2026-01-01T09:00:00Z", "TraceStarted", &json!({"workflow": "refund", "title": "Refund\u{1b}[2J"})),
        event(
            1,
            "2026-01-01T10:00:02+01:00",
            "PolicyEvaluated",
            &json!({"policy": {"policy_id": "window", "policy_version": "3"}, "decision": "deny",
                    "violations": [{"code": "late", "message": "Too late."}]}),
        ),
        event(2, "2026-01-01T10:05:00Z", "SomethingNew", &json!({"x": 1})),
        event(3, "2026-01-03T10:00:00Z", "TraceFinished", &json!({"outcome": "failure"})),
    ];
    let text = json!({"events": events, "summary": {
        "event_count": 2, "last_log_seq": 13, "outcome": "failure", "finished_at": "2026-01-03T10:00:00Z",
        "primary_entity_type": "order", "primary_entity_id": "o-1", "started_at": "2026-01-01T09:00:00Z",
        "title": "Refund\u{1b}[2J", "trace_id": "t", "workflow": "refund",
    }})
    .to_string();
    serde_json::from_str(&text).unwrap()
}

fn plain(lines: &[String]) -> String {
    anstream::adapter::strip_str(&lines.join("\n")).to_string()
}

#[test]
fn a_trace_reads_as_a_timeline() {
    let expected = "\
Refund\\u{1b}[2J
refund, about order o-1
failure, finished 2026-01-03T10:00:00Z, started 2026-01-01T09:00:00Z
4 events, log positions 10 to 13

0      start  TraceStarted     agent:bot  refund: Refund\\u{1b}[2J
1       +2 s  PolicyEvaluated  agent:bot  window 3: deny
              violation: late Too late.
2   +1 h 5 m  SomethingNew     agent:bot
3   +2 d 1 h  TraceFinished    agent:bot  failure";
    assert_eq!(plain(&lines(&trace(), false)), expected);
}

#[test]
fn payloads_are_shown_on_request_and_without_projections_it_says_so() {
    let trace = TraceDetail { summary: None, ..trace() };
    let text = plain(&lines(&trace, true));
    assert!(text.starts_with("t (not in the projections yet)\n"), "{text}");
    assert!(text.contains("\n              {\"outcome\":\"failure\"}"), "{text}");
}

#[test]
fn elapsed_time_is_short() {
    for (micros, expected) in [
        (0, "start"),
        (999, "start"),
        (250_000, "+250 ms"),
        (59_999_999, "+59 s"),
        (60_000_000, "+1 m"),
        (61_000_000, "+1 m 1 s"),
        (-3_600_000_000, "-1 h"),
        (90_000_000_000, "+1 d 1 h"),
    ] {
        assert_eq!(elapsed(micros), expected);
    }
}
