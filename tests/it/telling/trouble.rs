//! Receivers that refuse, and a daemon that dies.

use std::collections::{BTreeMap, BTreeSet};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::{CHANNELS, DELIVERIES, Receiver, case, channel, deliveries, inbox, prefer, words};
use crate::workflows::item;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_tried_again_ends_as_a_dead_letter_and_is_told_once() {
    let Some(receiver) = Receiver::start() else { return };
    let case = case(&receiver, &[]).await;
    let (hook, _) =
        channel(&case.chief, &json!({"channel": "webhook", "name": "bus", "target": receiver.at("bus")})).await;
    receiver.set("status.bus", "500");
    for trace in ["t1", "t2"] {
        item(&case.chief, &case.asked(trace).await).await;
    }
    let of_hook = format!("channel_id={hook}");
    let failed = |all: &[Value]| all.iter().filter(|one| one["state"] == "failed").count();
    // The two, and what was told of the first of them.
    let dead = deliveries(&case.chief, &of_hook, |all| failed(all) == 3).await;
    assert_eq!(dead.len(), 3, "{dead:#?}");
    for one in &dead {
        assert_eq!(
            (&one["attempts"], &one["last_error"]),
            (&json!(4), &json!("the receiver answered 500")),
            "{one:#?}"
        );
        let id = &one["message_id"];
        let tries = receiver.posts("bus").iter().filter(|post| post["id"] == *id).count();
        assert_eq!(tries, 4, "each attempt has the one id");
    }
    let told = inbox(&case.chief, "category=failure", |all| !all.is_empty()).await;
    assert_eq!(told.len(), 1, "once a day for a place, and not about itself: {told:#?}");
    assert_eq!(told[0]["payload"]["channel_id"], hook.as_str());

    receiver.set("status.bus", "204");
    let again = case.chief.post(&format!("{DELIVERIES}:retry"), &json!({})).await;
    assert_eq!(again.expect(202)["retried"], 3);
    let done = deliveries(&case.chief, &of_hook, |all| all.iter().all(|one| one["state"] == "delivered")).await;
    let ids = |rows: &[Value]| words(rows, "message_id").into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(ids(&done), ids(&dead));
    assert!(done.iter().all(|one| one["attempts"] == 5 && one["last_error"].is_null()), "{done:#?}");

    // One that is paused waits, and goes on.
    case.chief.patch(&format!("{CHANNELS}/{hook}"), &json!({"status": "paused"})).await.expect(200);
    item(&case.chief, &case.asked("t3").await).await;
    assert_eq!(deliveries(&case.chief, &of_hook, |_| true).await.len(), 3, "nothing is added meanwhile");
    let missing = "00000000-0000-4000-8000-000000000000";
    case.chief.post(&format!("{DELIVERIES}/{missing}/retry"), &json!({})).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_may_say_later_or_never() {
    let Some(receiver) = Receiver::start() else { return };
    let case = case(&receiver, &[]).await;
    prefer(&case.chief, Some("chief@example.org"), json!({})).await;
    receiver.set("smtp", "451 later");
    item(&case.chief, &case.asked("t1").await).await;
    receiver.wait_mails("chief@example.org", |all| all.len() >= 2).await;
    receiver.set("smtp", "250 fine");
    let done = deliveries(&case.chief, "account_id=t-chief", |all| all[0]["state"] == "delivered").await;
    assert!(done[0]["attempts"].as_i64().unwrap() > 2, "{done:#?}");
    receiver.set("smtp", "550 no such person");
    item(&case.chief, &case.asked("t2").await).await;
    let dead = deliveries(&case.chief, "account_id=t-chief&state=failed", |all| !all.is_empty()).await;
    let refused = dead.last().unwrap();
    assert_eq!(refused["attempts"], 1, "nobody asks again: {refused:#?}");
    assert!(refused["last_error"].as_str().unwrap().contains("550"), "{refused:#?}");
    // Whoever has no address any more is sent nothing.
    receiver.set("smtp", "451 later");
    item(&case.chief, &case.asked("t3").await).await;
    deliveries(&case.chief, "account_id=t-chief&state=pending", |all| !all.is_empty()).await;
    prefer(&case.chief, None, json!({})).await;
    let gone = deliveries(&case.chief, "account_id=t-chief&state=suppressed", |all| !all.is_empty()).await;
    assert_eq!(gone[0]["last_error"], "the person has no address any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_daemon_is_killed() {
    let Some(receiver) = Receiver::start() else { return };
    let case = case(&receiver, &[("NOTIFY_RETRY_MS", "100,100,100,100,100,100,100,100,100,100")]).await;
    let (_, secret) =
        channel(&case.chief, &json!({"channel": "webhook", "name": "bus", "target": receiver.at("bus")})).await;
    receiver.set("secret.bus", &secret.unwrap());
    prefer(&case.chief, Some("chief@example.org"), json!({})).await;
    let mut wanted = BTreeSet::new();
    for round in 0..8 {
        for number in 0..5 {
            wanted.insert(case.asked(&format!("t-{round}-{number}")).await);
        }
        let so_far = receiver.posts("bus").len();
        receiver.wait_posts("bus", |all| all.len() > so_far).await;
        if round < 7 {
            case.suite.signal("dg-workflowd", Signal::SIGKILL).unwrap();
        }
    }
    // Which item is told under which ids.
    let by_item = |posts: &[Value]| {
        let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for post in posts {
            let item = post["body"]["data"]["notifications"][0]["workflow_id"].as_str().unwrap();
            ids.entry(item.to_owned()).or_default().insert(post["id"].as_str().unwrap().to_owned());
        }
        ids
    };
    let posts = receiver.wait_posts("bus", |all| by_item(all).keys().cloned().collect::<BTreeSet<_>>() == wanted).await;
    assert!(posts.iter().all(|post| post["verified"] == true));
    let ids = by_item(&posts);
    assert!(ids.values().all(|ids| ids.len() == 1), "what comes twice has one id: {ids:#?}");
    let mails = receiver.wait_mails("chief@example.org", |all| distinct(all).len() == wanted.len()).await;
    let done =
        deliveries(&case.chief, "", |all| all.len() == 80 && all.iter().all(|one| one["state"] == "delivered")).await;
    let known: BTreeSet<String> = words(&done, "message_id").into_iter().map(str::to_owned).collect();
    assert_eq!(known.len(), 80);
    for id in distinct(&mails) {
        let id = id.trim_start_matches('<').split('@').next().unwrap().to_owned();
        assert!(known.contains(&id), "{id} is no message of ours");
    }
    let unread = case.chief.get("/api/v1/notifications").await;
    assert_eq!(unread.expect(200)["unread_count"], 40, "and nobody is told twice");
}

fn distinct(mails: &[Value]) -> BTreeSet<String> {
    words(mails, "id").into_iter().map(str::to_owned).collect()
}
