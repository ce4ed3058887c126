//! A poison event as an operator meets it: health and digests say so, and the API is all that is needed to settle it.

use dg_testkit::history::{Shape, generate};
use dg_testkit::{Suite, SuiteOptions, wait_for};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use super::ground::DEADLINE;
use crate::api::Api;

const FAILURES: &str = "/api/v1/admin/failures";
const PROJECTIONS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn drill_an_operator_settles_a_poison_event() {
    let env = vec![("DG__PROJECTOR__BATCH_EVENTS".to_owned(), "7".to_owned())];
    let suite = Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap();
    let admin = Api::admin(&suite);
    let (poisoned, sound) = (admin.new_tenant("poisoned", "precise").await, admin.new_tenant("sound", "precise").await);
    let events = generate(31, Shape { traces: 8, ..Shape::default() });
    let at = events.iter().position(|event| event["event_type"] == "PolicyEvaluated").unwrap();
    sound.append_all(&events, 100).await;
    suite.signal("dg-projectord", Signal::SIGSTOP).unwrap();
    poisoned.append_all(&events, 100).await;
    let owner = connect(&suite.database_url).await;
    put(&owner, at + 1, "payload_json || ' '").await;
    suite.signal("dg-projectord", Signal::SIGCONT).unwrap();

    let open = failures(&poisoned, "open", PROJECTIONS).await;
    for failure in &open {
        assert_eq!((&failure["log_seq"], &failure["event_id"]), (&json!(at + 1), &events[at]["event_id"]));
        assert_eq!(failure["category"], "payload_hash_mismatch");
    }
    let digests = poisoned.digests_at(events.len()).await;
    assert_ne!(digests["precedent_index"], sound.digests_at(events.len()).await["precedent_index"]);
    let said = poisoned.get("/api/v1/digests").await;
    assert_eq!((&said.expect(200)["complete"], &said.data()["skipped_events"]), (&json!(false), &json!(1)));
    health(&poisoned, PROJECTIONS, 0).await;
    health(&sound, 0, 0).await;

    // Trying again, before anything was repaired.
    let retried = poisoned.post(&format!("{}/retry", path(&open[0])), &json!({})).await;
    assert_eq!(ended(&poisoned, &retried.expect(202)["run"]).await["status"], "failed");
    for failure in &open {
        let accepted = poisoned.post(&format!("{}/quarantine", path(failure)), &json!({"reason": "known"})).await;
        assert_eq!(accepted.expect(200)["failure"]["status"], "quarantined");
    }
    health(&poisoned, 0, PROJECTIONS).await;
    assert_eq!(poisoned.digests_at(events.len()).await, digests, "accepting a gap does not close it");

    put(&owner, at + 1, "rtrim(payload_json)").await;
    for failure in failures(&poisoned, "quarantined", PROJECTIONS).await {
        let resolved = poisoned.post(&format!("{}/resolve", path(&failure)), &json!({"reason": "restored"})).await;
        let run = ended(&poisoned, &resolved.expect(202)["run"]).await;
        assert_eq!(run["status"], "completed", "{run}");
    }
    failures(&poisoned, "resolved", PROJECTIONS).await;
    health(&poisoned, 0, 0).await;
    let said = poisoned.get("/api/v1/digests").await;
    assert_eq!((&said.expect(200)["complete"], &said.data()["skipped_events"]), (&json!(true), &json!(0)));
    assert_eq!(poisoned.digests_at(events.len()).await, sound.digests_at(events.len()).await);
    let verify = json!({"projection": "all", "mode": "verify", "reason": "after a repair"});
    let asked = poisoned.post("/api/v1/admin/replays", &verify).await;
    let run = ended(&poisoned, &asked.expect(202)["run"]).await;
    assert_eq!(run["result"]["equal"], true, "{run}");
}

/// Failures of that status, once there are so many.
async fn failures(tenant: &Api, status: &str, count: usize) -> Vec<Value> {
    let what = format!("{count} failures that are {status}");
    let found = wait_for(DEADLINE, &what, async || {
        let answer = tenant.get(&format!("{FAILURES}?status={status}")).await;
        let found = answer.expect(200)["failures"].as_array()?.clone();
        (found.len() == count).then_some(found)
    });
    found.await.unwrap()
}

/// Waits until health counts so many open and quarantined events, over all projections.
async fn health(tenant: &Api, open: usize, quarantined: usize) {
    let mut last = Value::Null;
    let found = wait_for(DEADLINE, "health to say so", async || {
        last = tenant.get("/api/v1/projections/health").await.expect(200).clone();
        let sum = |key: &str| {
            let projections = last["projections"].as_array()?;
            projections.iter().map(|projection| projection[key].as_u64()).sum::<Option<u64>>()
        };
        (sum("open_failures")? == open as u64 && sum("quarantined")? == quarantined as u64).then_some(())
    });
    assert!(found.await.is_ok(), "{open} open, {quarantined} quarantined: {last}");
}

/// A run once it is over.
async fn ended(tenant: &Api, run: &Value) -> Value {
    let path = format!("/api/v1/admin/replays/{}", run["job_id"].as_str().unwrap());
    let ended = wait_for(DEADLINE, "the run to end", async || {
        let run = tenant.get(&path).await.expect(200)["run"].clone();
        run["finished_at"].is_string().then_some(run)
    });
    ended.await.unwrap()
}

fn path(failure: &Value) -> String {
    format!("{FAILURES}/{}", failure["failure_id"].as_str().unwrap())
}

/// Changes a payload, as only somebody can who owns the table.
async fn put(owner: &Client, log_seq: usize, payload: &str) {
    let sql = format!(
        "BEGIN; ALTER TABLE dg_event_log DISABLE TRIGGER USER;
         UPDATE dg_event_log SET payload_json = {payload} WHERE tenant_id = 'poisoned' AND log_seq = {log_seq};
         ALTER TABLE dg_event_log ENABLE ALWAYS TRIGGER dg_event_log_append_only; COMMIT"
    );
    owner.batch_execute(&sql).await.unwrap();
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
