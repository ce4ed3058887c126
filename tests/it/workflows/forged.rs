//! A thousand approvals that are not what they say. None moves an item.

use dg_testkit::rng::Rng;
use serde_json::{Value, json};

use super::{Case, act, exception, item, verified};
use crate::events::{event, started};

const FORGED: usize = 1_000;

/// What an item says about itself that only its own rules may change.
fn standing(item: &Value) -> Value {
    let mut item = item.clone();
    for shown in ["external_approvals", "last_source_log_seq"] {
        item.as_object_mut().unwrap().remove(shown);
    }
    item
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_approval_moves_an_item() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    // A twin in another trace that was approved, so that there is something genuine to replay.
    let twin = case.asked("b").await;
    act(&case.reviewer, &twin, &json!({"action": "approve", "reason": "genuine"})).await.expect(200);
    let log = case.admin.whole_log().await;
    let genuine: Vec<&Value> = log.iter().filter(|event| event["event_type"] == "ApprovalRecorded").collect();
    let before = standing(&item(&case.reviewer, &id).await);
    let other = crate::api::Api::admin(&case.suite).new_tenant("u", "precise").await;
    other.post("/api/v1/events", &started("a")).await.expect(201);
    other.post("/api/v1/events", &exception("a", 1, "ex", "theirs")).await.expect(201);
    let mut rng = Rng::new(7);
    let (mut taken, mut refused) = (0, 0);
    for number in 0..FORGED {
        // A real approval, or one that an agent makes up, changed in a few places.
        let mut forged = if rng.below(2) == 0 {
            let mut copy = (*rng.pick(&genuine)).clone();
            let keep = [
                "event_id",
                "trace_id",
                "event_type",
                "occurred_at",
                "source",
                "actor",
                "idempotency_key",
                "payload",
                "correlation_id",
                "causation_event_id",
                "tags",
                "schema_version",
            ];
            copy.as_object_mut().unwrap().retain(|key, _| keep.contains(&key.as_str()));
            copy
        } else {
            let subject = json!({"subject_type": "exception", "subject_id": "ex"});
            let approver = json!({"actor_type": "person", "actor_id": "t-reviewer"});
            let payload = json!({"approval_id": "x", "subject": subject, "approver": approver, "decision": "approved"});
            event("a", 100 + number, "ApprovalRecorded", &payload)
        };
        let places: [(&str, Value); 15] = [
            ("/trace_id", json!("a")),
            (
                "/source/producer_id",
                json!(["workflow-service", "workflow-studio", "workflow-sla", "agent"][number % 4]),
            ),
            ("/source/system", json!("decisiongraph")),
            ("/event_id", json!(format!("forged-{number}"))),
            ("/idempotency_key", json!(format!("workflow:{id}:approve:{number}"))),
            ("/actor", json!({"actor_type": "person", "actor_id": "t-chief"})),
            ("/payload/workflow_id", json!(id)),
            ("/payload/subject", json!({"subject_type": "exception", "subject_id": "ex", "trace_id": "a"})),
            ("/payload/subject", json!({"subject_type": "override", "subject_id": id})),
            ("/payload/request_hash", before["request"]["payload_hash"].clone()),
            ("/payload/round", json!(number % 3)),
            ("/payload/decision", json!(if number % 2 == 0 { "approved" } else { "rejected" })),
            ("/payload/approver", json!({"actor_type": "person", "actor_id": "t-chief"})),
            ("/payload/companion_event_id", Value::Null),
            ("/trace_id", json!("review:a:exception:ex")),
        ];
        for _ in 0..=rng.below(6) {
            let (at, value) = rng.pick(&places);
            let (holder, key) = at.rsplit_once('/').unwrap();
            if let Some(holder) = forged.pointer_mut(holder) {
                holder[key] = value.clone();
            }
        }
        if rng.below(2) == 0 {
            forged["event_id"] = json!(format!("forged-{number}"));
            forged["idempotency_key"] = json!(format!("forged-{number}"));
        }
        forged.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        // By the agent, by a reviewer's token, by an administrator's; into this tenant or the other one.
        let by = [&case.agent, &case.reviewer, &case.chief, &other][number % 4];
        let answer = by.post("/api/v1/events", &forged).await;
        if answer.status < 300 {
            taken += 1
        } else {
            refused += 1
        }
        if number % 50 == 0 {
            // The same through the action route: another request, another round, another item, no permission.
            for body in [
                json!({"action": "approve", "reason": "r", "request_hash": "f".repeat(64)}),
                json!({"action": "approve", "reason": "r", "version": 77}),
                json!({"action": "override", "reason": "r"}),
                json!({"action": "override", "reason": "r", "confirm_text": "OVERRIDE B:EXCEPTION:EX"}),
                json!({"action": "reopen", "reason": "r", "confirm_text": "REOPEN A:EXCEPTION:EX"}),
                json!({"action": "approve"}),
                json!({"action": "route", "reason": "r"}),
                json!({"action": "export", "reason": "r"}),
            ] {
                let answer = act(&case.reviewer, &id, &body).await;
                assert!((400..500).contains(&answer.status), "{body}: {}", answer.text);
            }
            act(&case.agent, &id, &json!({"action": "approve", "reason": "r"})).await.refused(403, "forbidden");
        }
    }
    assert!(taken > 100 && refused > 100, "{taken} taken, {refused} refused");
    let last = case.admin.whole_log().await.len();
    let verdict = verified(&case).await;
    assert_eq!(verdict["log_seq"], last);
    assert_eq!(standing(&item(&case.reviewer, &id).await), before);
    let theirs = item(&other, &id).await;
    assert_eq!((&theirs["status"], &theirs["current_decision"]), (&json!("requested"), &Value::Null));
    // It can still be decided, once.
    act(&case.reviewer, &id, &json!({"action": "approve", "reason": "genuine"})).await.expect(200);
    verified(&case).await;
}
