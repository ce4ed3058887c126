use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn candidate(rules: &Value, otherwise: &str) -> Candidate {
    serde_json::from_value(json!({"rules": rules, "otherwise": otherwise})).unwrap()
}

/// Small amounts are allowed, large ones need an exception, and nothing goes to a region.
fn refunds() -> Candidate {
    candidate(
        &json!([
            {"when": [{"fact": "region", "operator": "eq", "value": "XX"}], "decision": "deny"},
            {"when": [{"fact": "amount", "operator": "gt", "value": "1000"}], "decision": "require_exception"},
        ]),
        "allow",
    )
}

fn facts(known: &[(&str, &str)]) -> Facts {
    let mut facts = Facts::default();
    for (key, value) in known {
        facts.insert(key, value);
    }
    facts
}

fn check(known: &[(&str, &str)], expected: Result<&str, &[&str]>) {
    let decided = refunds().decide(&facts(known));
    let decided = decided.as_ref().map(|decision| decision.as_str());
    let missing: Vec<&str> =
        decided.as_ref().err().map(|keys| keys.iter().map(String::as_str).collect()).unwrap_or_default();
    match expected {
        Ok(word) => assert_eq!(decided.ok(), Some(word), "{known:?}"),
        Err(keys) => assert_eq!((decided.is_err(), missing.as_slice()), (true, keys), "{known:?}"),
    }
}

#[test]
fn the_first_rule_that_holds_counts() {
    check(&[("region", "XX"), ("amount", "5000")], Ok("deny"));
    check(&[("region", "EU"), ("amount", "1000.01")], Ok("require_exception"));
    check(&[("region", "EU"), ("amount", "1000")], Ok("allow"));
}

#[test]
fn what_is_not_known_is_not_guessed() {
    check(&[], Err(&["amount", "region"]));
    check(&[("region", "EU")], Err(&["amount"]));
    check(&[("region", "EU"), ("amount", "many")], Err(&["amount"]));
    check(&[("amount", "5")], Err(&["region"]));
    // It is denied whatever the amount was.
    check(&[("region", "XX")], Ok("deny"));
    // Where every way leads to the same, nothing has to be known.
    let same =
        candidate(&json!([{"when": [{"fact": "x", "operator": "eq", "value": "1"}], "decision": "allow"}]), "allow");
    assert_eq!(same.decide(&Facts::default()), Ok(PolicyDecision::Allow));
    assert_eq!(candidate(&json!([]), "deny").decide(&Facts::default()), Ok(PolicyDecision::Deny));
}

#[test]
fn decisions_are_compared_and_counted() {
    let record = |trace: &str, decision, known: &[(&str, &str)]| Recorded {
        trace_id: trace.to_owned(),
        decision,
        facts: facts(known),
    };
    use PolicyDecision::{Allow, Deny, RequireException};
    let records = [
        record("same", Allow, &[("region", "EU"), ("amount", "1")]),
        record("excepted", Allow, &[("region", "EU"), ("amount", "2000")]),
        record("denied", RequireException, &[("region", "XX")]),
        record("allowed", Deny, &[("region", "EU"), ("amount", "1")]),
        record("open", Deny, &[("region", "EU")]),
    ];
    let (compared, totals) = refunds().compare(&records);
    let candidates: Vec<_> = compared.iter().map(|one| one.candidate).collect();
    assert_eq!(candidates, [Some(Allow), Some(RequireException), Some(Deny), Some(Allow), None]);
    assert_eq!(compared[4].missing, ["amount"]);
    let expected = Totals {
        traces: 5,
        unchanged: 1,
        changed: 3,
        newly_allowed: 1,
        newly_denied: 1,
        newly_excepted: 1,
        undecidable: 1,
    };
    assert_eq!(totals, expected);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let none = json!({"when": [], "decision": "allow"});
    let odd = json!({"when": [{"fact": " ", "operator": "lt", "value": "ten"}], "decision": "deny"});
    let places: Vec<String> = candidate(&json!([none, odd]), "allow")
        .validate()
        .unwrap_err()
        .into_iter()
        .map(|problem| problem.pointer)
        .collect();
    assert_eq!(places, ["/rules/0/when", "/rules/1/when/0/fact", "/rules/1/when/0/value"]);
    let many = candidate(
        &json!(vec![json!({"when": [{"fact": "x", "operator": "eq", "value": "1"}], "decision": "allow"}); 51]),
        "allow",
    );
    assert_eq!(many.validate().unwrap_err().len(), 1);
    assert!(refunds().validate().is_ok());
    assert!(serde_json::from_value::<Candidate>(json!({"rules": [], "otherwise": "maybe"})).is_err());
}

proptest! {
    /// Learning more never changes what was decided: an answer that is given holds whatever the missing facts turn out to be.
    #[test]
    fn knowing_more_contradicts_nothing(
        known in proptest::collection::btree_map(0..4_u8, 0..4_i64, 0..4),
        more in proptest::collection::btree_map(0..4_u8, 0..4_i64, 4),
        rules in proptest::collection::vec(
            (proptest::collection::vec((0..4_u8, 0..6_usize, 0..4_i64), 1..3), 0..3_usize), 0..5),
        otherwise in 0..3_usize,
    ) {
        let operators = ["eq", "ne", "lt", "lte", "gt", "gte"];
        let rules: Vec<Value> = rules
            .iter()
            .map(|(when, decision)| {
                let when: Vec<Value> = when
                    .iter()
                    .map(|(fact, operator, value)| {
                        json!({"fact": fact.to_string(), "operator": operators[*operator], "value": value.to_string()})
                    })
                    .collect();
                json!({"when": when, "decision": PolicyDecision::ALL[*decision]})
            })
            .collect();
        let candidate = candidate(&Value::Array(rules), PolicyDecision::ALL[otherwise].as_str());
        let mut facts = Facts::default();
        for (key, value) in &known {
            facts.insert(&key.to_string(), &value.to_string());
        }
        let early = candidate.decide(&facts);
        for (key, value) in more.iter().filter(|(key, _)| !known.contains_key(key)) {
            facts.insert(&key.to_string(), &value.to_string());
        }
        let late = candidate.decide(&facts);
        match early {
            Ok(decision) => prop_assert_eq!(late, Ok(decision)),
            Err(missing) => prop_assert!(!missing.is_empty()),
        }
    }
}
