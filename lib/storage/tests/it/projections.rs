//! The read models in a real database against the pure model of them: rows, digests, fence, failures, queries.
use std::{collections::BTreeSet, sync::Arc, time::Duration};

use dg_domain::{
    GuardMode, LogSeq, Micros, NewEvent, Rules, StoredEvent, TenantId,
    append::{Ledger, Outcome},
};
use dg_projections::{Batch, Digests, Model, Projection, TraceHistory, WalkLimits, fold};
use dg_storage::{
    DatabaseConfig, Store, StoreError,
    audit::By,
    log::{AppendMode, AppendRequest, AppendStage, StageConfig},
    migrate,
    notifier::Notifier,
    projections::{CursorState, Direction, EdgeCursor, LeftOut, PrecedentQuery, ProjectionWriter, TraceFilter},
    tenants::NewTenant,
};
use dg_testkit::{Postgres, history, rng::Rng};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub(crate) struct Bench {
    pub(crate) url: String,
    pub(crate) store: Store,
    stage: AppendStage,
    _stop: tokio_util::sync::DropGuard,
}

fn role(url: &str, role: &str) -> DatabaseConfig {
    DatabaseConfig::new(url).with_role(role)
}

pub(crate) async fn bench() -> Bench {
    let postgres = Postgres::shared();
    let url = postgres.database("projections").await.unwrap();
    let name = url.split_once("///").unwrap().1.split('?').next().unwrap().to_owned();
    dg_storage::bootstrap::prepare(&url, &name).await.unwrap();
    migrate::run(&role(&url, "dg_owner")).await.unwrap();
    let stop = CancellationToken::new();
    let api = role(&url, "dg_apid");
    let notifier = Notifier::start(api.clone(), stop.clone());
    let stage = AppendStage::start(
        StageConfig::new(api.clone(), || Micros::new(1_767_225_600_000_000)),
        notifier,
        stop.clone(),
    );
    Bench { url, store: Store::open(&api).unwrap(), stage, _stop: stop.drop_guard() }
}

impl Bench {
    pub(crate) async fn tenant(&self, name: &str) -> TenantId {
        let tenant_id = TenantId::new(name).unwrap();
        let new = NewTenant { tenant_id: tenant_id.clone(), secret_guard: GuardMode::Precise, is_demo: false };
        self.store.create_tenant(&new, &By::of("test")).await.unwrap();
        tenant_id
    }

    pub(crate) async fn append(&self, tenant: &TenantId, events: &[Value]) {
        let events: Vec<NewEvent> = events.iter().map(parse).collect();
        let request =
            AppendRequest { tenant: tenant.clone(), principal: "test".to_owned(), events, mode: AppendMode::Atomic };
        self.stage.append(request).await.unwrap();
    }

    async fn writer(&self) -> ProjectionWriter {
        ProjectionWriter::connect(&role(&self.url, "dg_projectord")).await.unwrap()
    }

    /// Applies what is there, `batch` events at a time, and stops after `most` batches.
    pub(crate) async fn catch_up(&self, tenant: &TenantId, batch: i64, most: usize) {
        let mut writer = self.writer().await;
        let mut scope = writer.take(tenant, "test").await.unwrap();
        for _ in 0..most {
            let next = scope.next().unwrap();
            let batch = self.read(tenant, next.after, batch).await;
            if batch.events.is_empty() {
                return;
            }
            let folded = fold(&batch, &next.projections);
            writer.advance(&mut scope, &next, &batch, &folded).await.unwrap();
        }
    }

    async fn read(&self, tenant: &TenantId, after: LogSeq, limit: i64) -> Batch {
        self.projector().batch_to_fold(tenant, after, None, limit, &LeftOut::default()).await.unwrap()
    }

    fn projector(&self) -> Store {
        Store::open(&role(&self.url, "dg_projectord")).unwrap()
    }

    async fn is_behind(&self, tenant: &TenantId) -> bool {
        self.projector().tenants_behind().await.unwrap().iter().any(|behind| behind.tenant == *tenant)
    }

    async fn digests(&self, tenant: &TenantId) -> Digests {
        let snapshot = self.store.snapshot(tenant).await.unwrap();
        let digests = snapshot.digests().await.unwrap();
        snapshot.close().await.unwrap();
        digests
    }
}

fn parse(event: &Value) -> NewEvent {
    NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap()
}

/// The same log as the database keeps it, made by the pure rules.
pub(crate) fn log(tenant: &TenantId, events: &[Value]) -> Vec<StoredEvent> {
    let mut ledger = Ledger::new(tenant.clone(), LogSeq::START);
    let store = |event| match ledger.append(parse(event), Micros::default(), "test") {
        Outcome::Stored(stored) => Arc::unwrap_or_clone(stored),
        other => panic!("{other:?}"),
    };
    events.iter().map(store).collect()
}

pub(crate) fn generated(seed: u64, traces: usize) -> Vec<Value> {
    history::generate(seed, history::Shape { traces, ..history::Shape::default() })
}

#[tokio::test]
async fn any_batch_size_and_any_restart_gives_the_model() {
    let bench = bench().await;
    let events = generated(7, 25);
    let mut rows = Vec::new();
    for (name, batch, most) in [("one", 1, usize::MAX), ("seven", 7, 3), ("all", 10_000, usize::MAX), ("odd", 13, 1)] {
        let tenant = bench.tenant(name).await;
        // Appended in two halves, with a catch-up cut short in between, and taken anew until the end is reached.
        let (first, second) = events.split_at(events.len() / 3);
        bench.append(&tenant, first).await;
        bench.catch_up(&tenant, batch, most.min(2)).await;
        bench.append(&tenant, second).await;
        while bench.is_behind(&tenant).await {
            bench.catch_up(&tenant, batch, most).await;
        }
        let model = Model::of(&log(&tenant, &events), 50).unwrap();
        assert_eq!(bench.digests(&tenant).await, model.digests(), "{name}");
        let snapshot = bench.store.snapshot(&tenant).await.unwrap();
        assert_eq!(snapshot.freshness(&Projection::ALL).applied.get(), i64::try_from(events.len()).unwrap());
        let filter = TraceFilter { companions: true, ..TraceFilter::default() };
        let traces = snapshot.active_traces(&filter, None, 1000).await.unwrap();
        assert_eq!(traces.len(), model.traces.len());
        for row in &traces {
            let activity = &model.traces[&row.trace_id];
            assert_eq!((row.event_count, row.last_trace_seq), (activity.events, activity.last_trace_seq));
            let set = |texts: &BTreeSet<String>| texts.iter().cloned().collect::<Vec<_>>();
            assert_eq!((&row.actors, &row.policies), (&set(&activity.actors), &set(&activity.policies)));
            assert_eq!(row.tags, set(&activity.tags));
        }
        rows.push(traces);
    }
    assert!(rows.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Writers that are cut off at any moment, batches of any size, one projector after another: nothing is applied twice and
/// nothing is left out.
#[tokio::test]
async fn a_catch_up_cut_off_anywhere_gives_the_model() {
    let bench = bench().await;
    let mut rng = Rng::new(2026);
    for round in 0..6_u64 {
        let tenant = bench.tenant(&format!("cut-{round}")).await;
        let events = generated(100 + round, 30);
        bench.append(&tenant, &events).await;
        let mut cuts = 0;
        while bench.is_behind(&tenant).await {
            let batch = i64::try_from(1 + rng.below(40)).unwrap();
            // A little longer each time, so that a slow machine gets there too.
            let patience = Duration::from_micros(500 + rng.below(6_000 + 4_000 * cuts) as u64);
            // Dropping the future drops its connection in the middle of whatever it was doing.
            let finished = tokio::time::timeout(patience, bench.catch_up(&tenant, batch, 4)).await;
            cuts += usize::from(finished.is_err());
        }
        let model = Model::of(&log(&tenant, &events), 50).unwrap();
        assert_eq!(bench.digests(&tenant).await, model.digests(), "round {round}, {cuts} cuts");
        let snapshot = bench.store.snapshot(&tenant).await.unwrap();
        for (trace_id, activity) in &model.traces {
            assert_eq!(snapshot.trace(trace_id).await.unwrap().unwrap().event_count, activity.events);
        }
    }
}

#[tokio::test]
async fn two_owners_never_apply_an_event_twice() {
    let bench = bench().await;
    let tenant = bench.tenant("fenced").await;
    let events = generated(3, 10);
    bench.append(&tenant, &events).await;
    let (mut old, mut new) = (bench.writer().await, bench.writer().await);
    let mut stale = old.take(&tenant, "old").await.unwrap();
    let mut fresh = new.take(&tenant, "new").await.unwrap();
    let next = stale.next().unwrap();
    let batch = bench.read(&tenant, next.after, 10).await;
    let folded = fold(&batch, &next.projections);
    let refused = old.advance(&mut stale, &next, &batch, &folded).await;
    assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
    new.advance(&mut fresh, &next, &batch, &folded).await.unwrap();
    // The same batch once more, by the rightful owner: its cursor has moved.
    let again = new.advance(&mut fresh.clone(), &next, &batch, &folded).await;
    assert!(matches!(again, Err(StoreError::Fenced { .. })), "{again:?}");
    bench.catch_up(&tenant, 100, usize::MAX).await;
    assert_eq!(bench.digests(&tenant).await, Model::of(&log(&tenant, &events), 50).unwrap().digests());
}

#[tokio::test]
async fn an_event_that_cannot_be_folded_is_recorded_once_and_stops_nothing() {
    let bench = bench().await;
    let (broken, sound) = (bench.tenant("broken").await, bench.tenant("sound").await);
    let events = generated(5, 6);
    bench.append(&broken, &events).await;
    bench.append(&sound, &events).await;
    // Only a superuser with triggers off can do this; it stands for a damaged disk.
    let (admin, connection) = tokio_postgres::connect(&bench.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    admin
        .batch_execute(
            "ALTER TABLE dg_event_log DISABLE TRIGGER ALL;
             UPDATE dg_event_log SET payload_json = payload_json || ' ' WHERE tenant_id = 'broken' AND log_seq = 9;
             ALTER TABLE dg_event_log ENABLE ALWAYS TRIGGER dg_event_log_append_only",
        )
        .await
        .unwrap();
    for batch in [4, 3, 1000] {
        bench.catch_up(&broken, batch, 2).await;
    }
    bench.catch_up(&sound, 1000, usize::MAX).await;
    let cursors = bench.store.cursors(&broken).await.unwrap();
    for cursor in &cursors.cursors {
        assert_eq!((cursor.applied, cursor.state, cursor.open_failures), (cursors.head, CursorState::Live, 1));
    }
    let sound = bench.store.cursors(&sound).await.unwrap();
    assert!(sound.cursors.iter().all(|cursor| cursor.applied == sound.head && cursor.open_failures == 0));
    // The rest is what the pure fold makes of it, and the digests are not those of the undamaged log.
    let mut damaged = log(&broken, &events);
    damaged[8].event.payload_json.push(' ');
    let mut model = Model::default();
    assert_eq!(model.apply(&damaged, TraceHistory::new()).unwrap_err().log_seq.get(), 9);
    assert_eq!(bench.digests(&broken).await, model.digests());
    assert_ne!(model.digests(), Model::of(&log(&broken, &events), 50).unwrap().digests());
}

#[tokio::test]
async fn equal_ids_in_two_tenants_never_meet() {
    let bench = bench().await;
    let (left, right) = (bench.tenant("left").await, bench.tenant("right").await);
    let events = generated(11, 12);
    bench.append(&left, &events).await;
    bench.append(&right, &events[..events.len() / 2]).await;
    bench.catch_up(&left, 1000, usize::MAX).await;
    bench.catch_up(&right, 1000, usize::MAX).await;
    assert_eq!(bench.digests(&left).await, Model::of(&log(&left, &events), 50).unwrap().digests());
    let half = log(&right, &events[..events.len() / 2]);
    assert_eq!(bench.digests(&right).await, Model::of(&half, 50).unwrap().digests());
}

#[tokio::test]
async fn the_walk_and_the_pages_of_edges_agree_with_the_model() {
    let bench = bench().await;
    let tenant = bench.tenant("graph").await;
    let events = generated(23, 30);
    bench.append(&tenant, &events).await;
    bench.catch_up(&tenant, 1000, usize::MAX).await;
    let model = Model::of(&log(&tenant, &events), 50).unwrap();
    let snapshot = bench.store.snapshot(&tenant).await.unwrap();
    for node_id in model.nodes.keys() {
        let expected: BTreeSet<(i64, String)> = model
            .edges
            .iter()
            .filter(|(_, edge)| edge.from_node_id == *node_id || edge.to_node_id == *node_id)
            .map(|(id, edge)| (edge.log_seq, id.clone()))
            .collect();
        let mut found = Vec::new();
        let mut after: Option<EdgeCursor> = None;
        loop {
            let page = snapshot.node_edges(node_id, Direction::Both, after.as_ref(), 2).await.unwrap();
            let Some(last) = page.last() else { break };
            // With and without the position, the cursor means the same.
            let log_seq = (found.len() % 4 == 0).then_some(last.log_seq);
            after = Some(EdgeCursor { edge_id: last.edge_id.clone(), log_seq });
            found.extend(page.into_iter().map(|edge| (edge.log_seq, edge.edge_id)));
        }
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{node_id}");
        let limits = WalkLimits { max_depth: 1, max_nodes: 1000, max_edges: 1000, node_types: None };
        let level = snapshot.subgraph(node_id, limits, None).await.unwrap();
        assert_eq!(level.edges.len(), found.len());
        assert!(!level.truncated);
    }
    let limits = WalkLimits { max_depth: 10, max_nodes: 5, max_edges: 500, node_types: None };
    let centre = model.nodes.keys().find(|id| id.starts_with("trace:")).unwrap();
    let capped = snapshot.subgraph(centre, limits, None).await.unwrap();
    assert_eq!((capped.nodes.len(), capped.truncated), (5, true));
    let unknown = WalkLimits { max_depth: 2, max_nodes: 5, max_edges: 5, node_types: None };
    assert!(snapshot.subgraph("trace:nobody", unknown, None).await.unwrap().nodes.is_empty());
    let hits = snapshot.precedents(&PrecedentQuery::default(), 10_000).await.unwrap();
    assert_eq!(hits.len(), model.summaries.values().filter(|row| row.outcome.is_some()).count());
    snapshot.close().await.unwrap();
}
