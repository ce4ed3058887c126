//! The same log gives the same digests: published ones, our own scenarios, any batch size, any interleaving of tenants.

use dg_testkit::fixtures::{self, Scenario};
use dg_testkit::history::{Shape, generate};
use dg_testkit::rng::Rng;
use dg_testkit::{Suite, SuiteOptions};
use serde_json::{Value, json};

use crate::api::{Api, only_digests};

#[tokio::test(flavor = "multi_thread")]
async fn five_golden_files_and_our_scenarios_give_their_digests_in_one_suite() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let mut known = fixtures::golden().unwrap();
    known.extend(fixtures::scenarios().unwrap());
    for scenario in &known {
        let tenant = admin.new_tenant(&format!("known-{}", scenario.name), "precise").await;
        for event in &scenario.events {
            tenant.post("/api/v1/events", event).await.expect(201);
        }
    }
    for scenario in &known {
        let tenant = admin.tenant(&format!("known-{}", scenario.name));
        assert_eq!(tenant.digests_at(scenario.events.len()).await, expected(scenario), "{}", scenario.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_tenant_has_the_digests_of_an_empty_log() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("empty", "precise").await;
    let found = tenant.digests_at(0).await;
    assert_eq!(found["context_graph"], "sha256:57501e5c6808b3e14852a4ea21dc7873abf9409032a06f9b740c973e83f62cf7");
    assert_eq!(found["full_projection"], "sha256:841804c04c283692e5a12d6303d274a8c10f5430b19c7cb7f2587e9297d37dde");
}

/// Every history three times, in batches of 1, 7 and 1,000, one tenant each, all tenants interleaved at random.
#[tokio::test(flavor = "multi_thread")]
async fn any_interleaving_of_tenants_in_any_batch_size_gives_the_same_digests() {
    let suite = Suite::start().unwrap();
    interleave(&suite, 41).await;
}

/// The same while the projector works in other batch sizes than the writers.
#[tokio::test(flavor = "multi_thread")]
async fn the_projectors_batch_size_changes_no_digest() {
    for size in ["1", "3"] {
        let env = vec![("DG__PROJECTOR__BATCH_EVENTS".to_owned(), size.to_owned())];
        let suite = Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap();
        let admin = Api::admin(&suite);
        for scenario in fixtures::scenarios().unwrap() {
            let tenant = admin.new_tenant(&scenario.name, "precise").await;
            tenant.append_all(&scenario.events, 1000).await;
            assert_eq!(tenant.digests_at(scenario.events.len()).await, expected(&scenario), "{}", scenario.name);
        }
    }
}

struct Writing {
    tenant: Api,
    history: usize,
    size: usize,
    sent: usize,
}

async fn interleave(suite: &Suite, seed: u64) {
    let admin = Api::admin(suite);
    let mut rng = Rng::new(seed);
    let mut histories: Vec<(Vec<Value>, Option<Value>)> = fixtures::histories()
        .unwrap()
        .into_iter()
        .chain(fixtures::scenarios().unwrap())
        .map(|scenario| (scenario.events.clone(), Some(expected(&scenario))))
        .collect();
    histories.extend((1..4).map(|seed| (generate(seed, Shape::default()), None)));
    let mut writings = Vec::new();
    for history in 0..histories.len() {
        for size in [1, 7, 1000] {
            let tenant = admin.new_tenant(&format!("h{history}-by-{size}"), "precise").await;
            writings.push(Writing { tenant, history, size, sent: 0 });
        }
    }
    let mut open: Vec<usize> = (0..writings.len()).collect();
    while !open.is_empty() {
        let at = rng.below(open.len());
        let writing = &mut writings[open[at]];
        let events = &histories[writing.history].0;
        let batch = &events[writing.sent..events.len().min(writing.sent + writing.size)];
        send(&writing.tenant, batch, rng.chance(50)).await;
        writing.sent += batch.len();
        if writing.sent == events.len() {
            open.swap_remove(at);
        }
    }
    for writing in &writings {
        let (events, known) = &histories[writing.history];
        let found = writing.tenant.digests_at(events.len()).await;
        // A generated history has no published digest; the first batch size speaks for the others.
        let expected = match known {
            Some(known) => known.clone(),
            None => admin.tenant(&format!("h{}-by-1", writing.history)).digests_at(events.len()).await,
        };
        assert_eq!(found, expected, "history {} in batches of {}", writing.history, writing.size);
    }
}

/// One event alone, or a batch as a JSON document or as lines.
async fn send(tenant: &Api, batch: &[Value], as_lines: bool) {
    if let [event] = batch {
        tenant.post("/api/v1/events", event).await.expect(201);
        return;
    }
    let answer = if as_lines {
        let lines: String = batch.iter().map(|event| format!("{event}\n")).collect();
        tenant.post_text("/api/v1/events:batch?mode=atomic", "application/x-ndjson", lines).await
    } else {
        tenant.post("/api/v1/events:batch", &json!({"events": batch})).await
    };
    assert_eq!(answer.expect(200)["stored"], batch.len(), "{}", answer.text);
}

fn expected(scenario: &Scenario) -> Value {
    only_digests(&Value::Object(scenario.digests.clone()))
}
