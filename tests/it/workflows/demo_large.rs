//! The large demo tenant holds what its profile says, is filled once, and goes on when it is told to.

use std::collections::BTreeSet;
use std::time::Duration;

use dg_testkit::{Suite, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::api::{Api, only_digests};
use crate::cli::Dg;

const TENANT: &str = "release-demo-large";
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_large_demo_is_filled_once_and_goes_on() {
    let suite = Suite::start().unwrap();
    let dg = Dg::beside(&suite);
    let demo = Api::admin(&suite).tenant(TENANT);
    let filled = dg.json(&["demo", "--seed", "7"]);
    let seeded = &filled["seeded"];
    assert_eq!((&seeded["projections_equal"], &seeded["seed"]), (&json!(true), &json!(7)), "{filled}");

    // What is there.
    let traces = || dg.json(&["traces", "-t", TENANT, "--count", "--limit", "1"])["total"].as_i64().unwrap();
    assert_eq!(traces(), 2_000);
    let items = listed(&demo, "limit=200").await;
    assert_eq!((items.len(), &seeded["open_items"]), (120, &json!(120)));
    let policies: BTreeSet<&str> = items.iter().map(|item| item["policy_id"].as_str().unwrap()).collect();
    let all = ["access-grant", "credit-limit", "discount-cap", "refund-window", "vendor-payment"];
    assert_eq!(policies, BTreeSet::from(all));
    assert_eq!(items.iter().filter(|item| item["claimed_by"].is_string()).count(), 18);
    assert_eq!(items.iter().filter(|item| item["round"] == 2).count(), 6);
    for status in ["approved", "rejected", "overridden"] {
        assert!(!listed(&demo, &format!("status={status}")).await.is_empty(), "{status}");
    }
    let comments = handled(&demo).await.iter().filter(|word| *word == "comment").count();
    assert_eq!(comments, 60);
    let aside = demo.get("/api/v1/admin/workflow-dead-letters").await;
    assert_eq!(aside.expect(200)["dead_letters"].as_array().unwrap().len(), 1, "{}", aside.text);

    // A rebuild gives the same digests, wherever the log rests for so long: the service escalates what waited for too long.
    let rebuild = ["replay", "all", "--mode", "rebuild", "--reason", "once more", "--wait", "-t", TENANT];
    let (before, after) = wait_for(2 * DEADLINE, "a rebuild while nothing is appended", async || {
        let (log, before) = (head(&demo).await, dg.json(&["digest", "-t", TENANT]));
        assert_eq!(dg.json(&rebuild)["run"]["status"], "completed");
        let after = dg.json(&["digest", "-t", TENANT]);
        (head(&demo).await == log && before["log_seq"] == log).then_some((before, after))
    })
    .await
    .unwrap();
    assert_eq!(only_digests(&before), only_digests(&after));
    let verdict = demo.post("/api/v1/admin/workflows:verify", &Value::Null).await;
    assert_eq!((&verdict.expect(200)["equal"], &verdict.data()["set_aside"]), (&json!(true), &json!(1)));
    let late = listed(&demo, "only_overdue=true&limit=200").await;
    assert!(late.len() > 50 && late.iter().all(|item| item["status"] == "escalated"), "{late:?}");

    // Once is enough, and nothing else is touched.
    let log = head(&demo).await;
    let again = dg.json(&["demo"]);
    assert_eq!((&again["seeded"]["stored"], &again["seeded"]["acts"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(&again["seeded"]["seed"], &json!(7), "{again}");
    for words in [&["demo", "--seed", "8"][..], &["demo", "-t", "default"]] {
        assert_eq!(dg.run(words).0.status.code(), Some(65), "{words:?}");
    }

    // It goes on until it is stopped, and says what it did.
    let live = dg.start(&["demo", "--live", "--interval-ms", "100"]);
    let wait = wait_for(DEADLINE, "events and traces that go on", async || {
        (appended(&demo, log).await.len() >= 8 && traces() > 2_000).then_some(())
    });
    let waited = wait.await;
    kill(Pid::from_raw(live.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let ended = live.wait_with_output().unwrap();
    assert!(waited.is_ok() && ended.status.success(), "{ended:?}");
    let told = String::from_utf8(ended.stdout).unwrap();
    let events = appended(&demo, log).await;
    let begun: BTreeSet<&str> = events.iter().map(|event| event["trace_id"].as_str().unwrap()).collect();
    let last = format!("Appended to {TENANT}: {} events; traces begun: {}.", events.len(), begun.len());
    assert_eq!(told.lines().last(), Some(last.as_str()), "{told}");
}

async fn listed(demo: &Api, query: &str) -> Vec<Value> {
    let answer = demo.get(&format!("/api/v1/workflows?{query}")).await;
    answer.expect(200)["items"].as_array().unwrap().clone()
}

/// What was done with reviews, as the log has it.
async fn handled(demo: &Api) -> Vec<String> {
    let answer = demo.get("/api/v1/events?event_type=WorkflowActionRecorded&limit=1000").await;
    let events = answer.expect(200)["events"].as_array().unwrap();
    events.iter().map(|event| event["payload"]["action_type"].as_str().unwrap().to_owned()).collect()
}

async fn head(demo: &Api) -> i64 {
    let answer = demo.get("/api/v1/projections/health").await;
    answer.expect(200)["event_log_last_seq"].as_i64().unwrap()
}

/// What `--live` has appended behind a position.
async fn appended(demo: &Api, after: i64) -> Vec<Value> {
    let answer = demo.get(&format!("/api/v1/events?after={after}&limit=1000")).await;
    let events = answer.expect(200)["events"].as_array().unwrap();
    events.iter().filter(|event| event["tags"] == json!(["demo-live"])).cloned().collect()
}
