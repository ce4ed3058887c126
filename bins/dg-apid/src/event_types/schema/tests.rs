//! The schemas say what the domain does: it is asked about events that are right but for one or two places.

use std::sync::LazyLock;

use dg_domain::{EventType, GuardMode, NewEvent, Rules};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::*;

static VALIDATORS: LazyLock<Vec<Validator>> = LazyLock::new(|| {
    EventType::ALL.map(|kind| jsonschema::validator_for(&standalone(event(kind, BESIDE))).unwrap()).into()
});

fn validates(kind: EventType, event: &Value) -> bool {
    let at = EventType::ALL.iter().position(|known| *known == kind).unwrap();
    VALIDATORS[at].is_valid(event)
}

/// A right event of a type: each rule with something that it takes.
fn right(kind: EventType) -> Value {
    let mut event = example();
    event["event_type"] = kind.as_str().into();
    event["payload"] = json!({});
    for (path, need) in rules_of(kind) {
        let (last, above) = path.split_last().unwrap();
        let inside = above.iter().fold(&mut event["payload"], |holder, key| &mut holder[*key]);
        inside[*last] = match need {
            Need::Object => json!({}),
            Need::List | Need::OptionalList => json!([]),
            Need::OneOf(words) | Need::OptionalOneOf(words) => words[0].into(),
            Need::Positive => 1.into(),
            Need::Text | Need::Shown | Need::Id | Need::OptionalId | Need::OptionalText => "x".into(),
        };
    }
    event
}

/// Every place of an event that something could be wrong at, and some that nobody knows.
fn places(kind: EventType) -> Vec<String> {
    let envelope = [
        "/event_id",
        "/trace_id",
        "/trace_seq",
        "/occurred_at",
        "/source",
        "/source/producer_id",
        "/source/system",
        "/source/subsystem",
        "/source/host",
        "/actor",
        "/actor/actor_type",
        "/actor/actor_id",
        "/actor/name",
        "/correlation_id",
        "/causation_event_id",
        "/idempotency_key",
        "/schema_version",
        "/tags",
        "/payload",
        "/unknown",
        "/payload/more",
    ];
    let payload = rules_of(kind).iter().map(|(path, _)| format!("/payload/{}", path.join("/")));
    envelope.into_iter().map(str::to_owned).chain(payload).collect()
}

/// What may stand at a place. What JSON Schema cannot tell apart is not among it (see the module above).
fn values() -> Vec<Option<Value>> {
    let texts = [
        "",
        " ",
        "x",
        "a\u{0}b",
        "\u{0}",
        "\u{85}",
        "\u{feff}",
        "\u{200b}",
        " padded ",
        "agent",
        "approved",
        "\u{1f980}",
        "2026-05-04T09:00:00Z",
        "2026-05-04T09:00:00",
        "2026-05-04t09:00:00Z",
        "2026-05-04T09:00:00.123456789+02:00",
        "0000-05-04T09:00:00Z",
        "2026-05-04T09:00:60Z",
        "2026-13-04T09:00:00Z",
        "2026-04-31T09:00:00Z",
        "2025-02-29T09:00:00Z",
        "2024-02-29T09:00:00Z",
        "1900-02-29T09:00:00Z",
        "2000-02-29T09:00:00Z",
        "2026-05-04T24:00:00Z",
        "2026-05-04T09:00:00+24:00",
    ];
    let texts = texts.into_iter().map(|text| Some(Value::from(text)));
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1.5),
        json!([]),
        json!({}),
        json!([1]),
        json!(["x"]),
        json!([""]),
        json!([[{"x": null}]]),
        json!({"x": 1}),
        json!({"x": [1.5]}),
        json!({"x": {"y": "\u{0}"}}),
        json!("x".repeat(200)),
        json!("x".repeat(201)),
        json!("x".repeat(512)),
        json!("x".repeat(513)),
        json!(vec!["x"; 256]),
        json!(vec!["x"; 257]),
    ];
    texts.chain(others.into_iter().map(Some)).chain([None]).collect()
}

fn put(event: &mut Value, pointer: &str, value: Option<Value>) {
    let (holder, key) = pointer.rsplit_once('/').unwrap();
    if let Some(Value::Object(holder)) = event.pointer_mut(holder) {
        match value {
            Some(value) => drop(holder.insert(key.to_owned(), value)),
            None => drop(holder.remove(key)),
        }
    }
}

fn check(kind: EventType, event: &Value) -> Result<(), TestCaseError> {
    let read = NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise));
    let says = read.as_ref().map_or_else(|violation| violation.message.as_str(), |_| "accepted");
    prop_assert_eq!(read.is_ok(), validates(kind, event), "{}: {}", event, says);
    Ok(())
}

#[test]
fn one_place_after_another() {
    for kind in EventType::ALL {
        let right = right(kind);
        check(kind, &right).unwrap();
        for place in places(kind) {
            for value in values() {
                let mut event = right.clone();
                put(&mut event, &place, value);
                check(kind, &event).unwrap();
            }
        }
    }
}

proptest! {
    #[test]
    fn several_places_at_once(
        kind in select(EventType::ALL.to_vec()),
        wrong in prop::collection::vec((any::<prop::sample::Index>(), select(values())), 1..4),
    ) {
        let (mut event, places) = (right(kind), places(kind));
        for (place, value) in wrong {
            let place: &String = place.get(&places);
            put(&mut event, place, value);
        }
        check(kind, &event)?;
    }
}

/// The published cases, when they lie beside the checkout: what is taken validates, whatever is refused for its shape does not.
#[test]
fn the_published_cases_agree() {
    let beside = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference");
    let folder = std::env::var_os("DG_REFERENCE_DIR").map_or(beside, std::path::PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join("vectors.json")) else { return };
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let mut taken = 0;
    for case in vectors["append"].as_array().unwrap() {
        for event in case["events"].as_array().unwrap() {
            let Some(kind) = event["event_type"].as_str().and_then(|name| name.parse().ok()) else { continue };
            if NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Reference)).is_ok() {
                assert!(validates(kind, event), "{event}");
                taken += 1;
            }
        }
    }
    assert!(taken > 20, "{taken}");
}
