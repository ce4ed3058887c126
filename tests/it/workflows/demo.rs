//! The demo tenant is what its description says, and its incident can be handled to the end.

use std::time::Duration;

use dg_testkit::{Suite, SuiteOptions, wait_for};
use serde_json::{Value, json};

use super::{act, item};
use crate::api::{Api, encoded};

const PRECEDENT: &str = "trace-precedent-renewal-001:exception:ex-precedent-renewal-001";
const REJECTED: &str = "trace-incident-review-003:exception:ex-incident-review-003";
const INCIDENT: &str = "trace-incident-review-003:trace_review:incident_triage";
const LIVE: &str = "trace-live-renewal-002:exception:ex-live-renewal-002";

async fn settled(demo: &Api) -> Value {
    wait_for(Duration::from_secs(30), "the demo's items", async || {
        let answer = demo.get("/api/v1/workflows").await;
        (answer.status == 200 && answer.data()["summary"]["escalated_count"] == 2).then(|| answer.data().clone())
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_what_it_says_and_its_incident_can_be_handled() {
    let suite = Suite::start_with(SuiteOptions { demo: true, ..SuiteOptions::default() }).unwrap();
    let demo = Api::admin(&suite).tenant("release-demo");
    let listed = settled(&demo).await;
    let counts = |key: &str| listed["summary"][format!("{key}_count")].as_i64().unwrap();
    let all = ["total", "open", "overdue", "escalated", "approved", "rejected", "notification"].map(counts);
    assert_eq!(all, [4, 2, 2, 2, 1, 1, 8], "{}", listed["summary"]);
    let inbox: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|item| &item["workflow_id"]).collect();
    assert_eq!(inbox, [INCIDENT, LIVE]);
    let mut actions = 0;
    for (id, status, requested, due, kind) in [
        (PRECEDENT, "approved", "2026-03-06T09:04", "2026-03-06T13:04", "exception_review"),
        (REJECTED, "rejected", "2026-03-07T08:33", "2026-03-07T12:33", "exception_review"),
        (INCIDENT, "escalated", "2026-03-07T08:37", "2026-03-07T14:37", "incident_review"),
        (LIVE, "escalated", "2026-03-07T10:04", "2026-03-07T14:04", "exception_review"),
    ] {
        let shown = item(&demo, id).await;
        assert_eq!((&shown["status"], &shown["workflow_kind"]), (&json!(status), &json!(kind)), "{id}");
        assert_eq!((&shown["priority"], &shown["assigned_role"]), (&json!("high"), &json!("admin")), "{id}");
        assert_eq!(shown["requested_by_actor"], json!({"actor_type": "system", "actor_id": "phase10-seeder"}), "{id}");
        assert!(shown["requested_at"].as_str().unwrap().starts_with(requested), "{id} {}", shown["requested_at"]);
        assert!(shown["sla_due_at"].as_str().unwrap().starts_with(due), "{id} {}", shown["sla_due_at"]);
        let escalations = if status == "escalated" { 1 } else { 0 };
        assert_eq!(shown["escalation_count"], escalations, "{id}");
        let detail = demo.get(&format!("/api/v1/workflows/{}", encoded(id))).await;
        actions += detail.expect(200)["actions"].as_array().unwrap().len();
    }
    assert_eq!(actions, 8);
    let incident = item(&demo, INCIDENT).await;
    assert_eq!((&incident["workflow_name"], &incident["policy_id"]), (&json!("incident_triage"), &Value::Null));
    // A finished trace, and its review is decided all the same: by somebody who did not ask for it.
    let body = json!({"account_id": "ana", "roles": ["admin"], "permissions": ["*"], "tenant_ids": ["release-demo"]});
    let made = Api::admin(&suite).post("/api/v1/admin/accounts", &body).await;
    let ana = demo.token(made.expect(201)["token"]["token"].as_str());
    let done = act(&ana, INCIDENT, &json!({"action": "approve", "reason": "the rejection was right"})).await;
    assert_eq!(done.expect(200)["workflow"]["status"], "approved");
    let reopen = format!("REOPEN {}", INCIDENT.to_uppercase());
    let reopened = json!({"action": "reopen", "reason": "once more", "confirm_text": reopen});
    assert_eq!(act(&ana, INCIDENT, &reopened).await.expect(200)["workflow"]["round"], 2);
    act(&ana, INCIDENT, &json!({"action": "reject", "reason": "it was not"})).await.expect(200);
    let verdict = ana.post("/api/v1/admin/workflows:verify", &Value::Null).await;
    assert_eq!((&verdict.expect(200)["equal"], &verdict.data()["items"]), (&json!(true), &json!(4)));
    // Seeding again changes nothing: the same events are there.
    let trace = demo.get("/api/v1/traces/trace-incident-review-003/events?limit=20").await;
    assert_eq!(trace.expect(200)["events"].as_array().unwrap().len(), 7);
}
