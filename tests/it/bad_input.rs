//! Bad input: each gets the documented status, code and message in the envelope, and nothing is stored.

mod table;

use std::time::{Duration, Instant};

use dg_testkit::{Suite, SuiteOptions, processes, wait_for};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::api::Api;
use crate::events::{finished, observed, started, with, without};

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_event_gets_its_code_and_stores_nothing() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("strict", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    for case in table::events() {
        let answer = tenant.post_text("/api/v1/events", "application/json", case.body.clone()).await;
        let details = answer.refused(case.status, case.code);
        if let Some(pointer) = case.pointer {
            assert_eq!(details["pointer"], pointer, "{}: {}", case.name, answer.text);
        }
        if let Some(reason) = case.reason {
            assert_eq!(details["reason"], reason, "{}: {}", case.name, answer.text);
        }
        assert_eq!(tenant.whole_log().await.len(), 1, "{} stored something", case.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_is_told_without_storing_anything() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("asked", "precise").await;
    // What depends on the log is not looked at, and a text that is no JSON is no document.
    let of_itself: Vec<_> = table::events()
        .into_iter()
        .filter(|case| [413, 422].contains(&case.status) && serde_json::from_slice::<Value>(&case.body).is_ok())
        .collect();
    assert!(of_itself.len() > 10, "{}", of_itself.len());
    for case in of_itself {
        let lines = [started("t").to_string().into_bytes(), case.body.clone()].join(&b'\n');
        let answer = tenant.post_text("/api/v1/events:validate", "application/x-ndjson", lines).await;
        let data = answer.expect(200);
        assert_eq!((&data["valid"], &data["invalid"]), (&json!(1), &json!(1)), "{}: {}", case.name, answer.text);
        assert_eq!(data["results"][0]["status"], "valid");
        let error = &data["results"][1]["error"];
        assert_eq!(error["code"], case.code, "{}: {}", case.name, answer.text);
        if let Some(pointer) = case.pointer {
            assert_eq!(error["details"]["pointer"], pointer, "{}: {}", case.name, answer.text);
        }
    }
    assert!(tenant.whole_log().await.is_empty());
    let told = tenant.post("/api/v1/events:validate", &json!({"events": [started("t")]})).await;
    let stored = tenant.post("/api/v1/events", &started("t")).await;
    assert_eq!(told.expect(200)["results"][0]["payload_hash"], stored.expect(201)["event"]["payload_hash"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_gets_its_code_and_stores_nothing() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let tenant = admin.new_tenant("strict", "precise").await;
    for case in table::requests() {
        let mut client = if case.tenant { tenant.clone() } else { admin.clone() };
        if let Some(token) = case.token {
            client = client.token(token);
        }
        let answer = client.try_request(case.method, case.path, case.headers, case.body.clone()).await.unwrap();
        answer.refused(case.status, case.code);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", case.path);
        if case.status == 401 {
            assert!(answer.header("www-authenticate").is_some(), "{}", case.path);
        }
    }
    assert_eq!(tenant.whole_log().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_answers_item_by_item_or_not_at_all() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("batches", "precise").await;
    let mixed = json!({"events": [
        started("t"),
        with(observed("t", 1), "/payload/x", json!(1.5)),
        observed("t", 2),
        with(observed("t", 3), "/trace_seq", json!(9)),
        started("t"),
        finished("t", 4),
        observed("t", 5),
    ]});
    let atomic = tenant.post("/api/v1/events:batch?mode=atomic", &mixed).await;
    let details = atomic.refused(422, "schema_violation");
    assert!(
        details["results"].as_array().is_some_and(|results| results.iter().any(|r| r["index"] == 1)),
        "{}",
        atomic.text
    );
    assert!(tenant.whole_log().await.is_empty(), "an atomic batch with one refusal stores nothing");

    let answer = tenant.post("/api/v1/events:batch", &mixed).await;
    let data = answer.expect(200);
    let statuses: Vec<_> = data["results"].as_array().unwrap().iter().map(|r| r["status"].as_str().unwrap()).collect();
    assert_eq!(
        statuses,
        ["stored", "rejected", "stored", "rejected", "replayed", "stored", "rejected"],
        "{}",
        answer.text
    );
    assert_eq!((&data["stored"], &data["replayed"], &data["rejected"]), (&json!(3), &json!(1), &json!(3)));
    assert_eq!(data["last_log_seq"], 3);
    assert_eq!(data["results"][1]["error"]["code"], "schema_violation");
    assert_eq!(data["results"][3]["error"]["details"]["expected_trace_seq"], 2);
    assert_eq!(data["results"][6]["error"]["code"], "conflict");
    assert_eq!(tenant.whole_log().await.len(), 3);

    let lines = format!("{}\nnot json\n{}\n", started("u"), without(observed("u", 1), "actor"));
    let answer = tenant.post_text("/api/v1/events:batch", "application/x-ndjson", lines).await;
    let results = answer.expect(200)["results"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|r| r["error"]["code"].as_str().unwrap_or("")).collect();
    assert_eq!(codes, ["", "invalid_argument", "schema_violation"], "{}", answer.text);
    let broken = tenant.post_text("/api/v1/events:batch", "application/json", r#"{"events":[{}"#).await;
    broken.refused(400, "invalid_argument");
    assert_eq!(tenant.whole_log().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_database_is_said_and_nothing_is_half_done() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("frozen", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let stopped = suite.signal("postgres", Signal::SIGKILL).unwrap();
    wait_for(Duration::from_secs(5), "the server to be dead", async || (!processes::is_alive(stopped)).then_some(()))
        .await
        .unwrap();
    // Between the kill and the next server there is a moment in which the answer has to be an honest 503.
    let mut refused = None;
    wait_for(Duration::from_secs(10), "an append after the restart", async || {
        let answer = tenant.post("/api/v1/events", &observed("t", 1)).await;
        if answer.status == 503 {
            answer.refused(503, "storage");
            assert!(answer.header("retry-after").is_some(), "{}", answer.text);
            refused = Some(answer.text.clone());
        }
        matches!(answer.status, 200 | 201).then_some(())
    })
    .await
    .unwrap();
    assert_ne!(suite.pid_of("postgres"), Some(stopped));
    if let Some(text) = refused {
        for secret in ["postgres", "socket", "dg_", "tmp"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    // A pooled connection to the old server may still answer one read with a 503.
    wait_for(Duration::from_secs(10), "reads to work again", async || {
        (tenant.get("/api/v1/events").await.status == 200).then_some(())
    })
    .await
    .unwrap();
    assert_eq!(tenant.whole_log().await.len(), 2);
}

/// A frozen server neither refuses nor answers. Callers get their 503 in bounded time, and the repeat is stored once.
#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_database_is_said_in_time() {
    let env = [("STATEMENT_TIMEOUT_MS", "1000"), ("CONNECT_TIMEOUT_MS", "1000")];
    let env = env.map(|(key, value)| (format!("DG__DATABASE__{key}"), value.to_owned())).to_vec();
    let suite = Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap();
    let tenant = Api::admin(&suite).new_tenant("frozen", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let servers: Vec<u32> =
        suite.processes().into_iter().filter(|process| process.name == "postgres").map(|process| process.pid).collect();
    assert!(servers.len() > 3, "{servers:?}");
    for pid in &servers {
        processes::signal(*pid, Signal::SIGSTOP);
    }
    let began = Instant::now();
    let event = observed("t", 1);
    let (append, read) = tokio::join!(tenant.post("/api/v1/events", &event), tenant.get("/api/v1/events"));
    append.refused(503, "storage");
    read.refused(503, "storage");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let ready = tenant.get("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    for pid in &servers {
        processes::signal(*pid, Signal::SIGCONT);
    }
    wait_for(Duration::from_secs(10), "the repeat to be stored", async || {
        let answer = tenant.post("/api/v1/events", &event).await;
        matches!(answer.status, 200 | 201).then_some(())
    })
    .await
    .unwrap();
    tenant.digests_at(2).await;
    assert_eq!(tenant.whole_log().await.len(), 2);
}
