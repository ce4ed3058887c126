//! Kill drills: whatever dies under load, nothing acknowledged is lost, nothing is applied twice, nobody has to help.

mod load;

use std::time::{Duration, Instant};

use dg_testkit::history::{Shape, generate};
use dg_testkit::rng::Rng;
use dg_testkit::{Suite, SuiteOptions, processes, wait_for};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::api::Api;
use crate::events::{envelope, observed, started};
use load::Load;

/// How soon the suite has to be ready again, with nobody helping.
const BACK_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn drill_apid_is_killed() {
    drill("dg-apid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_projectord_is_killed() {
    drill("dg-projectord").await;
}

/// The projector is killed again and again in the middle of small batches; the digests are those of an unhurt run.
#[tokio::test(flavor = "multi_thread")]
async fn drill_projectord_is_killed_while_it_catches_up() {
    let env = vec![("DG__PROJECTOR__BATCH_EVENTS".to_owned(), "3".to_owned())];
    let suite = Suite::start_with(SuiteOptions { env, ..SuiteOptions::default() }).unwrap();
    let events = generate(99, Shape { traces: 120, ..Shape::default() });
    let tenant = Api::admin(&suite).new_tenant("behind", "precise").await;
    tenant.append_all(&events, 1000).await;
    let (mut killed, mut applied) = (0, 0);
    while applied < events.len() && killed < rounds() * 4 {
        let what = "the projector to get further";
        applied = wait_for(BACK_WITHIN, what, async || applied_beyond(&tenant, applied).await).await.unwrap();
        suite.signal("dg-projectord", Signal::SIGKILL).unwrap();
        killed += 1;
        // What the dead one did after our last look must not pass for work of the next one.
        applied = applied_beyond(&tenant, 0).await.unwrap_or(applied);
    }
    assert!(killed > 1, "killed {killed} times");
    check_digests(&suite, &tenant, "unhurt").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_postgres_is_killed() {
    drill("postgres").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_store_and_workflowd_and_consoled_are_killed() {
    let suite = Suite::start().unwrap();
    for name in ["dg-store", "dg-workflowd", "dg-consoled"] {
        let old = suite.signal(name, Signal::SIGKILL).unwrap();
        wait_for(BACK_WITHIN, &format!("another {name}"), async || suite.pid_of(name).filter(|pid| *pid != old))
            .await
            .unwrap();
    }
    Api::admin(&suite).new_tenant("after", "precise").await.post("/api/v1/events", &started("t")).await.expect(201);
}

/// Whatever dies, in any order, under load.
#[tokio::test(flavor = "multi_thread")]
async fn drill_anything_is_killed_in_any_order() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("chaos", "precise").await;
    let load = Load::start(&tenant);
    let mut rng = Rng::new(2026);
    let kills = rounds() * 2;
    for round in 1..=kills {
        load.acknowledged_at_least(round * 150).await;
        let name = *rng.pick(&["dg-apid", "dg-projectord", "postgres", "dg-store", "dg-supervisor"]);
        let killed = suite.signal(name, Signal::SIGKILL).unwrap();
        ready_again(&suite, &tenant, name, killed, round).await;
    }
    let acknowledged = load.finish().await;
    let log = tenant.whole_log().await;
    check_log(&log, &acknowledged);
    assert_eq!(log.len(), acknowledged.len() + kills);
    check_digests(&suite, &tenant, "untouched").await;
}

/// A dead supervisor leaves no orphan: what it had started goes with it.
#[tokio::test(flavor = "multi_thread")]
async fn drill_supervisor_is_killed() {
    let mut suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("kept", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let family = suite.processes();
    suite.signal("dg-supervisor", Signal::SIGKILL).unwrap();
    wait_for(Duration::from_secs(20), "every process of the old supervisor to be gone", async || {
        let left: Vec<_> = family.iter().filter(|process| processes::is_alive(process.pid)).collect();
        left.is_empty().then_some(())
    })
    .await
    .unwrap();
    suite.kill_everything().unwrap();
    suite.start_again().unwrap();
    assert_eq!(Api::admin(&suite).tenant("kept").whole_log().await.len(), 1);
}

/// SIGKILL for every process at once, then `dg up` again in the same directory.
#[tokio::test(flavor = "multi_thread")]
async fn drill_everything_is_killed_and_started_again() {
    let mut suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("default-2", "precise").await;
    tenant.post("/api/v1/events", &started("t")).await.expect(201);
    let load = Load::start(&tenant);
    load.acknowledged_at_least(200).await;
    suite.kill_everything().unwrap();
    let acknowledged = load.abandon().await;
    suite.start_again().unwrap();
    let tenant = Api::admin(&suite).tenant("default-2");
    let log = tenant.whole_log().await;
    check_log(&log, &acknowledged);
    tenant.post("/api/v1/events", &observed("t", 1)).await.expect(201);
    check_digests(&suite, &tenant, "untouched").await;
}

async fn drill(name: &str) {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("drilled", "precise").await;
    let load = Load::start(&tenant);
    for round in 1..=rounds() {
        load.acknowledged_at_least(round * 250).await;
        let killed = suite.signal(name, Signal::SIGKILL).unwrap();
        ready_again(&suite, &tenant, name, killed, round).await;
    }
    load.acknowledged_at_least((rounds() + 1) * 250).await;
    let acknowledged = load.finish().await;
    let log = tenant.whole_log().await;
    check_log(&log, &acknowledged);
    let probes = rounds();
    assert_eq!(log.len(), acknowledged.len() + probes, "each event is stored once, however often it was sent");
    check_digests(&suite, &tenant, "untouched").await;
}

fn rounds() -> usize {
    if std::env::var("DG_DRILL").is_ok_and(|value| value == "long") { 25 } else { 2 }
}

/// Another process is there, the API is ready, an append is stored and projected, all within the promise.
async fn ready_again(suite: &Suite, tenant: &Api, name: &str, killed: u32, round: usize) {
    let began = Instant::now();
    let what = format!("the suite to be ready after {name} was killed (round {round})");
    let trace = format!("probe-{round}");
    wait_for(BACK_WITHIN, &what, async || {
        suite.pid_of(name).filter(|pid| *pid != killed)?;
        let ready = tenant.try_request("GET", "/readyz", &[], Vec::new()).await.ok()?;
        if ready.status != 200 {
            return None;
        }
        let stored = tenant.try_post("/api/v1/events", &started(&trace)).await.ok()?;
        let position = stored.data()["event"]["log_seq"].as_u64()?;
        let path = format!("/api/v1/traces/{trace}?min_log_seq={position}&wait_ms=1000");
        let read = tenant.try_request("GET", &path, &[], Vec::new()).await.ok()?;
        (read.status == 200).then_some(())
    })
    .await
    .unwrap();
    eprintln!("{name} round {round}: ready again after {} ms", began.elapsed().as_millis());
}

/// How far the projections are, once that is further than `before`.
async fn applied_beyond(tenant: &Api, before: usize) -> Option<usize> {
    let health = tenant.get("/api/v1/projections/health").await;
    let projections = health.expect(200)["projections"].as_array()?;
    let applied = projections.iter().filter_map(|projection| projection["last_log_seq"].as_u64()).min()?;
    usize::try_from(applied).ok().filter(|applied| *applied > before)
}

fn check_log(log: &[Value], acknowledged: &[Value]) {
    for (index, event) in log.iter().enumerate() {
        assert_eq!(event["log_seq"], index + 1, "no hole in the log");
    }
    for event in acknowledged {
        let position = usize::try_from(event["log_seq"].as_u64().unwrap()).unwrap();
        let stored = log.get(position - 1);
        assert_eq!(stored.map(|stored| &stored["event_id"]), Some(&event["event_id"]), "an acknowledged event is lost");
    }
}

/// The digests equal those of a tenant that got the same events in the same order without any disturbance.
async fn check_digests(suite: &Suite, tenant: &Api, other: &str) {
    let log = tenant.whole_log().await;
    let events: Vec<Value> = log.iter().map(envelope).collect();
    let untouched = Api::admin(suite).new_tenant(other, "precise").await;
    untouched.append_all(&events, 500).await;
    assert_eq!(tenant.digests_at(log.len()).await, untouched.digests_at(log.len()).await);
}
