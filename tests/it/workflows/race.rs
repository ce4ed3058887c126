//! Two people decide at once, a hundred times.

use serde_json::json;

use super::{Case, act, item, verified};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_one_decides() {
    let case = Case::new().await;
    let mut ids = Vec::new();
    for number in 0..100 {
        ids.push(case.asked(&format!("a-{number}")).await);
    }
    item(&case.reviewer, ids.last().unwrap()).await;
    let mut won = (0, 0);
    for id in &ids {
        let version = item(&case.reviewer, id).await["version"].clone();
        // Half of them say what they saw.
        let seen = if id.ends_with(":ex") && won.0 % 2 == 0 { version } else { json!(null) };
        let approve = json!({"action": "approve", "reason": "yes", "version": seen});
        let reject = json!({"action": "reject", "reason": "no", "version": seen});
        let (one, two) = tokio::join!(act(&case.reviewer, id, &approve), act(&case.second, id, &reject));
        let (winner, loser) = if one.status == 200 { (&one, &two) } else { (&two, &one) };
        winner.expect(200);
        assert!([409, 412].contains(&loser.status), "{}", loser.text);
        let details = &loser.body["error"]["details"];
        assert!(details["status"].is_string() || details["current_version"].is_number(), "{}", loser.text);
        if one.status == 200 {
            won.0 += 1
        } else {
            won.1 += 1
        }
        let shown = item(&case.reviewer, id).await;
        assert_eq!(shown["current_decision"], if one.status == 200 { "approved" } else { "rejected" });
    }
    assert_eq!(won.0 + won.1, 100);
    let log = case.admin.whole_log().await;
    let decisions = log
        .iter()
        .filter(|event| event["event_type"] == "ApprovalRecorded" && event["payload"]["companion_event_id"].is_null());
    assert_eq!(decisions.count(), 100);
    verified(&case).await;
}
