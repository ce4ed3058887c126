//! The studio: what a review of a trace would be, and reviews that people start.

use std::time::Duration;

use dg_testkit::wait_for;
use serde_json::{Value, json};

use super::{Case, act, verified};
use crate::api::{Answer, Api, encoded};
use crate::cli::Dg;
use crate::events::{event, finished, started, with};

fn path(trace: &str) -> String {
    format!("/api/v1/workflow-studio/traces/{}", encoded(trace))
}

async fn start(by: &Api, trace: &str, body: &Value) -> Answer {
    by.post(&format!("{}/reviews", path(trace)), body).await
}

fn evaluated(trace: &str, number: usize, decision: &str) -> Value {
    let policy = json!({"policy_id": "refunds", "policy_version": "3"});
    event(trace, number, "PolicyEvaluated", &json!({"policy": policy, "inputs": [], "decision": decision}))
}

/// A trace that was evaluated and ended.
async fn decided(case: &Case, trace: &str, decision: &str, outcome: &str) {
    let end = with(finished(trace, 2), "/payload/outcome", json!(outcome));
    for event in [started(trace), evaluated(trace, 1, decision), end] {
        case.agent.post("/api/v1/events", &event).await.expect(201);
    }
}

fn codes(dry_run: &Value) -> Vec<&str> {
    dry_run["signals"].as_array().unwrap().iter().map(|signal| signal["code"].as_str().unwrap()).collect()
}

async fn events(case: &Case, trace: &str) -> Vec<Value> {
    let answer = case.admin.get(&format!("/api/v1/traces/{}/events?limit=100", encoded(trace))).await;
    answer.expect(200)["events"].as_array().unwrap().clone()
}

/// From looking at a finished trace to a decision, and to another review.
#[tokio::test(flavor = "multi_thread")]
async fn a_finished_trace_is_looked_at_reviewed_and_reviewed_again() {
    let case = Case::new().await;
    decided(&case, "before", "allow", "success").await;
    decided(&case, "a", "deny", "failure").await;
    let seen = wait_for(Duration::from_secs(20), "the precedent", async || {
        let answer = case.agent.get(&path("a")).await;
        let found = answer.expect(200).clone();
        (found["precedent_preview"].as_array().unwrap().len() == 1).then_some(found)
    })
    .await
    .unwrap();
    // It ended otherwise than what is like it; it is no precedent of itself.
    assert_eq!(codes(&seen), ["unfavorable_outcome", "precedent_divergence"]);
    assert_eq!(seen["precedent_preview"][0]["trace_id"], "before");
    let draft = &seen["draft"];
    assert_eq!(
        (&draft["workflow_id"], &draft["priority"], &draft["sla_hours"], &draft["assigned_role"], &draft["policy_id"]),
        (&json!("a:trace_review:incident_triage"), &json!("urgent"), &json!(2), &json!("admin"), &json!("refunds"))
    );
    assert_eq!(
        (&seen["template"]["template_id"], &seen["existing_workflows"]),
        (&json!("incident_triage"), &json!([]))
    );
    let other = case.agent.get(&format!("{}?template_id=precedent_gap_review", path("a"))).await;
    assert_eq!(other.expect(200)["draft"]["sla_hours"], 6);
    // Looking changed nothing.
    assert_eq!(events(&case, "a").await.len(), 3);

    let body = json!({"reason": "the customer complained", "assignee": {"account_id": "t-second"}, "sla_hours": 1});
    let first = start(&case.reviewer, "a", &body).await;
    let first = first.expect(201).clone();
    let item = &first["workflow"];
    let id = item["workflow_id"].as_str().unwrap();
    assert_eq!((id, &first["created"]), ("a:trace_review:incident_triage", &json!(true)));
    assert_eq!((&item["assigned_account_id"], &item["priority"]), (&json!("t-second"), &json!("urgent")));
    assert_eq!(item["terms"]["template_id"], "incident_triage");
    // What was found is in the item, and what is shown for it is the digest of that.
    let simulation = &item["metadata"]["simulation"];
    assert_eq!(simulation["risk_signals"][1]["code"], "precedent_divergence");
    let evidence = &item["metadata"]["request"]["evidence"][0];
    assert_eq!((&evidence["kind"], &evidence["digest"]), (&json!("digest"), &json!(sha256(simulation))));
    // The reviewed trace stays as it was: its review has a trace of its own.
    assert_eq!(events(&case, "a").await.len(), 3);
    let companion = events(&case, "review:a:trace_review:incident_triage").await;
    assert_eq!(companion[1]["event_id"], first["action"]["appended_event_id"]);
    assert_eq!(companion[1]["event_type"], "WorkflowReviewRequested");

    // Somebody else who asks is shown the same one.
    let again = start(&case.second, "a", &json!({"reason": "me too"})).await;
    let again = again.expect(200);
    assert_eq!((&again["created"], &again["action"]["appended_event_id"]), (&json!(false), &Value::Null));
    assert_eq!(again["review_context"]["draft"]["exists"], true);
    let own = act(&case.reviewer, id, &json!({"action": "approve", "reason": "fine"})).await;
    assert_eq!(own.refused(403, "forbidden")["reason"], "self_approval");
    act(&case.second, id, &json!({"action": "reject", "reason": "it was wrong"})).await.expect(200);
    let phrase =
        json!({"action": "reopen", "reason": "new facts", "confirm_text": format!("REOPEN {}", id.to_uppercase())});
    assert_eq!(act(&case.chief, id, &phrase).await.expect(200)["workflow"]["round"], 2);
    act(&case.second, id, &json!({"action": "approve", "reason": "repaired"})).await.expect(200);
    let next = start(&case.reviewer, "a", &json!({"reason": "once more"})).await;
    assert_eq!(next.expect(201)["workflow"]["workflow_id"], "a:trace_review:incident_triage:r2");
    verified(&case).await;
}

/// The same digest as the service computes, by other means: sorted keys, no white space, no floats.
fn sha256(value: &Value) -> String {
    use sha2::{Digest, Sha256};
    let text = serde_json::to_string(value).unwrap();
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_trace_with_an_exception_is_followed_up() {
    let case = Case::new().await;
    case.asked("open").await;
    let seen = case.agent.get(&path("open")).await;
    let seen = seen.expect(200);
    assert_eq!(codes(seen), ["exception_requested", "trace_active", "no_precedents"]);
    assert_eq!(seen["replay_suggestion"]["projection"], "all");
    // The command line says the same, in words and as JSON.
    let dg = Dg::beside(&case.suite);
    let told = String::from_utf8(dg.run(&["workflow", "dry-run", "open", "-t", "t"]).expect_ok()).unwrap();
    assert!(told.contains("urgent priority, assigned to role admin, due within 1 h"), "{told}");
    assert!(told.contains("trace_active: the trace is still active"), "{told}");
    let words = [
        "workflow",
        "start",
        "open",
        "--template",
        "incident_triage",
        "--reason",
        "by hand",
        "--role",
        "writer",
        "-t",
        "t",
    ];
    let by_hand = dg.json(&words);
    assert_eq!((&by_hand["created"], &by_hand["workflow"]["assigned_role"]), (&json!(true), &json!("writer")));
    let shown = dg.json(&["workflow", "dry-run", "open", "--template", "incident_triage", "-t", "t"]);
    assert_eq!(
        (&shown["draft"]["exists"], &shown["existing_workflows"][1]["status"]),
        (&json!(true), &json!("requested"))
    );
    let started = start(&case.reviewer, "open", &json!({"reason": "look closer"})).await;
    assert_eq!(started.expect(201)["workflow"]["workflow_id"], "open:trace_review:exception_follow_up");
    // The trace is open, so the request stands in it.
    let last = events(&case, "open").await.pop().unwrap();
    assert_eq!(
        (&last["event_type"], &last["event_id"]),
        (&json!("WorkflowReviewRequested"), &started.data()["action"]["appended_event_id"])
    );
    verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_and_what_is_not_there() {
    let case = Case::new().await;
    decided(&case, "a", "allow", "success").await;
    let because = json!({"reason": "a look"});
    assert_eq!(start(&case.agent, "a", &because).await.refused(403, "forbidden")["permission"], "workflow_assign");
    let account = json!({"account_id": "t-reader", "roles": ["reader"], "permissions": ["*"], "tenant_ids": ["t"]});
    let reader = case.admin.post("/api/v1/admin/accounts", &account).await;
    let reader = case.admin.token(reader.expect(201)["token"]["token"].as_str());
    reader.get(&path("a")).await.expect(200);
    start(&reader, "a", &because).await.refused(403, "forbidden");
    for (trace, query) in [("nowhere", ""), ("a", "?template_id=nothing"), ("review:a", "")] {
        case.agent.get(&format!("{}{query}", path(trace))).await.refused(404, "not_found");
    }
    start(&case.reviewer, "nowhere", &because).await.refused(404, "not_found");
    let unknown = json!({"reason": "a look", "template_id": "nothing"});
    start(&case.reviewer, "a", &unknown).await.refused(404, "not_found");
    // Another tenant has no such trace.
    let other = case.admin.new_tenant("other", "precise").await;
    other.get(&path("a")).await.refused(404, "not_found");
    start(&other, "a", &because).await.refused(404, "not_found");
    // Everything that is wrong is said at once.
    let wrong = json!({"reason": " ", "title": "", "priority": "low", "sla_hours": 7, "assignee": {"role": "king"}});
    let told = start(&case.reviewer, "a", &wrong).await;
    let places: Vec<&str> = told.refused(400, "invalid_argument")["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["/reason", "/title", "/sla_hours", "/priority", "/assignee/role"]);
    // A template that is out of use starts nothing.
    let definition = json!({"title": "Audit", "description": "x", "workflow_kind": "incident_review", "reviewer_role": "admin",
        "default_priority": "low", "priority_mode": "template"});
    let off = json!({"definition": definition, "enabled": false, "reason": "not yet"});
    case.chief.put("/api/v1/admin/workflow-templates/audit", &off).await.expect(200);
    let audit = json!({"reason": "a look", "template_id": "audit"});
    assert_eq!(start(&case.reviewer, "a", &audit).await.refused(409, "conflict")["reason"], "template_disabled");
    assert_eq!(case.reviewer.get("/api/v1/workflows").await.expect(200)["items"], json!([]));
    // A key makes one review, and belongs to one request.
    let keyed = async |body: &Value| {
        let headers = [("content-type", "application/json"), ("idempotency-key", "one")];
        let path = format!("{}/reviews", path("a"));
        case.reviewer.try_request("POST", &path, &headers, body.to_string().into_bytes()).await.unwrap()
    };
    let first = keyed(&because).await;
    let id = first.expect(201)["workflow"]["workflow_id"].clone();
    let again = keyed(&because).await;
    assert_eq!(
        (&again.expect(201)["workflow"]["workflow_id"], again.header("idempotent-replayed")),
        (&id, Some("true"))
    );
    keyed(&json!({"reason": "another look"})).await.refused(409, "idempotency_conflict");
    verified(&case).await;
}
