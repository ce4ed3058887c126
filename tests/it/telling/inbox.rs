//! What somebody was told is theirs, and so is whether they have seen it.

use serde_json::{Value, json};

use super::{inbox, words};
use crate::workflows::{Case, act, item};

const READ: &str = "/api/v1/notifications/read";

#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_their_own_inbox_and_their_own_marks() {
    let case = Case::new().await;
    let ids = [case.asked("t1").await, case.asked("t2").await, case.asked("t3").await];
    for id in &ids {
        item(&case.chief, id).await;
    }
    // New items are for administrators: there are two.
    for admin in [&case.chief, &case.admin] {
        let told = inbox(admin, "", |all| all.len() == 3).await;
        assert_eq!(words(&told, "category"), ["assignment"; 3]);
        assert!(told.iter().all(|one| one["read_at"].is_null() && one["instead_of"].is_null()), "{told:#?}");
        let order = words(&told, "workflow_id");
        assert_eq!(order, [&ids[2], &ids[1], &ids[0]].map(String::as_str), "what came last is first");
    }
    assert!(inbox(&case.reviewer, "", |_| true).await.is_empty());

    let page = case.chief.get("/api/v1/notifications?limit=2").await;
    let page = page.expect(200);
    assert_eq!((page["notifications"].as_array().unwrap().len(), &page["unread_count"]), (2, &json!(3)));
    let next = format!("/api/v1/notifications?limit=2&cursor={}", page["next_cursor"].as_str().unwrap());
    let next = case.chief.get(&next).await;
    assert_eq!(next.expect(200)["notifications"].as_array().unwrap().len(), 1);
    assert_eq!(next.data()["next_cursor"], Value::Null);
    let of_one = inbox(&case.chief, &format!("workflow_id={}", ids[1]), |_| true).await;
    assert_eq!(words(&of_one, "workflow_id"), [ids[1].as_str()]);
    assert!(inbox(&case.chief, "category=comment,mention", |_| true).await.is_empty());
    case.chief.get("/api/v1/notifications?category=gossip").await.refused(400, "invalid_argument");

    // Seen by one, and by nobody else; up to the second, and not the third.
    let second = of_one[0]["notification_id"].as_str().unwrap();
    case.reviewer.post(READ, &json!({"up_to": second})).await.refused(404, "not_found");
    let by_another = case.reviewer.post(READ, &json!({"notification_ids": [second]})).await;
    assert_eq!(by_another.expect(200)["read"], 0);
    let marked = case.chief.post(READ, &json!({"up_to": second})).await;
    assert_eq!((&marked.expect(200)["read"], &marked.data()["unread_count"]), (&json!(2), &json!(1)));
    let again = case.chief.post(READ, &json!({"notification_ids": [second]})).await;
    assert_eq!(again.expect(200)["read"], 0);
    let unread = inbox(&case.chief, "unread=true", |_| true).await;
    assert_eq!(words(&unread, "workflow_id"), [ids[2].as_str()]);
    assert_eq!(inbox(&case.chief, "unread=false", |_| true).await.len(), 2);
    assert_eq!(inbox(&case.admin, "unread=true", |_| true).await.len(), 3);
    for bad in [json!({}), json!({"up_to": "x"}), json!({"notification_ids": [second], "up_to": second})] {
        case.chief.post(READ, &bad).await.refused(400, "invalid_argument");
    }

    // In another tenant the same administrator was told nothing, and marks nothing here.
    let other = case.admin.tenant("other");
    case.admin.post("/api/v1/admin/tenants", &json!({"tenant_id": "other"})).await.expect(201);
    assert!(inbox(&other, "", |_| true).await.is_empty());
    other.post(READ, &json!({"up_to": second})).await.refused(404, "not_found");
    assert_eq!(inbox(&case.admin, "unread=true", |_| true).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_did_it_knows_and_whoever_is_meant_is_told() {
    let case = Case::new().await;
    let id = case.asked("t1").await;
    item(&case.chief, &id).await;
    let reassign = json!({"action": "reassign", "assigned_account_id": "t-second"});
    act(&case.reviewer, &id, &reassign).await.expect(200);
    assert_eq!(words(&inbox(&case.second, "", |all| all.len() == 1).await, "category"), ["assignment"]);
    let comment = json!({"action": "comment", "note": "look here, @t-chief"});
    act(&case.reviewer, &id, &comment).await.expect(200);
    let told = inbox(&case.second, "", |all| all.len() == 2).await;
    assert_eq!(words(&told, "category"), ["comment", "assignment"]);
    act(&case.second, &id, &json!({"action": "approve", "reason": "fine"})).await.expect(200);
    let told = inbox(&case.agent, "category=approval", |all| all.len() == 1).await;
    assert_eq!(told[0]["payload"]["decision"], "approved");
    assert_eq!(inbox(&case.second, "category=approval", |_| true).await.len(), 0, "whoever decided knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_tells_nobody() {
    let case = Case::new().await;
    let id = case.asked("t1").await;
    item(&case.chief, &id).await;
    let before = inbox(&case.chief, "", |all| all.len() == 1).await;
    let raw = |sql: &'static str| {
        let url = case.suite.database_url.clone();
        async move {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            let rows = client.query(sql, &[]).await.unwrap();
            rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>()
        }
    };
    let rebuild = async || {
        case.chief.post("/api/v1/admin/workflows:rebuild", &json!({"reason": "to see"})).await.expect(200);
    };
    rebuild().await;
    assert_eq!(inbox(&case.chief, "", |_| true).await, before);
    // What is not there any more is written down again, and comes into no inbox.
    let gone = raw("DELETE FROM dg_workflow_notifications RETURNING status").await;
    assert_eq!(gone, ["delivered"]);
    assert!(inbox(&case.chief, "", |_| true).await.is_empty());
    rebuild().await;
    assert_eq!(raw("SELECT status FROM dg_workflow_notifications").await, ["suppressed"]);
    assert!(inbox(&case.chief, "", |_| true).await.is_empty());
    assert!(raw("SELECT state FROM dg_workflow_deliveries").await.is_empty());
}
