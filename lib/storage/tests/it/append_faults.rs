//! The append stage when things break.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use dg_domain::{NewEvent, TenantId, append::Outcome};
use dg_storage::log::{AppendError, AppendStage, EventFilter};
use dg_testkit::{Postgres, wait_for};

use crate::{
    append::wait_for_lock,
    events::{atomic, event, request, trace, verdicts},
    scratch::{DEADLINE, Scratch},
};

/// Sends an event until somebody acknowledges it, as a client would.
async fn insist(stage: &AppendStage, tenant: &TenantId, event: &NewEvent) -> i64 {
    let mut pace = tokio::time::interval(Duration::from_millis(5));
    let acknowledged = async {
        loop {
            match stage.append(request(tenant, vec![event.clone()])).await {
                Ok(outcomes) => match &outcomes[0] {
                    Outcome::Stored(stored) | Outcome::Replayed(stored) => return stored.log_seq.get(),
                    Outcome::Rejected(violation) => unreachable!("{violation:?}"),
                },
                Err(AppendError::Unavailable(error)) => assert!(error.is_transient(), "{error:?}"),
                Err(other) => unreachable!("{other:?}"),
            }
            pace.tick().await;
        }
    };
    tokio::time::timeout(DEADLINE, acknowledged).await.unwrap()
}

/// Kills the server twice under load. What was acknowledged is there, once, and nothing has a hole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_loses_nothing_acknowledged() {
    let server: &'static Postgres = Box::leak(Box::new(Postgres::durable().unwrap()));
    let scratch = Scratch::on(server).await;
    let tenant = scratch.tenant("t").await;
    let (stage, _stop) = scratch.stage();
    let enough = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (stage, tenant, enough) = (stage.clone(), tenant.clone(), Arc::clone(&enough));
            tokio::spawn(async move {
                let trace = format!("t{writer}");
                let mut acknowledged =
                    vec![insist(&stage, &tenant, &event(&trace, "TraceStarted", &trace, None)).await];
                while !enough.load(Ordering::Relaxed) {
                    let id = format!("{trace}-{}", acknowledged.len());
                    acknowledged.push(insist(&stage, &tenant, &event(&id, "InputObserved", &trace, None)).await);
                }
                acknowledged
            })
        })
        .collect();
    for _ in 0..2 {
        let before = stage.stats().stored;
        wait_for(DEADLINE, "some load", async || (stage.stats().stored > before + 100).then_some(())).await.unwrap();
        tokio::task::spawn_blocking(|| server.kill9()).await.unwrap();
        wait_for(DEADLINE, "the stage to notice", async || (!stage.stats().up).then_some(())).await.unwrap();
        let asked = Instant::now();
        let refused = stage.append(request(&tenant, trace("x", 0))).await;
        assert!(matches!(refused, Err(AppendError::Unavailable(_))), "{refused:?}");
        assert!(asked.elapsed() < Duration::from_secs(1), "no endless wait while the server is down");
        tokio::task::spawn_blocking(|| server.start_again().unwrap()).await.unwrap();
        let before = stage.stats().stored;
        wait_for(Duration::from_secs(10), "appends again", async || (stage.stats().stored > before).then_some(()))
            .await
            .unwrap();
    }
    enough.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    acknowledged.sort_unstable();
    let filter = EventFilter { limit: 1_000_000, ..EventFilter::default() };
    let stored = scratch.store("dg_apid").events(&tenant, &filter).await.unwrap();
    let positions: Vec<i64> = stored.iter().map(|event| event.log_seq.get()).collect();
    let last = i64::try_from(positions.len()).unwrap();
    assert_eq!(positions, (1..=last).collect::<Vec<_>>());
    assert_eq!(acknowledged, positions, "each stored once, each acknowledged");
    assert_eq!(stage.stats().redone, 0);
}

/// A connection that ends between two batches costs no caller anything.
#[tokio::test]
async fn an_idle_connection_that_ends_is_replaced() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (stage, _stop) = scratch.stage();
    stage.append(request(&tenant, trace("a", 0))).await.unwrap();
    for at in 1..=5 {
        scratch.terminate("dg_apid").await;
        let next = event(&format!("a-{at}"), "InputObserved", "a", None);
        assert_eq!(
            verdicts(&stage.append(request(&tenant, vec![next])).await.unwrap()),
            [format!("stored {}", at + 1)]
        );
    }
}

/// Lost while it waited for the head: nothing was sent to be committed, so the batch is simply done again.
#[tokio::test]
async fn a_connection_lost_before_the_commit_is_made_up_for() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (stage, _stop) = scratch.stage();
    let holder = scratch.raw_of("dg_workflowd", "t").await;
    holder.batch_execute("BEGIN; SELECT 1 FROM dg_tenant_heads FOR UPDATE").await.unwrap();
    let appending = {
        let (stage, request) = (stage.clone(), request(&tenant, trace("a", 1)));
        tokio::spawn(async move { stage.append(request).await })
    };
    wait_for_lock(&scratch).await;
    scratch.terminate("dg_apid").await;
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(verdicts(&appending.await.unwrap().unwrap()), ["stored 1", "stored 2"]);
}

/// The head moved behind the stage's back, without the rows that the rules would see: the insert breaks a constraint that
/// nobody foresaw. The events at fault get a conflict, the others are stored.
#[tokio::test]
async fn an_unforeseen_refusal_is_isolated_by_halving() {
    let scratch = Scratch::new().await;
    let [good, bad] = [scratch.tenant("good").await, scratch.tenant("bad").await];
    let (stage, _stop) = scratch.stage();
    stage.append(request(&bad, trace("a", 3))).await.unwrap();
    // Position 4 is taken, but the head says that 2 is the last one.
    let owner = scratch.raw("dg_owner").await;
    owner.batch_execute("UPDATE dg_tenant_heads SET last_log_seq = 2 WHERE tenant_id = 'bad'").await.unwrap();
    // One batch for both: the lane has to wait for the head while they queue up.
    owner.batch_execute("BEGIN; SELECT 1 FROM dg_tenant_heads FOR UPDATE").await.unwrap();
    let blocker = {
        let (stage, request) = (stage.clone(), request(&good, trace("first", 0)));
        tokio::spawn(async move { stage.append(request).await })
    };
    wait_for_lock(&scratch).await;
    let tasks: Vec<_> = [request(&good, trace("g", 2)), request(&bad, trace("b", 4)), atomic(&bad, trace("c", 1))]
        .into_iter()
        .map(|request| {
            let stage = stage.clone();
            tokio::spawn(async move { stage.append(request).await })
        })
        .collect();
    wait_for(DEADLINE, "the queue", async || (stage.stats().queued_events == 10).then_some(())).await.unwrap();
    owner.batch_execute("COMMIT").await.unwrap();
    blocker.await.unwrap().unwrap();
    let [good_answer, bad_answer, atomic_answer] =
        <[_; 3]>::try_from(futures_util::future::join_all(tasks).await).unwrap().map(Result::unwrap);
    assert_eq!(verdicts(&good_answer.unwrap()), ["stored 2", "stored 3", "stored 4"]);
    let refused = bad_answer.unwrap();
    assert_eq!(verdicts(&refused)[0], "conflict");
    let Outcome::Rejected(violation) = &refused[0] else { unreachable!() };
    assert_eq!(violation.details.constraint, Some("dg_event_log_pk"));
    assert!(matches!(atomic_answer, Err(AppendError::Aborted(_))));
    assert!(stage.stats().redone > 1);
}

/// A deadlock with somebody who does not keep the order is a reason to try again, not an error.
#[tokio::test]
async fn a_deadlock_is_tried_again() {
    let scratch = Scratch::new().await;
    let [a, b, c] = [scratch.tenant("a").await, scratch.tenant("b").await, scratch.tenant("c").await];
    let (stage, _stop) = scratch.stage();
    let append = |tenant: &TenantId| {
        let (stage, request) = (stage.clone(), request(tenant, trace("x", 0)));
        tokio::spawn(async move { stage.append(request).await })
    };
    // Patient, so that the lane is the one that the server picks.
    let rival = scratch.raw("dg_admin").await;
    rival.batch_execute("SET deadlock_timeout = '60s'").await.unwrap();
    rival.batch_execute("BEGIN; SELECT 1 FROM dg_tenant_heads WHERE tenant_id = 'b' FOR UPDATE").await.unwrap();
    let holder = scratch.raw_of("dg_workflowd", "c").await;
    holder.batch_execute("BEGIN; SELECT 1 FROM dg_tenant_heads WHERE tenant_id = 'c' FOR UPDATE").await.unwrap();
    let first = append(&c);
    wait_for_lock(&scratch).await;
    let both = [append(&a), append(&b)];
    wait_for(DEADLINE, "the queue", async || (stage.stats().queued_events == 2).then_some(())).await.unwrap();
    holder.batch_execute("COMMIT").await.unwrap();
    first.await.unwrap().unwrap();
    wait_for_lock(&scratch).await;
    rival.batch_execute("SELECT 1 FROM dg_tenant_heads WHERE tenant_id = 'a' FOR UPDATE; COMMIT").await.unwrap();
    for appending in both {
        assert_eq!(verdicts(&appending.await.unwrap().unwrap()), ["stored 1"]);
    }
    assert_eq!(stage.stats().redone, 0);
    assert!(scratch.server.log().contains("deadlock detected"));
}
