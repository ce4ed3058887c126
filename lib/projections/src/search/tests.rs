use dg_domain::{EventType, GuardMode, Limits, LogSeq, Micros, NewEvent, Rules, TenantId, TraceSeq, event, json};
use proptest::prelude::*;

use super::*;

fn observe(event_type: EventType, tags: &str, payload: &str) -> SearchTerms {
    let text = format!(
        r#"{{"event_id":"e","trace_id":"Tr-1","event_type":"{}","occurred_at":"2026-01-01T09:00:00Z",
            "source":{{"producer_id":"p","system":"s"}},"actor":{{"actor_type":"person","actor_id":"ann"}},
            "idempotency_key":"k","tags":{tags},"payload":{payload}}}"#,
        event_type.as_str()
    );
    let event = NewEvent::parse(text.as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap();
    let stored = StoredEvent {
        tenant_id: TenantId::new("t").unwrap(),
        log_seq: LogSeq::new(1).unwrap(),
        trace_seq: TraceSeq::new(0).unwrap(),
        recorded_at: Micros::default(),
        recorded_by: "test".to_owned(),
        event,
    };
    let document = json::parse(stored.event.payload_json.as_bytes(), &Limits::SERVICE).unwrap();
    let payload = event::payload(event_type, &document).unwrap();
    let mut found = SearchTerms::default();
    found.observe(&stored, &payload, &document);
    found
}

fn check(event_type: EventType, payload: &str, expected: &[&str]) -> SearchTerms {
    let found = observe(event_type, "[]", payload);
    let mut expected: Vec<&str> = [expected, &["actor:person:ann"]].concat();
    expected.sort_unstable();
    assert_eq!(found.terms.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{payload}");
    found
}

const SOURCE: &str = r#""source":{"system":"s","object_type":"o","object_id":"i"}"#;

#[test]
fn each_event_has_its_terms() {
    check(
        EventType::TraceStarted,
        r#"{"workflow":"refund","title":"Refund for ACME","primary_entity":{"entity_type":"customer","entity_id":"C-7"}}"#,
        &[
            "workflow:refund",
            "primary:customer:C-7",
            "entity:customer",
            "entity:customer:C-7",
            "word:refund",
            "word:for",
            "word:acme",
        ],
    );
    check(
        EventType::PolicyEvaluated,
        r#"{"policy":{"policy_id":"cap","policy_version":"2"},"inputs":["input:1"],"decision":"deny"}"#,
        &["policy:cap", "policy:cap:2", "decision:deny"],
    );
    check(
        EventType::ExceptionRequested,
        r#"{"exception_id":"x","policy":{"policy_id":"cap","policy_version":"2"},"reason":"Loyal customer"}"#,
        &["policy:cap", "policy:cap:2", "word:loyal", "word:customer"],
    );
    check(
        EventType::ApprovalRecorded,
        r#"{"approval_id":"a","subject":{"subject_type":"exception","subject_id":"x"},
            "approver":{"actor_type":"role","actor_id":"cfo"},"decision":"approved","reason":"Fine"}"#,
        &["actor:role:cfo", "decision:approved", "word:fine"],
    );
    check(
        EventType::ActionProposed,
        r#"{"action_id":"a","action_type":"pay","target_entity":{"entity_type":"order","entity_id":"o:9"},
            "target_system":"s","changes":[]}"#,
        &["entity:order", "entity:order:o:9"],
    );
    check(EventType::TraceFinished, r#"{"outcome":"success"}"#, &["outcome:success", "status:finished"]);
}

#[test]
fn facts_are_text_and_numbers() {
    let fact = |key: &str, value: &str| format!(r#"{{"key":"{key}","value":{value}}}"#);
    let facts = [
        fact("amount", r#"{"type":"int","value":"250"}"#),
        fact("rate", r#"{"type":"decimal","value":"-0.5"}"#),
        fact("zip", r#"{"type":"string","value":"12345"}"#),
        fact("plain", "7"),
        fact("text", r#""8""#),
        fact("odd", r#"{"type":"int","value":"many"}"#),
        fact("none", "null"),
        r#""input:1""#.to_owned(),
    ];
    let payload = format!(r#"{{"input_id":"i",{SOURCE},"facts":[{}]}}"#, facts.join(","));
    let terms = [
        "fact:amount",
        "fact:amount=250",
        "fact:rate",
        "fact:rate=-0.5",
        "fact:zip",
        "fact:zip=12345",
        "fact:plain",
        "fact:plain=7",
        "fact:text",
        "fact:text=8",
        "fact:odd",
        "fact:odd=many",
    ];
    let found = check(EventType::InputObserved, &payload, &terms);
    let numbers = [("amount", 250_000_000), ("plain", 7_000_000), ("rate", -500_000)];
    assert_eq!(found.facts, numbers.map(|(key, number)| (key.to_owned(), number)).into());
}

#[test]
fn one_event_is_bounded_and_names_come_first() {
    let tags: Vec<String> = (0..256).map(|at| format!("\"t{at}\"")).collect();
    let title: Vec<String> = (0..5000).map(|at| format!("w{at}")).collect();
    let payload = format!(
        r#"{{"workflow":"w","title":"{}","primary_entity":{{"entity_type":"c","entity_id":"i"}}}}"#,
        title.join(" ")
    );
    let found = observe(EventType::TraceStarted, &format!("[{}]", tags.join(",")), &payload);
    assert_eq!(found.terms.len(), EVENT_TERMS);
    assert!(found.terms.contains("workflow:w") && found.terms.contains("tag:t255") && found.terms.contains("word:w0"));
    let facts: Vec<String> = (0..500).map(|at| format!(r#"{{"key":"k{at}","value":{at}}}"#)).collect();
    let payload = format!(r#"{{"input_id":"i",{SOURCE},"facts":[{}]}}"#, facts.join(","));
    let found = observe(EventType::InputObserved, "[]", &payload);
    assert_eq!((found.terms.len(), found.facts.len()), (EVENT_TERMS, EVENT_FACTS));
}

proptest! {
    /// Every term fits an index entry and PostgreSQL's text, whatever an event says.
    #[test]
    fn terms_are_keepable(key in ".{0,300}", value in ".{0,300}") {
        for found in [term::fact(&key, &value), term::fact_key(&key), term::tag(&value), term::entity(&key, &value)] {
            prop_assert!(found.len() <= term::TERM_BYTES && !found.contains('\0'));
        }
        for word in term::words(&value) {
            prop_assert!(word.len() <= term::TERM_BYTES);
        }
    }

    /// Numbers keep their order.
    #[test]
    fn millionths_follow_the_value(left in -1e9_f64..1e9, right in -1e9_f64..1e9) {
        let read = |value: f64| number::millionths(&format!("{value:.8}")).unwrap();
        if left <= right {
            prop_assert!(read(left) <= read(right));
        }
    }
}
