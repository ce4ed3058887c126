//! Replays that a review asks for, and what they found as evidence.

use std::time::Duration;

use dg_testkit::wait_for;
use serde_json::{Value, json};

use super::{Case, act, verified};
use crate::api::{Answer, Api, encoded};
use crate::cli::Dg;
use crate::steering::tamper;

async fn replay(by: &Api, id: &str, body: &Value) -> Answer {
    by.post(&format!("/api/v1/workflows/{}/replays", encoded(id)), body).await
}

fn wanted(projection: &str, mode: &str) -> Value {
    json!({"projection": projection, "mode": mode, "reason": "is it what happened?"})
}

/// The item, once what the run found is attached.
async fn attached(case: &Case, id: &str, job_id: &Value) -> Value {
    wait_for(Duration::from_secs(30), "the finding", async || {
        let answer = case.reviewer.get(&format!("/api/v1/workflows/{}", encoded(id))).await;
        let shown = answer.expect(200).clone();
        findings(&shown, job_id).first().map(|_| shown)
    })
    .await
    .unwrap()
}

fn findings(shown: &Value, job_id: &Value) -> Vec<Value> {
    let actions = shown["actions"].as_array().unwrap().iter();
    let attached = actions.filter(|action| action["action_type"] == "attach");
    let evidence = attached.filter_map(|action| action["payload"]["evidence"].as_array());
    evidence.flatten().filter(|entry| &entry["job_id"] == job_id).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_replay_found_is_evidence() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    let queued = replay(&case.chief, &id, &wanted("reference", "verify")).await;
    let run = &queued.expect(202)["run"];
    assert_eq!((&run["metadata"]["workflow_id"], &run["metadata"]["trace_id"]), (&json!(id), &json!("a")));
    let shown = attached(&case, &id, &run["job_id"]).await;
    let found = findings(&shown, &run["job_id"]);
    let names: Vec<&str> = found.iter().map(|entry| entry["projection"].as_str().unwrap()).collect();
    assert_eq!(names, ["context_graph", "precedent_index", "trace_summary"]);
    assert!(found.iter().all(|entry| entry["equal"] == true && entry["kind"] == "run"), "{found:?}");
    assert!(found.iter().all(|entry| entry["digest_before"] == entry["digest_after"]), "{found:?}");
    assert_eq!((&shown["replays"][0]["job_id"], &shown["replays"][0]["status"]), (&run["job_id"], &json!("completed")));
    let note = |shown: &Value| shown["actions"].as_array().unwrap().last().unwrap()["note"].clone();
    assert_eq!(note(&shown), "The replay (verify, reference) gives what was there.");
    assert_eq!((&shown["workflow"]["priority"], &shown["workflow"]["status"]), (&json!("high"), &json!("requested")));

    // A rebuild needs its phrase, on the command line too.
    let bare = replay(&case.chief, &id, &wanted("trace_summary", "rebuild")).await;
    assert_eq!(bare.refused(400, "invalid_argument")["needed"], "REBUILD TRACE_SUMMARY");
    let dg = Dg::beside(&case.suite);
    let words = ["replay", "trace_summary", "--mode", "rebuild", "--reason", "a look", "--workflow", &id, "-t", "t"];
    let refused = dg.run(&words).0;
    let advice = String::from_utf8(refused.stderr).unwrap();
    assert!(advice.contains("confirm it with --confirm 'REBUILD TRACE_SUMMARY'"), "{advice}");
    let confirmed = [&words[..], &["--confirm", "REBUILD TRACE_SUMMARY", "--wait"]].concat();
    let rebuilt = dg.json(&confirmed)["run"].clone();
    let shown = attached(&case, &id, &rebuilt["job_id"]).await;
    let found = findings(&shown, &rebuilt["job_id"]);
    assert_eq!((found.len(), &found[0]["mode"]), (1, &json!("rebuild")));

    // What is found about a decided item is told after it, and changes nothing about it.
    act(&case.second, &id, &json!({"action": "approve", "reason": "fine"})).await.expect(200);
    let queued = replay(&case.chief, &id, &wanted("all", "catch_up")).await;
    let job_id = &queued.expect(202)["run"]["job_id"];
    let shown = attached(&case, &id, job_id).await;
    let found = findings(&shown, job_id);
    assert_eq!((found.len(), &found[0]["equal"]), (1, &Value::Null));
    assert_eq!(shown["workflow"]["status"], "approved");
    verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_differs_makes_an_item_urgent() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    case.agent.get("/api/v1/digests?min_log_seq=2&wait_ms=20000").await.expect(200);
    tamper(&case.suite, "UPDATE dg_trace_summary SET title = 'another' WHERE tenant_id = 't' AND trace_id = 'a'").await;
    let queued = replay(&case.chief, &id, &wanted("trace_summary", "verify")).await;
    let job_id = &queued.expect(202)["run"]["job_id"];
    let shown = attached(&case, &id, job_id).await;
    let found = findings(&shown, job_id);
    assert_eq!(found[0]["equal"], false);
    assert_ne!(found[0]["digest_before"], found[0]["digest_after"]);
    let item = &shown["workflow"];
    assert_eq!(item["priority"], "urgent");
    assert!(item["metadata"]["signals"]["digest_mismatch"].is_string(), "{item}");
    let told = shown["notifications"].as_array().unwrap().iter().find(|notice| notice["category"] == "failure");
    assert!(
        told.unwrap()["message"].as_str().unwrap().starts_with("A replay does not give what was there"),
        "{told:?}"
    );
    verified(&case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_replay_for_a_review() {
    let case = Case::new().await;
    let id = case.asked("a").await;
    let body = wanted("all", "verify");
    replay(&case.reviewer, &id, &body).await.refused(403, "forbidden");
    replay(&case.chief, "a:exception:none", &body).await.refused(404, "not_found");
    let other = case.admin.new_tenant("other", "precise").await;
    replay(&other, &id, &body).await.refused(404, "not_found");
    for (body, pointer) in [
        (json!({"projection": "nothing", "reason": "r"}), "/projection"),
        (json!({"projection": "all", "mode": "reproject", "reason": "r"}), "/mode"),
        (json!({"projection": "all", "reason": " "}), "/reason"),
    ] {
        assert_eq!(replay(&case.chief, &id, &body).await.refused(400, "invalid_argument")["pointer"], pointer);
    }
    assert_eq!(case.chief.get("/api/v1/admin/replays").await.expect(200)["runs"], json!([]));
}
