//! Many writers, few traces, live readers: the order has no hole and each key is stored once.

use std::collections::{BTreeMap, BTreeSet};

use dg_testkit::Suite;
use dg_testkit::rng::Rng;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::api::{Answer, Api};
use crate::events::{observed, started, with};

const WRITERS: usize = 64;
const TRACES: usize = 16;
const EVENTS_EACH: usize = 16;
const READERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_on_sixteen_traces_keep_one_order() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("busy", "precise").await;
    let total = TRACES + WRITERS * EVENTS_EACH;
    let readers: Vec<_> = (0..READERS).map(|_| tokio::spawn(follow(tenant.clone(), total))).collect();
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(tenant.clone(), writer)));
    let acknowledged: Vec<Value> = join_all(writers).await.into_iter().flat_map(|writer| writer.unwrap()).collect();
    let log = tenant.whole_log().await;

    let positions: Vec<usize> = log.iter().map(|event| number(event, "log_seq")).collect();
    assert_eq!(positions, (1..=total).collect::<Vec<_>>(), "log_seq is 1..n without a hole");
    let mut traces: BTreeMap<&str, usize> = BTreeMap::new();
    for event in &log {
        let next = traces.entry(event["trace_id"].as_str().unwrap()).or_default();
        assert_eq!(number(event, "trace_seq"), *next, "trace_seq has no hole");
        *next += 1;
    }
    assert_eq!(traces.len(), TRACES);
    let keys: BTreeSet<&str> = log.iter().map(|event| event["idempotency_key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), log.len(), "each idempotency key is stored once");
    for event in &acknowledged {
        let stored = &log[number(event, "log_seq") - 1];
        assert_eq!(stored["event_id"], event["event_id"], "what was acknowledged is in its place");
        assert_eq!(stored["payload_hash"], event["payload_hash"]);
    }
    for reader in readers {
        assert_eq!(reader.await.unwrap(), log, "a live reader saw the same log");
    }
    tenant.digests_at(total).await;
}

/// Two requests with one key at the same moment: one is stored, the other gets the stored one.
#[tokio::test(flavor = "multi_thread")]
async fn of_equal_requests_at_once_one_is_stored() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("race", "precise").await;
    for round in 0..20 {
        let event = started(&format!("race-{round}"));
        let answers = join_all((0..8).map(|_| tenant.post("/api/v1/events", &event))).await;
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(created, 1, "round {round}");
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            assert_eq!(answer.expect(200)["replayed"], true);
            assert_eq!(answer.header("idempotent-replayed"), Some("true"));
            assert_eq!(answer.data()["event"], answers.iter().find(|a| a.status == 201).unwrap().data()["event"]);
        }
    }
    assert_eq!(tenant.whole_log().await.len(), 20);
}

/// One writer: events of its own, with and without an explicit sequence number, repeats and abuses of its keys between.
async fn write(tenant: Api, writer: usize) -> Vec<Value> {
    let mut rng = Rng::new(u64::try_from(writer).unwrap());
    let trace = format!("trace-{}", writer % TRACES);
    // Everybody on a trace tries to begin it; the key makes it begin once.
    let first = tenant.post("/api/v1/events", &started(&trace)).await;
    assert!(matches!(first.status, 200 | 201), "{}", first.text);
    let mut acknowledged = vec![first.data()["event"].clone()];
    for turn in 0..EVENTS_EACH {
        let event = observed(&trace, 1 + writer * EVENTS_EACH + turn);
        let answer =
            if rng.chance(50) { explicit(&tenant, &event).await } else { tenant.post("/api/v1/events", &event).await };
        let stored = answer.expect(201)["event"].clone();
        if rng.chance(30) {
            let again = tenant.post("/api/v1/events", &with(event.clone(), "/trace_seq", json!(9999))).await;
            assert_eq!(again.expect(200)["event"], stored, "a repeat answers with the stored event");
        }
        if rng.chance(30) {
            let other = with(event, "/payload/input_id", json!("something else"));
            tenant.post("/api/v1/events", &other).await.refused(409, "idempotency_conflict");
        }
        acknowledged.push(stored);
    }
    acknowledged
}

/// Appends with an explicit number, learning the right one from each refusal.
async fn explicit(tenant: &Api, event: &Value) -> Answer {
    let mut guess = json!(1);
    loop {
        let answer = tenant.post("/api/v1/events", &with(event.clone(), "/trace_seq", guess)).await;
        if answer.status != 409 {
            return answer;
        }
        guess = answer.refused(409, "event_sequence_invalid")["expected_trace_seq"].clone();
        assert!(guess.is_i64(), "{}", answer.text);
    }
}

/// Follows the log from its beginning by position; anything missed or repeated shows in the answer.
async fn follow(tenant: Api, total: usize) -> Vec<Value> {
    let mut seen: Vec<Value> = Vec::new();
    while seen.len() < total {
        let answer = tenant.get(&format!("/api/v1/events?after={}&limit=50", seen.len())).await;
        for event in answer.expect(200)["events"].as_array().unwrap() {
            assert_eq!(number(event, "log_seq"), seen.len() + 1, "a live reader misses and repeats nothing");
            seen.push(event.clone());
        }
    }
    seen
}

fn number(event: &Value, key: &str) -> usize {
    usize::try_from(event[key].as_u64().unwrap()).unwrap()
}
