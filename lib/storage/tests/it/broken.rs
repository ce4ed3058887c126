//! Two appliers that are wrong on purpose, beside the real one: what catches them is what the real one is held against.
//!
//! Appliers of a kind apply one tenant's log at the same time. The broken ones write with the project's own statements, but one
//! has no fence at all, and the other trusts the cursor that it read before it had the lock. Summaries are enough to show
//! it: a start or a finish that is applied twice counts twice.

use dg_domain::{LogSeq, NewEvent, TenantId};
use dg_projections::{Changes, Digests, Model, Projection, SummaryChange, fold};
use dg_storage::{
    Store, StoreError,
    log::{AppendStage, EventFilter},
    projections::{LeftOut, ProjectionWriter},
};
use dg_testkit::{
    history::{Shape, generate},
    rng::Rng,
};
use tokio_postgres::{Client, Transaction, types::ToSql};

use crate::{
    events::{atomic, parse},
    scratch::Scratch,
};

const INSERT_SUMMARIES: &str = include_str!("../../../../sql/queries/projections/insert_summaries.sql");
const FINISH_SUMMARIES: &str = include_str!("../../../../sql/queries/projections/finish_summaries.sql");

const CURSOR: &str = "SELECT last_log_seq, slot FROM dg_projection_cursors
    WHERE tenant_id = $1 AND projection_name = 'trace_summary'";
const LOCK: &str = "SELECT 1 FROM dg_projection_cursors
    WHERE tenant_id = $1 AND projection_name = 'trace_summary' FOR UPDATE";
const MOVE: &str = "UPDATE dg_projection_cursors SET last_log_seq = $2
    WHERE tenant_id = $1 AND projection_name = 'trace_summary'";

/// Histories that each applier gets at most.
const HISTORIES: u64 = 8;

/// How often in a row a broken applier is refused before it gives up; what it left undone shows in the digests.
const PATIENCE: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Applier {
    /// Ours.
    Real,
    /// Neither locks nor compares anything.
    NoFence,
    /// Locks the cursor, but goes on from where it stood before.
    CursorBeforeLock,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applier_without_a_fence_is_caught() {
    assert!(is_caught(Applier::NoFence, 2).await);
    assert!(!is_caught(Applier::NoFence, 1).await, "alone it is right");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_applier_that_reads_the_cursor_before_the_lock_is_caught() {
    assert!(is_caught(Applier::CursorBeforeLock, 2).await);
    assert!(!is_caught(Applier::CursorBeforeLock, 1).await, "alone it is right");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_applier_is_never_caught() {
    assert!(!is_caught(Applier::Real, 2).await);
}

/// Whether appliers of this kind, side by side, give anything but the model for one of the histories.
async fn is_caught(applier: Applier, writers: usize) -> bool {
    let scratch = Scratch::new().await;
    let (stage, _stop) = scratch.stage();
    for seed in 0..HISTORIES {
        let tenant = scratch.tenant(&format!("t{seed}")).await;
        let model = append(&scratch, &stage, &tenant, seed).await;
        let mut sizes = Rng::new(seed);
        let mut batch = || i64::try_from(1 + sizes.below(30)).unwrap();
        let run = |batch| {
            let (scratch, tenant) = (scratch.clone(), tenant.clone());
            tokio::spawn(async move { apply(&scratch, applier, &tenant, batch).await })
        };
        let all: Vec<_> = (0..writers).map(|_| run(batch())).collect();
        for applied in all {
            applied.await.unwrap();
        }
        let found = digests(&scratch.store("dg_apid"), &tenant).await;
        let differs = match applier {
            Applier::Real => found != model,
            // The others write nothing else.
            Applier::NoFence | Applier::CursorBeforeLock => found.trace_summary != model.trace_summary,
        };
        if differs {
            eprintln!("{applier:?} is caught by history {seed}");
            return true;
        }
    }
    false
}

async fn append(scratch: &Scratch, stage: &AppendStage, tenant: &TenantId, seed: u64) -> Digests {
    let shape = Shape { traces: 20, longest: 8, ..Shape::default() };
    let events: Vec<NewEvent> = generate(seed, shape).iter().map(parse).collect();
    stage.append(atomic(tenant, events)).await.unwrap();
    let whole = EventFilter { limit: 1_000_000, ..EventFilter::default() };
    let log = scratch.store("dg_apid").events(tenant, &whole).await.unwrap();
    Model::of(&log, 50).unwrap().digests()
}

async fn digests(store: &Store, tenant: &TenantId) -> Digests {
    let snapshot = store.snapshot(tenant).await.unwrap();
    let digests = snapshot.digests().await.unwrap();
    snapshot.close().await.unwrap();
    digests
}

async fn apply(scratch: &Scratch, applier: Applier, tenant: &TenantId, batch: i64) {
    if applier == Applier::Real {
        return apply_rightly(scratch, tenant, batch).await;
    }
    // Makes the cursor.
    writer(scratch).await.take(tenant, "broken").await.unwrap();
    let mut client = scratch.raw_of("dg_projectord", tenant.as_str()).await;
    let mut refused = 0;
    while refused < PATIENCE {
        match apply_wrongly(scratch, &mut client, applier, tenant, batch).await {
            Ok(false) => return,
            Ok(true) => refused = 0,
            // A trace that began already cannot begin again. Whoever is told so looks at the cursor once more.
            Err(_) => refused += 1,
        }
    }
}

/// As a projector does it that has lost its lock without knowing: whoever is fenced takes the scope anew.
async fn apply_rightly(scratch: &Scratch, tenant: &TenantId, batch: i64) {
    let store = scratch.store("dg_projectord");
    let mut writer = writer(scratch).await;
    'anew: loop {
        let mut scope = writer.take(tenant, "real").await.unwrap();
        loop {
            let next = scope.next().unwrap();
            let read = store.batch_to_fold(tenant, next.after, None, batch, &LeftOut::default()).await.unwrap();
            if read.events.is_empty() {
                return;
            }
            let folded = fold(&read, &next.projections);
            match writer.advance(&mut scope, &next, &read, &folded).await {
                Ok(_) => {}
                Err(StoreError::Fenced { .. }) => continue 'anew,
                Err(error) => unreachable!("{error}"),
            }
        }
    }
}

/// Applies one batch and answers whether there was one.
async fn apply_wrongly(
    scratch: &Scratch,
    client: &mut Client,
    applier: Applier,
    tenant: &TenantId,
    batch: i64,
) -> Result<bool, tokio_postgres::Error> {
    let row = client.query_one(CURSOR, &[&tenant.as_str()]).await.unwrap();
    let (after, slot): (i64, i16) = (row.get(0), row.get(1));
    let after = LogSeq::new(after).unwrap();
    let store = scratch.store("dg_projectord");
    let read = store.batch_to_fold(tenant, after, None, batch, &LeftOut::default()).await.unwrap();
    if read.events.is_empty() {
        return Ok(false);
    }
    let folded = fold(&read, &[Projection::TraceSummary]);
    let transaction = client.transaction().await.unwrap();
    if applier == Applier::CursorBeforeLock {
        transaction.execute(LOCK, &[&tenant.as_str()]).await.unwrap();
    }
    write(&transaction, tenant, slot, &folded.changes).await?;
    transaction.execute(MOVE, &[&tenant.as_str(), &read.last().get()]).await.unwrap();
    transaction.commit().await?;
    Ok(true)
}

async fn write(
    transaction: &Transaction<'_>,
    tenant: &TenantId,
    slot: i16,
    changes: &Changes,
) -> Result<(), tokio_postgres::Error> {
    let (mut started, mut finished) = (Vec::new(), Vec::new());
    for change in &changes.summaries {
        match change {
            SummaryChange::Insert(row) => started.push(row),
            SummaryChange::Finish { trace_id, outcome, finished_at, log_seq } => {
                finished.push((trace_id, outcome, finished_at, *log_seq));
            }
        }
    }
    let columns: [&(dyn ToSql + Sync); 13] = [
        &tenant.as_str(),
        &slot,
        &column(&started, |row| &*row.trace_id),
        &column(&started, |row| &*row.workflow),
        &column(&started, |row| &*row.title),
        &column(&started, |row| &*row.primary_entity_type),
        &column(&started, |row| row.primary_entity_system.as_deref()),
        &column(&started, |row| &*row.primary_entity_id),
        &column(&started, |row| row.outcome.as_deref()),
        &column(&started, |row| &*row.started_at),
        &column(&started, |row| row.finished_at.as_deref()),
        &column(&started, |row| row.event_count),
        &column(&started, |row| row.last_log_seq),
    ];
    transaction.query(INSERT_SUMMARIES, &columns).await?;
    let columns: [&(dyn ToSql + Sync); 6] = [
        &tenant.as_str(),
        &slot,
        &column(&finished, |row| &**row.0),
        &column(&finished, |row| &**row.1),
        &column(&finished, |row| &**row.2),
        &column(&finished, |row| row.3),
    ];
    transaction.query(FINISH_SUMMARIES, &columns).await?;
    Ok(())
}

fn column<'r, R, V>(rows: &'r [R], value: impl Fn(&'r R) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

async fn writer(scratch: &Scratch) -> ProjectionWriter {
    ProjectionWriter::connect(&scratch.config("dg_projectord")).await.unwrap()
}
