//! From asking to a decision, and on.

use serde_json::{Value, json};

use super::{Case, act, item, verified};
use crate::api::encoded;
use crate::events::{event, finished, started};

/// An agent asks and waits; a person approves; the agent goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_waits_for_its_approval() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    // Asked at once: the item may not be there yet.
    let waiting = {
        let (agent, path) = (case.agent.clone(), format!("/api/v1/workflows/{}/wait?timeout=30", encoded(&id)));
        tokio::spawn(async move { agent.get(&path).await.expect(200).clone() })
    };
    let shown = item(&case.reviewer, &id).await;
    assert_eq!((&shown["status"], &shown["assigned_role"]), (&json!("requested"), &json!("admin")));
    // Who asked may not approve, and who has no permission may not either.
    let own = act(&case.agent, &id, &json!({"action": "approve", "reason": "mine"})).await;
    own.refused(403, "forbidden");
    let claimed = act(&case.reviewer, &id, &json!({"action": "claim"})).await;
    assert_eq!(claimed.expect(200)["workflow"]["status"], "in_review");
    let taken = act(&case.second, &id, &json!({"action": "claim"})).await;
    assert_eq!(taken.refused(409, "conflict")["reason"], "already_claimed");
    // What would happen, and that nothing does.
    let path = format!("/api/v1/workflows/{}/actions?dry_run=true", encoded(&id));
    let dry = case.reviewer.post(&path, &json!({"action": "approve", "reason": "fine"})).await;
    let dry = dry.expect(200).clone();
    assert_eq!(
        (&dry["resulting_status"], &dry["events"][1]["event_type"]),
        (&json!("approved"), &json!("ApprovalRecorded"))
    );
    assert_eq!(item(&case.reviewer, &id).await["status"], "in_review");
    let hash = shown["request"]["payload_hash"].clone();
    let other = json!({"action": "approve", "reason": "fine", "request_hash": "0".repeat(64)});
    assert_eq!(act(&case.reviewer, &id, &other).await.refused(409, "conflict")["reason"], "other_request");
    let good = json!({"action": "approve", "reason": "fine", "request_hash": hash, "evidence": ["ticket 7"]});
    let done = act(&case.reviewer, &id, &good).await;
    assert_eq!(done.expect(200)["workflow"]["current_decision"], "approved");
    let waited = waiting.await.unwrap();
    assert_eq!((&waited["decided"], &waited["workflow"]["status"]), (&json!(true), &json!("approved")));
    let trace = case.agent.get("/api/v1/traces/a/events?limit=10").await;
    let last = trace.expect(200)["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["event_type"], &last["payload"]["decision"]), (&json!("ApprovalRecorded"), &json!("approved")));
    assert_eq!(last["payload"]["subject"]["subject_id"], "ex");
    assert_eq!(last["recorded_by"], "t-reviewer");
    let list = case.reviewer.get("/api/v1/workflows?status=approved&decided_by=t-reviewer").await;
    assert_eq!(list.expect(200)["items"][0]["workflow_id"], id);
    assert_eq!(list.data()["summary"]["approved_count"], 1);
    verified(&case).await;
}

/// Every kind of thing that can be done, on a trace that is finished; then all of it made again from the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_finished_trace_is_handled_to_the_end_and_rebuilt() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    case.agent.post("/api/v1/events", &finished("a", 2)).await.expect(201);
    let steps: Vec<(&crate::api::Api, Value, &str)> = vec![
        (&case.reviewer, json!({"action": "comment", "note": "looking, @t-second"}), "requested"),
        (&case.reviewer, json!({"action": "reassign", "assigned_account_id": "t-second"}), "requested"),
        (&case.second, json!({"action": "request_change", "reason": "which invoice?"}), "changes_requested"),
        (&case.agent, json!({"action": "attach", "evidence": [{"locator": "crm://invoice/7"}]}), "changes_requested"),
        (&case.agent, json!({"action": "resubmit", "reason": "invoice 7"}), "requested"),
        (&case.chief, json!({"action": "extend", "reason": "holiday", "priority": "low"}), "requested"),
        (&case.chief, json!({"action": "escalate", "reason": "too much"}), "escalated"),
        (&case.second, json!({"action": "reject", "reason": "no"}), "rejected"),
        (&case.second, json!({"action": "comment", "note": "told them"}), "rejected"),
        (
            &case.chief,
            json!({"action": "reopen", "reason": "new facts", "confirm_text": "REOPEN A:EXCEPTION:EX"}),
            "requested",
        ),
        (
            &case.chief,
            json!({"action": "override", "reason": "we owe it", "confirm_text": "OVERRIDE A:EXCEPTION:EX"}),
            "overridden",
        ),
    ];
    for (by, body, status) in steps {
        let answer = act(by, &id, &body).await;
        assert_eq!(answer.expect(200)["workflow"]["status"], status, "{body}");
    }
    let refused = act(&case.second, &id, &json!({"action": "approve", "reason": "late"})).await;
    assert_eq!(refused.refused(409, "conflict")["status"], "overridden");
    let detail = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(&id))).await;
    let detail = detail.expect(200).clone();
    let done: Vec<&str> =
        detail["actions"].as_array().unwrap().iter().map(|action| action["action_type"].as_str().unwrap()).collect();
    assert_eq!(
        done,
        [
            "requested",
            "comment",
            "reassign",
            "request_change",
            "attach",
            "resubmit",
            "extend",
            "escalate",
            "reject",
            "comment",
            "reopen",
            "override"
        ]
    );
    let before = verified(&case).await;
    let told = detail["notifications"].as_array().unwrap().len();
    let rebuilt = case.chief.post("/api/v1/admin/workflows:rebuild", &json!({"reason": "a test"})).await;
    assert_eq!(rebuilt.expect(200)["folded_digest"], before["workflow_digest"]);
    let after = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(&id))).await;
    assert_eq!(after.expect(200)["workflow"], detail["workflow"]);
    assert_eq!(after.data()["actions"], detail["actions"]);
    assert_eq!(after.data()["notifications"].as_array().unwrap().len(), told, "a rebuild tells nobody anything");
    // The reviewed trace is as its agent left it; the handling is readable where it belongs.
    let trace = case.agent.get("/api/v1/traces/a/events?limit=10").await;
    assert_eq!(trace.expect(200)["events"].as_array().unwrap().len(), 3);
    let companion = encoded("review:a:exception:ex:r2");
    let companion = case.agent.get(&format!("/api/v1/traces/{companion}/events?limit=10")).await;
    let types: Vec<&Value> =
        companion.expect(200)["events"].as_array().unwrap().iter().map(|event| &event["event_type"]).collect();
    assert_eq!(types, ["TraceStarted", "WorkflowActionRecorded", "ApprovalRecorded", "TraceFinished"]);
    let listed = case.agent.get("/api/v1/traces?limit=50").await;
    assert_eq!(listed.expect(200)["traces"].as_array().unwrap().len(), 1, "companions are not in the way");
}

/// The same request twice is one act; bulk says what became of each.
#[tokio::test(flavor = "multi_thread")]
async fn repeats_do_nothing_twice_and_bulk_answers_for_each() {
    let case = Case::new().await;
    let (a, b) = (case.asked("a").await, case.asked("b").await);
    item(&case.reviewer, &b).await;
    let path = format!("/api/v1/workflows/{}/actions", encoded(&a));
    let comment = json!({"action": "comment", "note": "once"}).to_string().into_bytes();
    let headers = [("content-type", "application/json"), ("x-request-id", "same-request-0001")];
    for expected in [None, Some("true")] {
        let answer = case.reviewer.try_request("POST", &path, &headers, comment.clone()).await.unwrap();
        answer.expect(200);
        assert_eq!(answer.header("idempotent-replayed"), expected);
    }
    let detail = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(&a))).await;
    assert_eq!(detail.expect(200)["actions"].as_array().unwrap().len(), 2);
    let bulk = json!({"workflow_ids": [a, "nothing:exception:x", b], "action": "approve", "reason": "all fine"});
    let refused = case.reviewer.post("/api/v1/workflows/actions", &bulk).await;
    assert_eq!(refused.refused(400, "invalid_argument")["needed"], "APPROVE 3 ITEMS");
    let mut bulk = bulk;
    bulk["confirm_text"] = json!("APPROVE 3 ITEMS");
    let answer = case.reviewer.post("/api/v1/workflows/actions", &bulk).await;
    let data = answer.expect(207);
    assert_eq!((&data["done"], &data["refused"]), (&json!(2), &json!(1)));
    assert_eq!(data["results"][1]["error"]["code"], "not_found");
    let buckets = case.reviewer.get("/api/v1/workflows/buckets").await;
    assert_eq!((&buckets.expect(200)["recently_closed"], &buckets.data()["all_open"]), (&json!(2), &json!(0)));
    verified(&case).await;
}

/// Evidence is typed: what is wrong with it is told, entry by entry, wherever it is taken, and nothing is done.
#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_read_before_anything_is_done() {
    let case = Case::new().await;
    let (a, b) = (case.asked("a").await, case.asked("b").await);
    item(&case.reviewer, &b).await;
    let bad =
        json!([{"kind": "rumour"}, {"kind": "event"}, "seen", {"label": " ", "locator": "crm://1"}, {"score": 1.5}]);
    let wrong = ["/evidence/0/kind", "/evidence/1/event_id", "/evidence/3/label", "/evidence/4/score"];
    let action = json!({"action": "attach", "evidence": bad});
    let mut several = action.clone();
    several["workflow_ids"] = json!([a, b]);
    several["confirm_text"] = json!("ATTACH 2 ITEMS");
    let single = format!("/api/v1/workflows/{}/actions", encoded(&a));
    for (path, body) in [
        (single.as_str(), &action),
        (&format!("{single}?dry_run=true"), &action),
        ("/api/v1/workflows/actions", &several),
    ] {
        let answer = case.reviewer.post(path, body).await;
        let details = answer.refused(400, "invalid_argument");
        let told: Vec<&str> =
            details["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!((details["pointer"].as_str(), told.as_slice()), (Some(wrong[0]), &wrong[..]), "{path}");
    }
    for (evidence, pointer) in [(json!({"locator": "x"}), "/evidence"), (json!(vec!["x"; 51]), "/evidence")] {
        let answer = act(&case.reviewer, &a, &json!({"action": "attach", "evidence": evidence})).await;
        assert_eq!(answer.refused(400, "invalid_argument")["pointer"], pointer, "{}", answer.text);
    }
    let good = json!(["seen", {"kind": "link", "locator": "crm://1"}, {"trace_id": "a"}]);
    act(&case.reviewer, &a, &json!({"action": "attach", "evidence": good})).await.expect(200);
    let detail = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(&a))).await;
    let recorded = &detail.expect(200)["actions"][1]["payload"]["evidence"];
    assert_eq!(*recorded, json!([{"value": "seen"}, {"kind": "link", "locator": "crm://1"}, {"trace_id": "a"}]));
    verified(&case).await;
}

/// One bad event does not keep the others from being reviewed, and two tenants with the same names do not meet.
#[tokio::test(flavor = "multi_thread")]
async fn tenants_with_the_same_names_do_not_meet() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    let other = crate::api::Api::admin(&case.suite).new_tenant("u", "precise").await;
    other.post("/api/v1/events", &started("a")).await.expect(201);
    let refused = event(
        "a",
        1,
        "ExceptionRequested",
        &json!({"exception_id": "ex", "reason": "r", "priority": "soon",
        "policy": {"policy_id": "p", "policy_version": "1"}}),
    );
    other.post("/api/v1/events", &refused).await.refused(422, "schema_violation");
    other.post("/api/v1/events", &super::exception("a", 1, "ex", "theirs")).await.expect(201);
    assert_eq!(item(&other, &id).await["request"]["reason"], "theirs");
    act(&case.reviewer, &id, &json!({"action": "approve", "reason": "ours"})).await.expect(200);
    assert_eq!(item(&other, &id).await["status"], "requested");
    let foreign = act(&case.reviewer.tenant("u"), &id, &json!({"action": "approve", "reason": "theirs"})).await;
    foreign.refused(403, "forbidden");
}
