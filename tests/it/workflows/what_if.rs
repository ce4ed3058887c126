//! What another policy would have said of what happened.

use std::time::Duration;

use dg_testkit::wait_for;
use serde_json::{Value, json};

use super::{Case, act};
use crate::api::encoded;
use crate::cli::Dg;
use crate::events::{event, started};

const PATH: &str = "/api/v1/workflow-studio/policy-simulations";

fn observed(trace: &str, number: usize, amount: &Value) -> Value {
    let facts = json!([{"key": "amount", "value": amount}, {"key": "region", "value": "EU"}]);
    let source = json!({"system": "shop", "object_type": "order", "object_id": "o-1"});
    let payload = json!({"input_id": format!("{trace}-{number}"), "source": source, "facts": facts});
    event(trace, number, "InputObserved", &payload)
}

fn evaluated(trace: &str, number: usize, decision: &str) -> Value {
    let policy = json!({"policy_id": "refunds", "policy_version": "3"});
    event(trace, number, "PolicyEvaluated", &json!({"policy": policy, "inputs": [], "decision": decision}))
}

/// A trace in which an amount was observed and the policy asked; the position of its last event.
async fn decided(case: &Case, trace: &str, amount: Option<&str>, decision: &str) -> Value {
    let mut events = vec![started(trace)];
    events.extend(amount.map(|amount| observed(trace, 1, &json!(amount))));
    events.push(evaluated(trace, events.len(), decision));
    let mut last = Value::Null;
    for event in events {
        last = case.agent.post("/api/v1/events", &event).await.expect(201)["event"]["log_seq"].clone();
    }
    last
}

fn stricter() -> Value {
    json!({
        "rules": [{"when": [{"fact": "amount", "operator": "gt", "value": "100"}], "decision": "require_exception"}],
        "otherwise": "allow",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_tried_on_what_happened() {
    let case = Case::new().await;
    decided(&case, "small", Some("50"), "allow").await;
    decided(&case, "large", Some("500"), "allow").await;
    decided(&case, "denied", Some("20.50"), "deny").await;
    let head = decided(&case, "unknown", None, "allow").await;
    let asked = json!({"policy_id": "refunds", "candidate": stricter()});
    let fresh = format!("{PATH}?as_of_log_seq={head}&wait_ms=20000");
    let answer = case.agent.post(&fresh, &asked).await;
    let found = answer.expect(200).clone();
    let totals = json!({"traces": 4, "unchanged": 1, "changed": 2, "newly_allowed": 1, "newly_denied": 0,
        "newly_excepted": 1, "undecidable": 1});
    assert_eq!((&found["totals"], &found["more"]), (&totals, &json!(false)));
    let rows: Vec<(&str, &str, &Value, &Value)> = found["traces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["trace_id"].as_str().unwrap(), row["recorded"].as_str().unwrap(), &row["candidate"], &row["missing"])
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("unknown", "allow", &Value::Null, &json!(["amount"])),
            ("denied", "deny", &json!("allow"), &json!([])),
            ("large", "allow", &json!("require_exception"), &json!([])),
            ("small", "allow", &json!("allow"), &json!([])),
        ]
    );

    // What comes later changes nothing about what was: the same answer, with the same digest.
    decided(&case, "later", Some("7"), "deny").await;
    case.agent.post("/api/v1/events", &observed("small", 3, &json!("5000"))).await.expect(201);
    case.agent.post("/api/v1/events", &evaluated("small", 4, "deny")).await.expect(201);
    let again = wait_for(Duration::from_secs(20), "the later trace", async || {
        let now = case.agent.post(PATH, &asked).await;
        (now.expect(200)["totals"]["traces"] == 5 && now.data()["totals"]["newly_excepted"] == 2).then_some(now)
    });
    assert_eq!(again.await.unwrap().data()["totals"]["newly_allowed"], 2);
    let repeated = case.second.post(&fresh, &asked).await;
    assert_eq!(repeated.expect(200), &found);

    // A part of them, and nothing of another version.
    let part = json!({"policy_id": "refunds", "policy_version": "3", "candidate": stricter(), "traces": {"limit": 2}});
    let answer = case.agent.post(&fresh, &part).await;
    assert_eq!((&answer.expect(200)["totals"]["traces"], &answer.data()["more"]), (&json!(2), &json!(true)));
    for (key, value) in [("policy_version", json!("4")), ("traces", json!({"workflow": "other"}))] {
        let mut asked = asked.clone();
        asked[key] = value;
        assert_eq!(case.agent.post(PATH, &asked).await.expect(200)["totals"]["traces"], 0, "{key}");
    }

    // The finding is evidence of a review.
    let id = case.asked("open").await;
    let attach = json!({"action": "attach", "note": "see the what-if", "evidence": [found["evidence"]]});
    act(&case.reviewer, &id, &attach).await.expect(200);
    let shown = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(&id))).await;
    let last = shown.expect(200)["actions"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["payload"]["evidence"][0], found["evidence"]);

    // The command line says the same.
    let dg = Dg::beside(&case.suite);
    let file = case.suite.dir().join("candidate.json");
    std::fs::write(&file, stricter().to_string()).unwrap();
    let (file, head) = (file.to_str().unwrap(), head.to_string());
    let words = ["workflow", "what-if", "refunds", file, "--as-of", &head, "-t", "t"];
    assert_eq!(dg.json(&words)["evidence"], found["evidence"]);
    let told = String::from_utf8(dg.run(&words).expect_ok()).unwrap();
    assert!(told.contains("4 traces: 1 unchanged, 2 changed, 1 undecidable"), "{told}");
    assert!(told.contains("require_exception"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_candidate_is_said() {
    let case = Case::new().await;
    let check = async |body: Value, pointers: &[&str]| {
        let answer = case.agent.post(PATH, &body).await;
        let details = answer.refused(400, "invalid_argument");
        let told: Vec<&str> = match details["errors"].as_array() {
            Some(errors) => errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect(),
            None => vec![details["pointer"].as_str().unwrap()],
        };
        assert_eq!(told, pointers, "{body}");
    };
    let odd = json!({"rules": [
        {"when": [], "decision": "allow"},
        {"when": [{"fact": "amount", "operator": "gt", "value": "ten"}], "decision": "deny"},
    ], "otherwise": "allow"});
    check(json!({"policy_id": "p", "candidate": odd}), &["/candidate/rules/0/when", "/candidate/rules/1/when/0/value"])
        .await;
    check(json!({"policy_id": " ", "candidate": stricter()}), &["/policy_id"]).await;
    let maybe = json!({"rules": [], "otherwise": "maybe"});
    check(json!({"policy_id": "p", "candidate": maybe}), &["/candidate/otherwise"]).await;
    for (key, value) in [("limit", json!(0)), ("limit", json!(5001)), ("started_after", json!("yesterday"))] {
        let body = json!({"policy_id": "p", "candidate": stricter(), "traces": {key: value}});
        check(body, &[&format!("/traces/{key}")]).await;
    }
    // Later than the log.
    let early = json!({"policy_id": "p", "candidate": stricter()});
    case.agent.post(&format!("{PATH}?as_of_log_seq=999"), &early).await.refused(409, "projection_out_of_date");
}
