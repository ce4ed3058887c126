use serde_json::json;

use super::*;

fn form() -> Form {
    serde_json::from_value(json!({
        "decision_options": [
            {"key": "as_asked", "label": "As asked", "action": "approve"},
            {"key": "with_less", "label": "With less", "action": "approve", "conditions": ["discount_pct"]}
        ],
        "fields": [
            {"key": "note", "label": "Note", "kind": "text", "max_length": 5},
            {"key": "risk", "label": "Risk", "kind": "choice", "required": true,
             "choices": [{"value": "low", "label": "Low"}, {"value": "high", "label": "High"}]},
            {"key": "score", "label": "Score", "kind": "integer", "min": 1, "max": 5},
            {"key": "told", "label": "Told", "kind": "boolean"},
            {"key": "refused_for", "label": "Why", "kind": "text", "required": true, "on": ["reject"]}
        ],
        "conditions": [
            {"key": "discount_pct", "label": "Discount", "kind": "decimal", "min": 0, "max": 30},
            {"key": "until", "label": "Until", "kind": "date"}
        ],
        "checklist": [{"key": "read", "label": "Read it", "required": true}, {"key": "asked", "label": "Asked"}],
        "required_evidence": ["file"]
    }))
    .unwrap()
}

fn given(text: serde_json::Value) -> Given {
    serde_json::from_value(text).unwrap()
}

fn wrong(given: serde_json::Value, evidence: &[EvidenceKind], action: Action) -> Vec<(String, &'static str)> {
    let found = check(&form(), &super::tests::given(given), evidence, action).unwrap_err();
    found.into_iter().map(|problem| (problem.pointer, problem.reason.unwrap())).collect()
}

#[test]
fn the_form_itself_is_good() {
    let mut problems = Problems::default();
    form().validate(&mut problems);
    assert_eq!(problems.none(), Ok(()));
}

#[test]
fn what_is_complete_is_kept() {
    let whole = given(json!({
        "decision_option": "with_less", "form": {"risk": "low", "score": 5, "told": false, "note": null},
        "conditions": {"discount_pct": "12.5", "until": "2026-02-28"}, "checklist": ["asked", "read"]
    }));
    let filled = check(&form(), &whole, &[EvidenceKind::File, EvidenceKind::Note], Action::Approve).unwrap();
    assert_eq!(
        serde_json::to_value(&filled).unwrap(),
        json!({
            "decision_option": "with_less", "form": {"risk": "low", "score": 5, "told": false},
            "conditions": {"discount_pct": "12.5", "until": "2026-02-28"}, "checklist": ["read", "asked"]
        })
    );
}

#[test]
fn everything_missing_is_told_at_once() {
    assert_eq!(
        wrong(json!({}), &[], Action::Approve),
        [
            ("/decision_option".to_owned(), "required"),
            ("/form/risk".to_owned(), "required"),
            ("/checklist".to_owned(), "required"),
            ("/evidence".to_owned(), "required"),
        ]
    );
    let option = json!({"decision_option": "with_less", "form": {"risk": "low"}, "checklist": ["read"]});
    let needs = wrong(option, &[EvidenceKind::File], Action::Approve);
    assert_eq!(needs, [("/conditions/discount_pct".to_owned(), "required")]);
}

#[test]
fn whoever_rejects_gives_what_a_rejection_asks() {
    let filled =
        check(&form(), &given(json!({"form": {"risk": "high", "refused_for": "x"}})), &[], Action::Reject).unwrap();
    assert_eq!((filled.form.len(), filled.decision_option), (2, None));
    assert_eq!(
        wrong(json!({"form": {"risk": "high"}, "conditions": {"until": "2026-01-01"}}), &[], Action::Reject),
        [("/form/refused_for".to_owned(), "required"), ("/conditions/until".to_owned(), "unknown")]
    );
    assert_eq!(
        wrong(
            json!({"decision_option": "as_asked", "form": {"risk": "high", "refused_for": "x"}}),
            &[],
            Action::Reject
        ),
        [("/decision_option".to_owned(), "unknown")]
    );
}

#[test]
fn other_actions_ask_for_nothing_and_take_nothing() {
    assert_eq!(check(&form(), &Given::default(), &[], Action::Comment), Ok(Filled::default()));
    assert_eq!(
        wrong(json!({"form": {"risk": "low"}, "checklist": ["read"]}), &[], Action::Comment),
        [("/form/risk".to_owned(), "unknown"), ("/checklist/0".to_owned(), "unknown")]
    );
    assert_eq!(check(&Form::default(), &Given::default(), &[], Action::Approve), Ok(Filled::default()));
}

#[test]
fn types_are_checked() {
    let check = |place: &str, key: &str, value: serde_json::Value, good: bool| {
        let mut whole =
            json!({"decision_option": "as_asked", "form": {"risk": "low"}, "conditions": {}, "checklist": ["read"]});
        whole[place][key] = value.clone();
        let found = super::check(&form(), &given(whole), &[EvidenceKind::File], Action::Override);
        // No option overrides, so the one that was chosen is wrong too.
        let at = format!("/{place}/{key}");
        let told = found.unwrap_err().into_iter().any(|problem| problem.pointer == at);
        assert_eq!(!told, good, "{at} {value}");
    };
    for (value, good) in [
        (json!("abcde"), true),
        (json!("ünïcö"), true),
        (json!("abcdef"), false),
        (json!(" "), false),
        (json!(1), false),
    ] {
        check("form", "note", value, good);
    }
    for (value, good) in [
        (json!(1), true),
        (json!(5), true),
        (json!(0), false),
        (json!(6), false),
        (json!("3"), false),
        (json!(1.5), false),
        (json!(i64::MAX), false),
    ] {
        check("form", "score", value, good);
    }
    for (value, good) in [(json!(true), true), (json!("true"), false), (json!(0), false)] {
        check("form", "told", value, good);
    }
    for (value, good) in [(json!("low"), true), (json!("Low"), false), (json!(["low"]), false)] {
        check("form", "risk", value, good);
    }
    for (value, good) in [
        (json!("30"), true),
        (json!("0.000001"), true),
        (json!("30.000001"), false),
        (json!("-0.1"), false),
        (json!(12), false),
        (json!(12.5), false),
        (json!("+1"), false),
        (json!("1."), false),
        (json!("0.0000001"), false),
        (json!("1e1"), false),
    ] {
        check("conditions", "discount_pct", value, good);
    }
    for (value, good) in [
        (json!("2024-02-29"), true),
        (json!("2026-02-29"), false),
        (json!("2026-1-1"), false),
        (json!("2026-01-01T00:00:00Z"), false),
    ] {
        check("conditions", "until", value, good);
    }
    check("form", "other/one", json!(1), true);
}

#[test]
fn unknown_names_are_told_where_they_stand() {
    let given =
        json!({"decision_option": "as_asked", "form": {"risk": "low", "a/b": 1}, "checklist": ["read", "none"]});
    assert_eq!(
        wrong(given, &[EvidenceKind::File], Action::Approve),
        [("/form/a~1b".to_owned(), "unknown"), ("/checklist/1".to_owned(), "unknown")]
    );
}
