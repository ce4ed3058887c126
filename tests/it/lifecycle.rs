//! The suite as a whole: starts from nothing, stops in order, continues where it was, in a path with a space.

use std::time::Duration;

use dg_testkit::{Postgres, Suite, SuiteOptions, daemon, fixtures, processes, wait_for};
use serde_json::Value;

use crate::api::Api;
use crate::events::{observed, started};

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_with_every_child_gone_and_continues() {
    let mut suite = Suite::start().unwrap();
    assert!(suite.dir().join("the state").is_dir(), "state lies in a path with a space");
    let tenant = Api::admin(&suite).new_tenant("kept", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let before = tenant.digests_at(1).await;
    let family = suite.processes();
    assert!(family.len() > 6, "{family:?}");

    let status = suite.stop().unwrap();
    assert_eq!(status.code(), Some(0), "{}", suite.log_tail(30));
    wait_for(Duration::from_secs(2), "every child to be gone", async || {
        (!family.iter().any(|process| processes::is_alive(process.pid))).then_some(())
    })
    .await
    .unwrap();

    suite.start_again().unwrap();
    let tenant = Api::admin(&suite).tenant("kept");
    assert_eq!(tenant.digests_at(1).await, before);
    tenant.post("/api/v1/events", &observed("t", 1)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_seeded_once_and_the_console_shows_it() {
    let mut suite = Suite::start_with(SuiteOptions { demo: true, ..SuiteOptions::default() }).unwrap();
    let events = fixtures::demo().unwrap().len();
    for _ in 0..2 {
        let admin = Api::admin(&suite);
        let demo = admin.tenant("release-demo");
        // What was recorded is there once. Its deadlines are long over, so that the clock adds what it has to say, at any time.
        let recorded =
            |log: Vec<Value>| log.into_iter().filter(|event| event["source"]["producer_id"] != "workflow-sla").count();
        assert_eq!(recorded(demo.whole_log().await), events, "seeding again changes nothing");
        let seen = format!("min_log_seq={events}&wait_ms=20000");
        let around = "node_type=trace&node_id=trace-live-renewal-002&max_depth=2";
        let graph = demo.get(&format!("/api/v1/graph/context?{around}&{seen}")).await;
        let size = |key: &str| graph.expect(200)[key].as_array().map_or(0, Vec::len);
        assert_eq!((size("nodes"), size("edges")), (12, 14));
        admin.tenant("default").get("/api/v1/events").await.expect(200);
        let console = admin.elsewhere(&suite.console_url);
        let page = console.get("/").await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("<html"), "{}", page.text);
        assert!(!page.text.contains(&suite.admin_token), "no token on a page");
        suite.stop().unwrap();
        suite.start_again().unwrap();
    }
}

/// With `DATABASE_URL` no server is started; every daemon takes its own role on the given one. The user needs no more
/// than to create roles and databases.
#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_of_ones_own_is_used() {
    let server = Postgres::durable().unwrap();
    server.execute("CREATE ROLE operator LOGIN CREATEROLE CREATEDB").await.unwrap();
    let env = vec![("DATABASE_URL".to_owned(), server.url("decisions", "operator"))];
    let mut suite = Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap();
    assert_eq!(suite.pid_of("postgres"), None, "no server of its own");
    let tenant = Api::admin(&suite).new_tenant("foreign", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let before = tenant.digests_at(1).await;
    server.restart().unwrap();
    wait_for(Duration::from_secs(10), "an append after the restart", async || {
        let answer = tenant.try_post("/api/v1/events", &observed("t", 1)).await.ok()?;
        matches!(answer.status, 200 | 201).then_some(())
    })
    .await
    .unwrap();
    assert_ne!(tenant.digests_at(2).await, before);
    assert_eq!(suite.stop().unwrap().code(), Some(0));
    suite.start_again().unwrap();
    assert_eq!(Api::admin(&suite).tenant("foreign").whole_log().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_suite_in_the_same_directory_is_refused_and_harms_nothing() {
    let suite = Suite::start().unwrap();
    let mut second = tokio::process::Command::new(daemon("dg").unwrap());
    second.args(["up", "--json", "--no-demo", "--api-port", "0", "--console-port", "0", "--dir"]);
    second.arg(suite.dir().join("the state")).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(30), second.output()).await.unwrap().unwrap();
    assert!(!output.status.success());
    assert!(!output.stderr.is_empty(), "it says why");
    let tenant = Api::admin(&suite).new_tenant("unharmed", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    tenant.digests_at(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_answer_without_a_token_and_name_nothing() {
    let suite = Suite::start().unwrap();
    let stranger = Api::admin(&suite).token(None);
    for path in ["/livez", "/readyz", "/api/healthz"] {
        let answer = stranger.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        for secret in ["postgres", "dg_owner", "/tmp", "host="] {
            assert!(!answer.text.contains(secret), "{path}: {}", answer.text);
        }
    }
    assert_eq!(stranger.get("/api/healthz").await.body["status"], "ok");
}
