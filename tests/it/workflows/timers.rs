//! The clock speaks by itself, once, whatever is killed.

use std::time::Duration;

use dg_testkit::{Suite, SuiteOptions, wait_for};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::{Case, act, item, verified};
use crate::api::Api;

/// In so many milliseconds, as the service writes times.
async fn in_ms(case: &Case, ms: i64) -> String {
    let sql = format!(
        "SELECT to_char((now() + {ms} * interval '1 millisecond') AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    );
    let (client, connection) = tokio_postgres::connect(&case.suite.database_url, tokio_postgres::NoTls).await.unwrap();
    let running = tokio::spawn(connection);
    let text: String = client.query_one(&sql, &[]).await.unwrap().get(0);
    running.abort();
    text
}

async fn escalations(by: &Api, id: &str) -> Vec<Value> {
    let path = format!("/api/v1/workflows/{}", crate::api::encoded(id));
    let detail = by.get(&path).await.expect(200).clone();
    let actions = detail["actions"].as_array().unwrap().clone();
    actions.into_iter().filter(|action| action["action_type"] == "escalate").collect()
}

/// dg-workflowd alone escalates: nobody looks, and it is killed again and again.
#[tokio::test(flavor = "multi_thread")]
async fn drill_each_deadline_escalates_once_whatever_is_killed() {
    let suite = Suite::start_with(SuiteOptions::default()).unwrap();
    let case = Case::of(suite, "t").await;
    let rounds = if std::env::var_os("DG_DRILL").is_some_and(|kind| kind == "long") { 200 } else { 30 };
    let mut ids = Vec::new();
    for number in 0..rounds {
        ids.push(case.asked(&format!("a-{number}")).await);
    }
    let due = in_ms(&case, 1_500).await;
    for id in &ids {
        let body = json!({"action": "extend", "reason": "soon", "due_at": due});
        act(&case.chief, id, &body).await.expect(200);
    }
    for _ in 0..6 {
        let old = case.suite.signal("dg-workflowd", Signal::SIGKILL).unwrap();
        wait_for(Duration::from_secs(20), "another dg-workflowd", async || {
            case.suite.pid_of("dg-workflowd").filter(|pid| *pid != old)
        })
        .await
        .unwrap();
    }
    for id in &ids {
        wait_for(Duration::from_secs(60), &format!("the escalation of {id}"), async || {
            (item(&case.chief, id).await["status"] == "escalated").then_some(())
        })
        .await
        .unwrap();
    }
    for id in &ids {
        let found = escalations(&case.chief, id).await;
        assert_eq!(found.len(), 1, "{id}: {found:?}");
        assert_eq!(
            (&found[0]["actor"]["actor_id"], &found[0]["payload"]["source"]),
            (&json!("workflow-sla"), &json!("automatic_sla_escalation"))
        );
    }
    verified(&case).await;
}

/// A deadline that is near is warned of, once; one that has passed is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_warned_of_and_then_escalates() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    let due = in_ms(&case, 2_500).await;
    act(&case.chief, &id, &json!({"action": "extend", "reason": "soon", "due_at": due})).await.expect(200);
    wait_for(Duration::from_secs(30), "the escalation", async || {
        (item(&case.chief, &id).await["status"] == "escalated").then_some(())
    })
    .await
    .unwrap();
    let detail = case.chief.get(&format!("/api/v1/workflows/{}", crate::api::encoded(&id))).await;
    let told = detail.expect(200)["notifications"].as_array().unwrap().clone();
    let of = |category: &str| told.iter().filter(|notice| notice["category"] == category).count();
    assert_eq!((of("deadline_risk"), of("escalation"), of("assignment")), (1, 1, 1), "{told:?}");
    verified(&case).await;
}
