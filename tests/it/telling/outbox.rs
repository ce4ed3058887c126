//! What goes out, and to where.

use serde_json::json;

use super::{CHANNELS, Receiver, case, channel, deliveries, prefer, words};
use crate::workflows::{act, item};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_a_chat_and_mailboxes_are_told_and_the_program_can_check_who_says_so() {
    let Some(receiver) = Receiver::start() else { return };
    let case = case(&receiver, &[]).await;
    let (hook, secret) =
        channel(&case.chief, &json!({"channel": "webhook", "name": "bus", "target": receiver.at("bus")})).await;
    let secret = secret.unwrap();
    receiver.set("secret.bus", &secret);
    let chat = json!({"channel": "chat", "name": "room", "target": receiver.at("room?key=hidden-7"),
        "preferences": {"categories": {"comment": {"mode": "off"}}}});
    channel(&case.chief, &chat).await;
    channel(&case.chief, &json!({"channel": "email", "name": "list", "target": "reviews@example.org"})).await;
    let personal = json!({"channel": "webhook", "name": "own", "target": receiver.at("own"), "personal": true});
    channel(&case.chief, &personal).await;
    prefer(&case.chief, Some("chief@example.org"), json!({"channels": ["email", "webhook"]})).await;
    prefer(&case.admin, Some("root@example.org"), json!({"mode": "off"})).await;

    let id = case.asked("t1").await;
    item(&case.chief, &id).await;
    let sent =
        deliveries(&case.chief, "", |all| all.len() == 5 && all.iter().all(|one| one["state"] == "delivered")).await;
    let place = |one: &serde_json::Value| {
        (one["channel"].as_str().unwrap().to_owned(), one["account_id"].as_str().map(str::to_owned))
    };
    let mut places: Vec<_> = sent.iter().map(place).collect();
    places.sort();
    let chief = Some("t-chief".to_owned());
    assert_eq!(
        places,
        [("chat", None), ("email", None), ("email", chief.clone()), ("webhook", None), ("webhook", chief)]
            .map(|(channel, account)| (channel.to_owned(), account))
    );

    let posts = receiver.wait_posts("bus", |all| all.len() == 1).await;
    let bus = &posts[0];
    assert_eq!((&bus["verified"], &bus["body"]["type"]), (&json!(true), &json!("notification")), "{bus}");
    let one = &bus["body"]["data"]["notifications"][0];
    assert_eq!((&one["workflow_id"], &one["category"]), (&json!(id), &json!("assignment")));
    assert_eq!(one["url"], "https://dg.example.org/t/reviews/t1%3Aexception%3Aex");
    assert_eq!(bus["body"]["data"]["tenant_id"], "t");
    let by_hook = sent.iter().find(|one| one["channel_id"] == hook.as_str()).unwrap();
    assert_eq!((&by_hook["message_id"], &by_hook["attempts"]), (&bus["id"], &json!(1)));
    assert_eq!(receiver.posts("own")[0]["body"]["data"]["account_id"], "t-chief");
    let room = &receiver.wait_posts("room?key=hidden-7", |all| all.len() == 1).await[0];
    let text = room["body"]["text"].as_str().unwrap();
    assert!(text.starts_with("To review: ") && text.ends_with("/t/reviews/t1%3Aexception%3Aex"), "{text}");
    assert_eq!(room["id"], json!(null), "a chat is told nothing but the text");

    let mail = &receiver.wait_mails("chief@example.org", |all| all.len() == 1).await[0];
    let own = sent.iter().find(|one| one["channel"] == "email" && one["account_id"] == "t-chief").unwrap();
    assert_eq!(mail["id"], format!("<{}@example.org>", own["message_id"].as_str().unwrap()));
    assert_eq!((&mail["sender"], &mail["auto"]), (&json!("dg@example.org"), &json!("auto-generated")));
    assert!(mail["subject"].as_str().unwrap().starts_with("[t] To review: "), "{mail}");
    assert!(mail["text"].as_str().unwrap().contains("https://dg.example.org/t/reviews/t1%3Aexception%3Aex"), "{mail}");
    receiver.wait_mails("reviews@example.org", |all| all.len() == 1).await;
    assert!(receiver.mails("root@example.org").is_empty(), "whoever wants nothing gets nothing");

    // The room hears no comments.
    act(&case.reviewer, &id, &json!({"action": "comment", "note": "hm"})).await.expect(200);
    receiver.wait_posts("bus", |all| all.len() == 2).await;
    let sent = deliveries(&case.chief, "", |all| all.iter().all(|one| one["state"] == "delivered")).await;
    assert_eq!(sent.iter().filter(|one| one["channel"] == "chat").count(), 1);

    // Somebody else's signature is none, and a new secret goes beside the old one for a while.
    receiver.set("secret.bus", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let test = format!("{CHANNELS}/{hook}/test");
    case.chief.post(&test, &json!({})).await.expect(202);
    let forged = receiver.wait_posts("bus", |all| all.len() == 3).await;
    assert_eq!((&forged[2]["verified"], &forged[2]["body"]["type"]), (&json!(false), &json!("notification.test")));
    let rotated = case.chief.post(&format!("{CHANNELS}/{hook}/secret/rotate"), &json!({})).await;
    let second = rotated.expect(201)["secret"]["secret"].as_str().unwrap().to_owned();
    for (number, known) in [(4, &secret), (5, &second)] {
        receiver.set("secret.bus", known);
        case.chief.post(&test, &json!({})).await.expect(202);
        let got = receiver.wait_posts("bus", |all| all.len() == number).await;
        assert_eq!(got[number - 1]["verified"], true);
    }

    // Secrets, and the address of a chat, are shown once or never.
    let mut seen = case.suite.log();
    for path in [CHANNELS.to_owned(), format!("{CHANNELS}/{hook}"), "/api/v1/admin/audit?limit=1000".to_owned()] {
        seen.push_str(&case.chief.get(&path).await.text);
    }
    for hidden in [secret.strip_prefix("whsec_").unwrap(), second.strip_prefix("whsec_").unwrap(), "hidden-7"] {
        assert!(!seen.contains(hidden), "{hidden} is seen");
    }
    assert!(seen.contains("channel.rotate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_for_those_who_may_configure_and_of_their_tenant() {
    let Some(receiver) = Receiver::start() else { return };
    let case = case(&receiver, &[("WEBHOOK_ALLOW_PRIVATE", "false")]).await;
    for path in [CHANNELS, super::DELIVERIES, "/api/v1/admin/workflow-calendars"] {
        case.reviewer.get(path).await.refused(403, "forbidden");
    }
    for inside in [receiver.at("bus"), "https://127.0.0.1/".to_owned(), "https://[::1]/".to_owned()] {
        for kind in ["webhook", "chat"] {
            let refused = case.chief.post(CHANNELS, &json!({"channel": kind, "name": "x", "target": inside})).await;
            assert_eq!(refused.refused(400, "invalid_argument")["pointer"], "/target", "{inside}");
        }
    }
    let (id, _) = channel(&case.chief, &json!({"channel": "email", "name": "list", "target": "a@example.org"})).await;
    let one = format!("{CHANNELS}/{id}");
    let renamed = case.chief.patch(&one, &json!({"name": "all", "status": "paused", "target": "b@example.org"})).await;
    let channel = &renamed.expect(200)["channel"];
    assert_eq!(
        (&channel["name"], &channel["status"], &channel["target"]),
        (&json!("all"), &json!("paused"), &json!("b@example.org"))
    );
    case.chief.post(&format!("{one}/test"), &json!({})).await.refused(409, "conflict");
    case.chief.post(&format!("{one}/secret/rotate"), &json!({})).await.refused(409, "conflict");
    let wrong = json!({"preferences": {"mode": "loud", "quiet_days": ["someday"]}});
    let refused = case.chief.patch(&one, &wrong).await;
    let errors = refused.refused(400, "invalid_argument")["errors"].as_array().unwrap().clone();
    assert_eq!(words(&errors, "pointer"), ["/preferences/quiet_days", "/preferences/mode"]);

    let other = case.admin.tenant("other");
    case.admin.post("/api/v1/admin/tenants", &json!({"tenant_id": "other"})).await.expect(201);
    other.get(&one).await.refused(404, "not_found");
    other.patch(&one, &json!({"name": "mine"})).await.refused(404, "not_found");
    other.delete(&one).await.refused(404, "not_found");
    case.chief.delete(&one).await.expect(200);
    case.chief.get(&one).await.refused(404, "not_found");

    let bad = json!({"email": "a@example.org\r\nBcc: b@example.org", "preferences": {}});
    case.reviewer.put("/api/v1/notifications/preferences", &bad).await.refused(400, "invalid_argument");
    let shown = case.reviewer.get("/api/v1/notifications/preferences").await;
    assert_eq!((&shown.expect(200)["email"], &shown.data()["updated_at"]), (&json!(null), &json!(null)));
    assert_eq!(shown.data()["preferences"]["mode"], "immediate");
}
