//! Templates, and rules that say where new items go.

use serde_json::{Value, json};

use super::{Case, act, exception, item, verified};
use crate::api::{Api, encoded};
use crate::events::{observed, started, with};

const ROUTING: &str = "/api/v1/admin/workflow-routing";

fn template(name: &str) -> String {
    format!("/api/v1/admin/workflow-templates/{name}")
}

/// Two people, a form, a checklist, and eight hours of an office that is open in the morning.
fn refund() -> Value {
    json!({
        "title": "Large refund", "description": "For refunds that need two people.",
        "workflow_kind": "exception_review", "reviewer_role": "writer", "routing": "round_robin",
        "default_priority": "normal", "sla_hours": 8, "required_approvals": 2, "allow_override": false,
        "calendar_id": "mornings",
        "form": {
            "fields": [{"key": "ticket", "label": "Ticket", "kind": "text", "required": true, "on": ["approve"]}],
            "conditions": [{"key": "max_amount", "label": "At most", "kind": "integer", "min": 0}],
            "checklist": [{"key": "customer", "label": "I looked at the customer", "required": true}],
            "required_evidence": ["locator"],
        },
    })
}

fn routing() -> Value {
    json!({"rules": [{
        "rule_id": "large_refunds",
        "when": {"policy_ids": ["refunds"], "facts": [{"fact": "amount", "operator": "gt", "value": "1000"}]},
        "then": {"template_id": "refund", "priority": "urgent"},
    }]})
}

async fn configured(case: &Case) {
    let week: Vec<&str> = vec!["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let weekly: Value = week.iter().map(|day| ((*day).to_owned(), json!([["08:00", "12:00"]]))).collect();
    let calendar = json!({"definition": {"time_zone": "Europe/Berlin", "weekly": weekly}, "reason": "mornings"});
    case.chief.put("/api/v1/admin/workflow-calendars/mornings", &calendar).await.expect(200);
    let made = case.chief.put(&template("refund"), &json!({"definition": refund(), "reason": "two people"})).await;
    assert_eq!(made.expect(200)["template"]["version"], 1);
    let said = case.chief.put(ROUTING, &json!({"definition": routing(), "reason": "large ones", "version": 0})).await;
    assert_eq!(said.expect(200)["routing"]["version"], 1);
}

/// An exception of a trace that observed an amount; the item's name.
async fn asked(case: &Case, trace: &str, amount: i64) -> String {
    let facts = json!([{"key": "amount", "value": {"type": "int", "value": amount.to_string()}}]);
    case.agent.post("/api/v1/events", &started(trace)).await.expect(201);
    case.agent.post("/api/v1/events", &with(observed(trace, 1), "/payload/facts", facts)).await.expect(201);
    case.agent.post("/api/v1/events", &exception(trace, 2, "ex", "the customer is right")).await.expect(201);
    format!("{trace}:exception:ex")
}

async fn told(by: &Api, id: &str) -> usize {
    let path = format!("/api/v1/notifications?category=assignment&workflow_id={}", encoded(id));
    by.get(&path).await.expect(200)["notifications"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_sends_an_item_to_a_template_and_its_form_is_filled_in() {
    let case = Case::new().await;
    configured(&case).await;
    let small = item(&case.reviewer, &asked(&case, "small", 1_000).await).await;
    assert_eq!((&small["assigned_role"], &small["priority"]), (&json!("admin"), &json!("high")));
    assert_eq!(small["terms"]["template_id"], Value::Null);
    let id = asked(&case, "large", 1_001).await;
    let shown = item(&case.reviewer, &id).await;
    assert_eq!((&shown["assigned_role"], &shown["priority"]), (&json!("writer"), &json!("urgent")));
    let terms = &shown["terms"];
    assert_eq!((&terms["template_id"], &terms["template_version"]), (&json!("refund"), &json!(1)));
    assert_eq!((&terms["required_approvals"], &terms["allow_override"]), (&json!(2), &json!(false)));
    // The deadline is the calendar's.
    let from = encoded(shown["requested_at"].as_str().unwrap());
    let path = format!("/api/v1/admin/workflow-calendars/mornings/deadline?minutes=480&from={from}");
    assert_eq!(case.chief.get(&path).await.expect(200)["due_at"], shown["sla_due_at"]);
    // Whoever was chosen is told, and nobody else.
    let chosen = shown["assigned_account_id"].as_str().unwrap();
    assert!(["t-reviewer", "t-second"].contains(&chosen), "{shown}");
    let (one, other) =
        if chosen == "t-reviewer" { (&case.reviewer, &case.second) } else { (&case.second, &case.reviewer) };
    assert_eq!((told(one, &id).await, told(other, &id).await, told(&case.chief, &id).await), (1, 0, 0));
    // Another version later changes nothing for it.
    let two = with(refund(), "/form", json!({}));
    case.chief.put(&template("refund"), &json!({"definition": two, "reason": "less", "version": 1})).await.expect(200);
    let bare = act(one, &id, &json!({"action": "approve", "reason": "fine"})).await;
    let places: Vec<&str> = bare.refused(400, "invalid_argument")["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["/form/ticket", "/checklist"]);
    let full = json!({"action": "approve", "reason": "fine", "form": {"ticket": "T-7"}, "checklist": ["customer"],
        "conditions": {"max_amount": 900}});
    let odd = with(full.clone(), "/conditions", json!({"max_amount": "x", "colour": "red"}));
    assert_eq!(act(one, &id, &odd).await.refused(400, "invalid_argument")["errors"].as_array().unwrap().len(), 2);
    let first = act(one, &id, &full).await;
    assert_eq!(first.expect(200)["workflow"]["status"], "requested");
    assert_eq!(act(one, &id, &full).await.refused(409, "conflict")["reason"], "second_ballot");
    let phrase =
        json!({"action": "override", "reason": "now", "confirm_text": format!("OVERRIDE {}", id.to_uppercase())});
    assert_eq!(act(&case.chief, &id, &phrase).await.refused(409, "conflict")["reason"], "no_override");
    let done = act(other, &id, &full).await;
    let done = &done.expect(200)["workflow"];
    assert_eq!(
        (&done["status"], &done["metadata"]["decision"]["conditions"]),
        (&json!("approved"), &json!({"max_amount": 900}))
    );
    verified(&case).await;
    let rebuilt = case.chief.post("/api/v1/admin/workflows:rebuild", &json!({"reason": "a look"})).await;
    assert_eq!(rebuilt.expect(200)["equal"], true);
    assert_eq!((told(one, &id).await, told(&case.chief, &id).await), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_take_turns_and_whoever_is_away_is_left_out() {
    let case = Case::new().await;
    configured(&case).await;
    let mut chosen = Vec::new();
    for trace in ["a", "b", "c", "d"] {
        let shown = item(&case.reviewer, &asked(&case, trace, 5_000).await).await;
        chosen.push(shown["assigned_account_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(chosen[..2], chosen[2..]);
    assert_ne!(chosen[0], chosen[1]);
    let absence = json!({"from": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"});
    let path = "/api/v1/absences/0190a7c2-0000-7000-8000-000000000001";
    case.second.put(path, &absence).await.expect(200);
    for trace in ["e", "f"] {
        let shown = item(&case.reviewer, &asked(&case, trace, 5_000).await).await;
        assert_eq!(shown["assigned_account_id"], "t-reviewer");
    }
    verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_are_versions_and_of_their_tenant() {
    let case = Case::new().await;
    let listed = case.agent.get("/api/v1/workflow-studio/templates").await;
    let names: Vec<&Value> =
        listed.expect(200)["templates"].as_array().unwrap().iter().map(|one| &one["template_id"]).collect();
    assert_eq!(names, ["incident_triage", "exception_follow_up", "precedent_gap_review"]);
    // Everything that is wrong is said at once.
    let wrong = json!({"title": " ", "description": "x", "workflow_kind": "exception_review", "reviewer_role": "king",
        "default_priority": "high", "required_approvals": 0});
    let refused = case.chief.put(&template("refund"), &json!({"definition": wrong, "reason": "r"})).await;
    let places: Vec<&str> = refused.refused(400, "invalid_argument")["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["/definition/title", "/definition/reviewer_role", "/definition/required_approvals"]);
    let stranger = json!({"definition": refund(), "reason": "r"});
    let refused = case.chief.put(&template("refund"), &stranger).await;
    assert_eq!(refused.refused(400, "invalid_argument")["pointer"], "/definition/calendar_id");
    case.reviewer.put(&template("refund"), &stranger).await.refused(403, "forbidden");
    configured(&case).await;
    let stale = json!({"definition": refund(), "reason": "r", "version": 0});
    case.chief.put(&template("refund"), &stale).await.refused(412, "precondition_failed");
    let unknown = with(routing(), "/rules/0/then/template_id", json!("refunds"));
    let refused = case.chief.put(ROUTING, &json!({"definition": unknown, "reason": "r"})).await;
    assert_eq!(refused.refused(400, "invalid_argument")["pointer"], "/definition/rules/0/then/template_id");
    // Out of use, no rule can name it; a version that was made is there for ever.
    case.chief
        .put(&template("refund"), &json!({"definition": refund(), "reason": "r", "enabled": false}))
        .await
        .expect(200);
    case.chief.put(ROUTING, &json!({"definition": routing(), "reason": "r"})).await.refused(400, "invalid_argument");
    let first = case.agent.get("/api/v1/workflow-studio/templates/refund?version=1").await;
    assert_eq!(
        (&first.expect(200)["template"]["enabled"], &first.data()["template"]["version"]),
        (&json!(true), &json!(1))
    );
    let other = Api::admin(&case.suite).new_tenant("other", "precise").await;
    other.get("/api/v1/workflow-studio/templates/refund").await.refused(404, "not_found");
    assert_eq!(other.get(ROUTING).await.expect(200)["routing"]["version"], 0);
}
