//! The append stage: order, answers, concurrency.

use std::collections::{HashMap, HashSet};

use dg_domain::{ErrorCode, LogSeq, TenantId, append::Outcome};
use dg_storage::{
    Store,
    log::{AppendError, AppendStage, EventFilter},
};

use crate::{
    events::{atomic, event, request, trace, verdicts},
    scratch::Scratch,
};

#[tokio::test]
async fn outcomes_follow_the_rules_whether_the_cache_knows_or_not() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (warm, _stop) = scratch.stage();
    let events = || {
        vec![
            event("1", "TraceStarted", "a", Some(0)),
            event("2", "InputObserved", "a", None),
            event("3", "InputObserved", "a", Some(7)),
            event("4", "TraceFinished", "a", Some(2)),
            event("5", "InputObserved", "a", None),
            event("1", "TraceStarted", "a", Some(0)),
            event("6", "InputObserved", "b", None),
        ]
    };
    let first = warm.append(request(&tenant, events())).await.unwrap();
    assert_eq!(
        verdicts(&first),
        [
            "stored 1",
            "stored 2",
            "event_sequence_invalid",
            "stored 3",
            "conflict",
            "replayed 1",
            "event_sequence_invalid"
        ]
    );
    let again =
        ["replayed 1", "replayed 2", "conflict", "replayed 3", "conflict", "replayed 1", "event_sequence_invalid"];
    assert_eq!(verdicts(&warm.append(request(&tenant, events())).await.unwrap()), again);
    let (cold, _stop) = scratch.stage();
    let replayed = cold.append(request(&tenant, events())).await.unwrap();
    assert_eq!(verdicts(&replayed), again);
    let (Outcome::Stored(stored), Outcome::Replayed(found)) = (&first[1], &replayed[1]) else { unreachable!() };
    assert_eq!(stored, found);
    let stats = warm.stats();
    assert_eq!((stats.stored, stats.replayed, stats.rejected, stats.batches, stats.redone), (3, 5, 6, 1, 0));
}

#[tokio::test]
async fn a_taken_event_id_is_a_conflict_and_other_tenants_do_not_meet() {
    let scratch = Scratch::new().await;
    let [a, b] = [scratch.tenant("a").await, scratch.tenant("b").await];
    let (stage, _stop) = scratch.stage();
    stage.append(request(&a, trace("x", 1))).await.unwrap();
    assert_eq!(verdicts(&stage.append(request(&b, trace("x", 1))).await.unwrap()), ["stored 1", "stored 2"]);
    let mut same_id = event("x-1", "InputObserved", "x", None);
    same_id.idempotency_key = "another".to_owned();
    for _ in 0..2 {
        let outcomes = stage.append(request(&a, vec![same_id.clone()])).await.unwrap();
        let Outcome::Rejected(violation) = &outcomes[0] else { unreachable!("{outcomes:?}") };
        assert_eq!(violation.details.constraint, Some("dg_event_log_event_id_unique"));
    }
    let unknown = TenantId::new("nobody").unwrap();
    let both = tokio::join!(
        stage.append(request(&unknown, trace("x", 1))),
        stage.append(request(&a, vec![event("x-2", "InputObserved", "x", Some(2))])),
    );
    assert!(matches!(both.0, Err(AppendError::UnknownTenant)));
    assert_eq!(verdicts(&both.1.unwrap()), ["stored 3"]);
    assert!(stage.append(request(&a, Vec::new())).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_atomic_request_is_stored_whole_or_not_at_all() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (stage, _stop) = scratch.stage();
    let mut events = trace("a", 2);
    events.push(event("a-9", "InputObserved", "a", Some(9)));
    let Err(AppendError::Aborted(why)) = stage.append(atomic(&tenant, events)).await else { unreachable!() };
    assert_eq!(why.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, false, true]);
    let violation = why[3].as_ref().unwrap();
    assert_eq!((violation.code, violation.details.expected_trace_seq), (ErrorCode::EventSequenceInvalid, Some(3)));
    assert_eq!(scratch.store("dg_apid").head(&tenant).await.unwrap(), LogSeq::START);
    let stored = stage.append(atomic(&tenant, trace("a", 2))).await.unwrap();
    assert_eq!(verdicts(&stored), ["stored 1", "stored 2", "stored 3"]);
    assert_eq!(stage.append(atomic(&tenant, trace("a", 2))).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_full_queue_refuses_and_a_stopping_stage_stores_what_waits() {
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let (stage, stop) = scratch.stage_with(|config| config.queue_events = 3);
    // Holds the head, so that the lane is busy with the first request and the others wait.
    let holder = scratch.raw_of("dg_apid", "t").await;
    holder.batch_execute("BEGIN; SELECT 1 FROM dg_tenant_heads FOR UPDATE").await.unwrap();
    let first = spawn(&stage, &tenant, "a");
    queue_is(&stage, 0).await;
    wait_for_lock(&scratch).await;
    let second = spawn(&stage, &tenant, "b");
    queue_is(&stage, 2).await;
    let refused = stage.append(request(&tenant, trace("c", 1))).await.unwrap_err();
    assert!(matches!(refused, AppendError::Full { retry_after_ms: 50.. }), "{refused:?}");
    stop.cancel();
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(first.await.unwrap().unwrap().len(), 2);
    assert_eq!(second.await.unwrap().unwrap().len(), 2);
    stage.stopped().await;
    assert!(matches!(stage.append(request(&tenant, trace("d", 1))).await, Err(AppendError::Stopped)));
    assert_eq!(scratch.store("dg_apid").head(&tenant).await.unwrap().get(), 4);
}

/// 64 writers on 16 traces through two stages, as two processes would: explicit and server-assigned positions, repeats and
/// conflicts mixed in, and two readers that follow live.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_writers_leave_no_hole_and_readers_miss_nothing() {
    const WRITERS: usize = 64;
    const ROUNDS: usize = 12;
    let scratch = Scratch::new().await;
    let tenant = scratch.tenant("t").await;
    let stages = [scratch.stage(), scratch.stage()];
    let setup: Vec<_> =
        (0..16).map(|at| event(&format!("start-{at}"), "TraceStarted", &format!("t{at}"), None)).collect();
    stages[0].0.append(request(&tenant, setup)).await.unwrap();

    let done = tokio_util::sync::CancellationToken::new();
    let followers: Vec<_> =
        (0..2).map(|_| tokio::spawn(follow(scratch.store("dg_projectord"), tenant.clone(), done.clone()))).collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let stage = stages[writer % 2].0.clone();
            let tenant = tenant.clone();
            tokio::spawn(async move { write(&stage, &tenant, writer, ROUNDS).await })
        })
        .collect();
    let mut stored = HashMap::new();
    for writer in writers {
        for (key, log_seq) in writer.await.unwrap() {
            assert_eq!(*stored.entry(key.clone()).or_insert(log_seq), log_seq, "{key} has one place");
        }
    }
    done.cancel();

    let head = scratch.store("dg_apid").head(&tenant).await.unwrap();
    assert_eq!(usize::try_from(head.get()).unwrap(), 16 + stored.len());
    let everything = EventFilter { limit: 100_000, ..EventFilter::default() };
    let all = scratch.store("dg_apid").events(&tenant, &everything).await.unwrap();
    assert_eq!(positions(&all), (1..=head.get()).collect::<Vec<_>>());
    let mut next: HashMap<&str, i64> = HashMap::new();
    for event in &all {
        let expected = next.entry(event.event.trace_id.as_str()).or_default();
        assert_eq!(event.trace_seq.get(), *expected, "{}", event.event.trace_id);
        *expected += 1;
    }
    let keys: HashSet<&str> = all.iter().map(|event| event.event.idempotency_key.as_str()).collect();
    assert_eq!(keys.len(), all.len());
    for follower in followers {
        assert_eq!(follower.await.unwrap(), (1..=head.get()).collect::<Vec<_>>());
    }
    for (stage, _) in &stages {
        assert_eq!(stage.stats().redone, 0);
    }
}

/// Every writer sends its own events and, under one key, the same event as its neighbour.
async fn write(stage: &AppendStage, tenant: &TenantId, writer: usize, rounds: usize) -> Vec<(String, i64)> {
    let mut stored = Vec::new();
    let trace = format!("t{}", writer % 16);
    let mut guess = 1;
    for round in 0..rounds {
        let own = event(&format!("own-{writer}-{round}"), "InputObserved", &trace, None);
        let shared =
            event(&format!("shared-{}-{round}", writer / 4), "InputObserved", &format!("t{}", writer / 4), None);
        let guessed = event(&format!("guess-{writer}-{round}"), "InputObserved", &trace, Some(guess));
        let mut taken = event(&format!("own-{writer}-{round}"), "InputObserved", &trace, None);
        taken.idempotency_key = format!("stolen-{writer}-{round}");
        let sent = vec![own, shared, guessed, taken];
        let outcomes = stage.append(request(tenant, sent.clone())).await.unwrap();
        for (at, (event, outcome)) in sent.iter().zip(&outcomes).enumerate() {
            match outcome {
                Outcome::Stored(place) | Outcome::Replayed(place) => {
                    assert_ne!(at, 3, "its event id is taken");
                    stored.push((event.idempotency_key.clone(), place.log_seq.get()));
                }
                Outcome::Rejected(violation) => {
                    assert!(at >= 2, "{violation:?}");
                    if let Some(expected) = violation.details.expected_trace_seq {
                        guess = expected;
                    }
                }
            }
        }
    }
    stored
}

async fn follow(store: Store, tenant: TenantId, done: tokio_util::sync::CancellationToken) -> Vec<i64> {
    let mut seen: Vec<i64> = Vec::new();
    loop {
        let last_round = done.is_cancelled();
        let after = LogSeq::new(seen.last().copied().unwrap_or(0)).unwrap();
        let page = store.events(&tenant, &EventFilter { after, limit: 97, ..EventFilter::default() }).await.unwrap();
        seen.extend(positions(&page));
        if last_round && page.is_empty() {
            return seen;
        }
    }
}

fn positions(events: &[dg_domain::StoredEvent]) -> Vec<i64> {
    events.iter().map(|event| event.log_seq.get()).collect()
}

type Appending = tokio::task::JoinHandle<Result<Vec<Outcome>, AppendError>>;

fn spawn(stage: &AppendStage, tenant: &TenantId, name: &str) -> Appending {
    let (stage, request) = (stage.clone(), request(tenant, trace(name, 1)));
    tokio::spawn(async move { stage.append(request).await })
}

async fn queue_is(stage: &AppendStage, events: usize) {
    dg_testkit::wait_for(crate::scratch::DEADLINE, "the queue", async || {
        let stats = stage.stats();
        (stats.up && stats.queued_events == events).then_some(())
    })
    .await
    .unwrap();
}

pub(crate) async fn wait_for_lock(scratch: &Scratch) {
    let client = scratch.raw("dg_admin").await;
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE wait_event_type = 'Lock' AND application_name = 'dg_apid' AND datname = current_database()";
    dg_testkit::wait_for(crate::scratch::DEADLINE, "the lane to wait for the head", async || {
        let waiting: i64 = client.query_one(sql, &[]).await.unwrap().get(0);
        (waiting > 0).then_some(())
    })
    .await
    .unwrap();
}
