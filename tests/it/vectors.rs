//! Every published vector through the API of a tenant with the reference guard: status, code, hash.

use dg_testkit::{Suite, fixtures};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::{Answer, Api};
use crate::events::{observed, started, with};

#[tokio::test(flavor = "multi_thread")]
async fn every_append_vector_gets_its_status_and_code() {
    let Some(vectors) = fixtures::vectors().unwrap() else { return };
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    for (number, case) in list(&vectors, "append").iter().enumerate() {
        let tenant = admin.new_tenant(&format!("append-{number}"), "reference").await;
        let name = case["name"].as_str().unwrap();
        for (event, verdict) in list(case, "events").iter().zip(list(case, "strict")) {
            let answer = tenant.post("/api/v1/events", event).await;
            check(&answer, verdict.as_str().unwrap(), name);
        }
        let stored = list(case, "strict").iter().filter(|verdict| *verdict == "ok").count();
        assert_eq!(tenant.whole_log().await.len(), stored, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_canonical_form_is_hashed_as_published() {
    let Some(vectors) = fixtures::vectors().unwrap() else { return };
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("canonical", "reference").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    for (number, case) in list(&vectors, "canonical").iter().enumerate() {
        let answer = tenant.post_text("/api/v1/events", "application/json", carrying(number + 1, case)).await;
        let canonical = case["canonical"].as_str().unwrap();
        let source = r#"{"object_id":"o-1","object_type":"order","system":"shop"}"#;
        let whole = format!(r#"{{"facts":[],"input_id":"input-{}","source":{source},"v":{canonical}}}"#, number + 1);
        let hash = format!("sha256:{}", hex::encode(Sha256::digest(whole)));
        assert_eq!(answer.expect(201)["event"]["payload_hash"], hash.as_str(), "{}", case["name"]);
    }
    for case in list(&vectors, "canonical_refused") {
        let answer = tenant.post_text("/api/v1/events", "application/json", carrying(999, case)).await;
        check(&answer, case["code"].as_str().unwrap(), case["name"].as_str().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_guard_refuses_what_is_published() {
    let Some(vectors) = fixtures::vectors().unwrap() else { return };
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("guard", "reference").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    for (number, case) in list(&vectors, "pii").iter().enumerate() {
        let event = with(observed("t", number + 1), "/payload/note", case["text"].clone());
        let answer = tenant.post("/api/v1/events", &event).await;
        if case["pattern"].is_null() {
            answer.expect(201);
        } else {
            let details = answer.refused(422, "pii_policy_violation");
            assert_eq!(details["pointer"], "/payload/note");
        }
    }
}

/// An `InputObserved` whose payload carries the vector's JSON text as it is written, under the key `v`.
fn carrying(number: usize, case: &Value) -> String {
    let marked = with(observed("t", number), "/payload/v", json!("@@")).to_string();
    marked.replace("\"@@\"", case["json"].as_str().unwrap())
}

#[track_caller]
fn check(answer: &Answer, verdict: &str, name: &str) {
    let (status, code) = match verdict {
        "ok" => (201, ""),
        "duplicate" => (200, ""),
        "DG_ERR_INVALID_ARGUMENT" => (400, "invalid_argument"),
        "DG_ERR_SCHEMA_VIOLATION" => (422, "schema_violation"),
        "DG_ERR_PII_POLICY_VIOLATION" => (422, "pii_policy_violation"),
        "DG_ERR_IDEMPOTENCY_CONFLICT" => (409, "idempotency_conflict"),
        "DG_ERR_EVENT_SEQUENCE_INVALID" => (409, "event_sequence_invalid"),
        // A used event id is the caller's mistake here, not a failure of the storage (ADR 9).
        "DG_ERR_CONFLICT" | "DG_ERR_STORAGE" => (409, "conflict"),
        other => unreachable!("unknown verdict {other}"),
    };
    assert_eq!((answer.status, answer.code()), (status, code), "{name}: {}", answer.text);
}

#[track_caller]
fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap()
}
