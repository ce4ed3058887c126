//! Quiet hours, and what comes together.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::{DELIVERIES, Receiver, case, channel, deliveries, prefer, words};
use crate::workflows::{act, item};

/// A time of the day in UTC, so many minutes from now.
fn clock(minutes: i64) -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let minute = (i64::try_from(now).unwrap() / 60 + minutes).rem_euclid(24 * 60);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_hold_back_everything_but_an_escalation() {
    let Some(receiver) = Receiver::start() else { return };
    let case = case(&receiver, &[]).await;
    let end = clock(120);
    let quiet = json!({"quiet_hours": {"from": clock(-60), "to": end}});
    prefer(&case.chief, Some("chief@example.org"), quiet).await;
    let id = case.asked("t1").await;
    item(&case.chief, &id).await;
    let held = deliveries(&case.chief, "account_id=t-chief", |all| all.len() == 1).await;
    assert_eq!(
        (&held[0]["state"], &held[0]["bundled"], &held[0]["message_id"]),
        (&json!("pending"), &json!(true), &Value::Null)
    );
    assert_eq!(&held[0]["next_attempt_at"].as_str().unwrap()[11..16], end);
    act(&case.chief, &id, &json!({"action": "escalate", "reason": "now", "assigned_account_id": "t-chief"}))
        .await
        .expect(200);
    act(&case.admin, &id, &json!({"action": "escalate", "reason": "now", "assigned_role": "admin"})).await.expect(200);
    let mails = receiver.wait_mails("chief@example.org", |all| !all.is_empty()).await;
    assert!(mails[0]["text"].as_str().unwrap().contains("escalation"), "{mails:#?}");
    let still = deliveries(&case.chief, "account_id=t-chief&state=pending", |_| true).await;
    assert_eq!(still.len(), 1, "{still:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_is_one_message_under_one_id() {
    let Some(receiver) = Receiver::start() else { return };
    let case = case(&receiver, &[]).await;
    prefer(&case.chief, Some("chief@example.org"), json!({"mode": "hourly"})).await;
    let hook =
        json!({"channel": "webhook", "name": "bus", "target": receiver.at("bus"), "preferences": {"mode": "daily"}});
    let (_, secret) = channel(&case.chief, &hook).await;
    receiver.set("secret.bus", &secret.unwrap());
    for trace in ["t1", "t2", "t3"] {
        item(&case.chief, &case.asked(trace).await).await;
    }
    let waiting = deliveries(&case.chief, "state=pending", |all| all.len() == 6).await;
    for one in &waiting {
        let next = one["next_attempt_at"].as_str().unwrap();
        let expected = if one["channel"] == "email" { "00:00" } else { "08:00:00" };
        assert!(next.contains(expected), "{one:#?}");
        assert_eq!(one["bundled"], true);
    }
    assert!(receiver.mails("chief@example.org").is_empty() && receiver.posts("bus").is_empty());
    // The hour is full.
    let (client, connection) = tokio_postgres::connect(&case.suite.database_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    receiver.set("smtp", "451 try again");
    client.batch_execute("UPDATE dg_workflow_deliveries SET next_attempt_at = now()").await.unwrap();
    let posts = receiver.wait_posts("bus", |all| !all.is_empty()).await;
    assert_eq!((posts.len(), &posts[0]["verified"]), (1, &json!(true)));
    assert_eq!(posts[0]["body"]["data"]["notifications"].as_array().unwrap().len(), 3);
    // Tried again, it says the same under the same id.
    receiver.wait_mails("chief@example.org", |all| all.len() >= 2).await;
    receiver.set("smtp", "250 fine");
    let mails = receiver.wait_mails("chief@example.org", |all| all.iter().any(|one| one["status"] == "250")).await;
    assert!(mails.iter().all(|one| one["id"] == mails[0]["id"] && one["text"] == mails[0]["text"]), "{mails:#?}");
    assert_eq!(mails[0]["subject"], "[t] 3 notifications");
    let done = deliveries(&case.chief, "state=delivered", |all| all.len() == 6).await;
    for kind in ["email", "webhook"] {
        let of_kind: Vec<Value> = done.iter().filter(|one| one["channel"] == kind).cloned().collect();
        let ids = words(&of_kind, "message_id");
        assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "{of_kind:#?}");
    }
    // Once more by hand: all of it, as it was.
    let one = done.iter().find(|one| one["channel"] == "webhook").unwrap()["delivery_id"].as_str().unwrap();
    let again = case.chief.post(&format!("{DELIVERIES}/{one}/retry"), &json!({})).await;
    assert_eq!(again.expect(202)["retried"], 3);
    let posts = receiver.wait_posts("bus", |all| all.len() == 2).await;
    assert_eq!((&posts[0]["id"], &posts[0]["body"]), (&posts[1]["id"], &posts[1]["body"]));
}
