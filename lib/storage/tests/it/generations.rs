//! Generations in a real database: built, switched, verified, thrown away; and single events projected after all.

use dg_domain::{GuardMode, LogSeq, Micros, NewEvent, Rules, TenantId};
use dg_projections::{Batch, Digests, Projection, fold, fold_parallel};
use dg_storage::{
    DatabaseConfig, Store, StoreError,
    audit::By,
    log::{AppendMode, AppendRequest, AppendStage, StageConfig},
    notifier::Notifier,
    projections::{
        Build, Checker, ClaimedRun, GenerationBuilder, LeftOut, Levelled, Progress, ProjectionWriter, Reprojected,
        RunEnd, Signal, Switched,
    },
    tenants::NewTenant,
};
use dg_testkit::history;
use serde_json::Value;
use tokio_postgres::Client;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::scratch::Scratch;

struct Bench {
    scratch: Scratch,
    api: Store,
    projector: Store,
    config: DatabaseConfig,
    stage: AppendStage,
    _stop: DropGuard,
}

const PROGRESS: Progress = Progress {
    processed_events: 0,
    last_log_seq: LogSeq::START,
    target_log_seq: LogSeq::START,
    events_per_second: 0.0,
    phase: "building",
};

async fn bench() -> Bench {
    let scratch = Scratch::new().await;
    let (api, config) = (scratch.config("dg_apid"), scratch.config("dg_projectord"));
    let stop = CancellationToken::new();
    let notifier = Notifier::start(api.clone(), stop.clone());
    let stage = StageConfig::new(api.clone(), || Micros::new(1_767_225_600_000_000));
    Bench {
        scratch,
        api: Store::open(&api).unwrap(),
        projector: Store::open(&config).unwrap(),
        config,
        stage: AppendStage::start(stage, notifier, stop.clone()),
        _stop: stop.drop_guard(),
    }
}

impl Bench {
    async fn tenant(&self, name: &str) -> TenantId {
        let tenant_id = TenantId::new(name).unwrap();
        let new = NewTenant { tenant_id: tenant_id.clone(), secret_guard: GuardMode::Precise, is_demo: false };
        self.api.create_tenant(&new, &By::of("test")).await.unwrap();
        tenant_id
    }

    async fn append(&self, tenant: &TenantId, events: &[Value]) {
        let parse =
            |event: &Value| NewEvent::parse(event.to_string().as_bytes(), &Rules::edge(GuardMode::Precise)).unwrap();
        let events = events.iter().map(parse).collect();
        let request =
            AppendRequest { tenant: tenant.clone(), principal: "test".to_owned(), events, mode: AppendMode::Atomic };
        self.stage.append(request).await.unwrap();
    }

    async fn catch_up(&self, tenant: &TenantId, limit: i64) {
        let mut writer = ProjectionWriter::connect(&self.config).await.unwrap();
        let mut scope = writer.take(tenant, "test").await.unwrap();
        while let Some(next) = scope.next() {
            let batch =
                self.projector.batch_to_fold(tenant, next.after, None, limit, &LeftOut::default()).await.unwrap();
            if batch.events.is_empty() {
                return;
            }
            let folded = fold(&batch, &next.projections);
            writer.advance(&mut scope, &next, &batch, &folded).await.unwrap();
        }
    }

    /// Asks for a run as dg-apid does and claims it as dg-projectord does.
    async fn claim(&self, tenant: &TenantId, target: &str, mode: &str, failure: Option<Uuid>) -> ClaimedRun {
        let job_id = Uuid::now_v7();
        let client = self.scratch.raw_of("dg_apid", tenant.as_str()).await;
        let sql = "INSERT INTO dg_projection_runs
            (tenant_id, job_id, projection_name, mode, reason, requested_by, failure_id)
            VALUES ($1, $2, $3, $4, 'because', 'test', $5)";
        client.execute(sql, &[&tenant.as_str(), &job_id, &target, &mode, &failure]).await.unwrap();
        let runnable = self.projector.runnable_runs().await.unwrap();
        let run = runnable.into_iter().find(|run| run.job_id == job_id).unwrap();
        self.projector.claim_run(&run, "test").await.unwrap().unwrap()
    }

    async fn builder(&self) -> GenerationBuilder {
        GenerationBuilder::connect(&self.config, &self.projector).await.unwrap()
    }

    /// Fills a build to the end of the log, at most `most` batches.
    async fn fill(
        &self,
        builder: &mut GenerationBuilder,
        run: &ClaimedRun,
        build: &mut Build,
        limit: i64,
        most: usize,
    ) {
        for round in 0..most {
            let left_out = build.left_out();
            let (after, until) = (build.applied(), build.until(build.applied()));
            let batch: Batch = self.projector.batch_to_fold(&run.tenant, after, until, limit, &left_out).await.unwrap();
            if batch.events.is_empty() {
                return;
            }
            let folded = fold_parallel(&batch, build.projections(), 1 + round % 3);
            assert_eq!(builder.write(run, build, &batch, &folded, &PROGRESS).await.unwrap(), Signal::Continue);
        }
    }

    async fn rebuild(&self, tenant: &TenantId, target: &str, limit: i64) -> (i64, bool) {
        let run = self.claim(tenant, target, "rebuild", None).await;
        let mut builder = self.builder().await;
        let mut build = builder.open(&run).await.unwrap().unwrap();
        self.fill(&mut builder, &run, &mut build, limit, usize::MAX).await;
        match builder.switch(&run, &mut build, "test", |_, _| "{}".to_owned()).await.unwrap() {
            Switched::Done { generation, equal } => (generation, equal),
            other => panic!("{other:?}"),
        }
    }

    async fn clear(&self) {
        for slot in self.projector.old_slots().await.unwrap() {
            while self.projector.clear_step(&slot, 7).await.unwrap() {}
        }
    }

    async fn digests(&self, tenant: &TenantId) -> Digests {
        let snapshot = self.api.snapshot(tenant).await.unwrap();
        let digests = snapshot.digests().await.unwrap();
        snapshot.close().await.unwrap();
        digests
    }

    /// The rows are those that were written.
    async fn check(&self, tenant: &TenantId) {
        let checked = self.projector.self_check(tenant, Checker { owner: "test", job_id: None }).await.unwrap();
        assert_eq!(checked.drifted, [], "{tenant}");
    }

    async fn superuser(&self) -> Client {
        self.scratch.raw("dg_admin").await
    }

    async fn alter(&self, sql: &str) {
        let text = format!(
            "ALTER TABLE dg_event_log DISABLE TRIGGER ALL; {sql};
             ALTER TABLE dg_event_log ENABLE ALWAYS TRIGGER dg_event_log_append_only"
        );
        self.superuser().await.batch_execute(&text).await.unwrap();
    }

    async fn open_failures(&self, tenant: &TenantId) -> Vec<(Uuid, String, i64)> {
        let sql = "SELECT failure_id, projection_name, log_seq FROM dg_projection_failures
                   WHERE tenant_id = $1 AND status IN ('open', 'quarantined') ORDER BY projection_name, log_seq";
        let rows = self.superuser().await.query(sql, &[&tenant.as_str()]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
    }
}

fn generated(seed: u64, traces: usize) -> Vec<Value> {
    history::generate(seed, history::Shape { traces, ..history::Shape::default() })
}

#[tokio::test]
async fn a_rebuild_gives_the_same_rows_at_any_batch_size_and_frees_the_old_slot() {
    let bench = bench().await;
    let (tenant, other) = (bench.tenant("rebuilt").await, bench.tenant("other").await);
    let events = generated(41, 25);
    bench.append(&tenant, &events).await;
    bench.append(&other, &events).await;
    bench.catch_up(&tenant, 9).await;
    bench.catch_up(&other, 1000).await;
    let before = bench.digests(&tenant).await;
    assert_eq!(before, bench.digests(&other).await);
    bench.check(&tenant).await;
    for (round, limit) in [1000, 3, 50, 1].into_iter().enumerate() {
        let target = if round == 2 { "context_graph" } else { "all" };
        let (generation, equal) = bench.rebuild(&tenant, target, limit).await;
        assert!(equal, "batches of {limit}");
        assert!(generation >= 2);
        assert_eq!(bench.digests(&tenant).await, before, "batches of {limit}");
        bench.check(&tenant).await;
        // The slot is taken until it is cleared, and the next run waits.
        let run = bench.claim(&tenant, target, "rebuild", None).await;
        assert!(bench.builder().await.open(&run).await.unwrap().is_none());
        assert!(
            bench.projector.end_run(&run, &RunEnd::Failed { code: "x".into(), message: "y".into() }).await.unwrap()
        );
        bench.clear().await;
        assert_eq!(bench.projector.old_slots().await.unwrap(), []);
    }
    // What was appended meanwhile goes on in the new generation.
    bench.append(&tenant, &generated(42, 5)).await;
    bench.append(&other, &generated(42, 5)).await;
    bench.catch_up(&tenant, 4).await;
    bench.catch_up(&other, 1000).await;
    assert_eq!(bench.digests(&tenant).await, bench.digests(&other).await);
    bench.check(&tenant).await;
    bench.check(&other).await;
}

#[tokio::test]
async fn a_build_that_is_cut_off_goes_on_and_one_that_is_cancelled_leaves_nothing() {
    let bench = bench().await;
    let tenant = bench.tenant("cut").await;
    bench.append(&tenant, &generated(43, 20)).await;
    bench.catch_up(&tenant, 1000).await;
    let before = bench.digests(&tenant).await;
    let run = bench.claim(&tenant, "all", "rebuild", None).await;
    let mut builder = bench.builder().await;
    let mut build = builder.open(&run).await.unwrap().unwrap();
    bench.fill(&mut builder, &run, &mut build, 11, 4).await;
    let reached = build.applied();
    // The runner dies; the next one claims the run, and what the first still sends is refused.
    let again = bench.projector.runnable_runs().await.unwrap().remove(0);
    let second = bench.projector.claim_run(&again, "second").await.unwrap().unwrap();
    assert_eq!((second.attempt, second.claim), (1, 2));
    let batch = bench.projector.batch_to_fold(&tenant, build.applied(), None, 5, &build.left_out()).await.unwrap();
    let folded = fold(&batch, build.projections());
    assert_eq!(builder.write(&run, &mut build, &batch, &folded, &PROGRESS).await.unwrap(), Signal::Lost);
    let mut next = bench.builder().await;
    let mut build = next.open(&second).await.unwrap().unwrap();
    assert_eq!(build.applied(), reached);
    bench.fill(&mut next, &second, &mut build, 13, usize::MAX).await;
    let done = next.switch(&second, &mut build, "second", |_, _| "{}".to_owned()).await.unwrap();
    assert!(matches!(done, Switched::Done { equal: true, .. }), "{done:?}");
    assert_eq!(bench.digests(&tenant).await, before);
    bench.check(&tenant).await;
    bench.clear().await;

    let run = bench.claim(&tenant, "all", "rebuild", None).await;
    let mut build = next.open(&run).await.unwrap().unwrap();
    bench.fill(&mut next, &run, &mut build, 11, 2).await;
    let cancel = "UPDATE dg_projection_runs SET status = 'cancelling' WHERE job_id = $1";
    bench.scratch.raw_of("dg_apid", tenant.as_str()).await.execute(cancel, &[&run.job_id]).await.unwrap();
    let batch = bench.projector.batch_to_fold(&tenant, build.applied(), None, 5, &build.left_out()).await.unwrap();
    let folded = fold(&batch, build.projections());
    assert_eq!(next.write(&run, &mut build, &batch, &folded, &PROGRESS).await.unwrap(), Signal::Cancel);
    let switched = next.switch(&run, &mut build, "test", |_, _| "{}".to_owned()).await.unwrap();
    assert_eq!(switched, Switched::Refused, "a cancelled run does not become live");
    assert!(bench.projector.end_run(&run, &RunEnd::Cancelled).await.unwrap());
    bench.clear().await;
    assert_eq!(bench.digests(&tenant).await, before);
    let sql = "SELECT count(*) FROM dg_cg_edges WHERE tenant_id = 'cut' GROUP BY slot";
    assert_eq!(bench.superuser().await.query(sql, &[]).await.unwrap().len(), 1, "one generation is left");
}

/// The projections of a build are written in lanes that commit by themselves. Whichever is cut off, the next runner brings it
/// to where the other stands and goes on with both.
#[tokio::test]
async fn a_lane_that_is_cut_off_is_brought_level_with_the_other() {
    let bench = bench().await;
    let tenant = bench.tenant("lanes").await;
    bench.append(&tenant, &generated(45, 20)).await;
    bench.catch_up(&tenant, 1000).await;
    let before = bench.digests(&tenant).await;
    for held in ["context_graph", "trace_index"] {
        let run = bench.claim(&tenant, "all", "rebuild", None).await;
        let mut builder = bench.builder().await;
        let mut build = builder.open(&run).await.unwrap().unwrap();
        bench.fill(&mut builder, &run, &mut build, 11, 2).await;
        let reached = build.applied();
        let batch = bench.projector.batch_to_fold(&tenant, reached, None, 7, &build.left_out()).await.unwrap();
        let folded = fold(&batch, build.projections());
        // One lane waits for its row while the other commits; then its session is ended.
        let (holder, watch) = (bench.superuser().await, bench.superuser().await);
        let hold =
            "BEGIN; SELECT FROM dg_projection_builds WHERE tenant_id = 'lanes' AND projection_name = $name FOR UPDATE";
        holder.batch_execute(&hold.replace("$name", &format!("'{held}'"))).await.unwrap();
        let cut = async {
            let moved = "SELECT FROM dg_projection_builds WHERE tenant_id = 'lanes' AND last_log_seq = $1";
            let waits = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE dg_projection_builds%'";
            while watch.query(moved, &[&batch.last().get()]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            while watch.query(waits, &[]).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let (written, ()) = tokio::join!(builder.write(&run, &mut build, &batch, &folded, &PROGRESS), cut);
        assert!(written.unwrap_err().is_transient());
        holder.batch_execute("ROLLBACK").await.unwrap();

        let again = bench.projector.runnable_runs().await.unwrap().remove(0);
        let run = bench.projector.claim_run(&again, "next").await.unwrap().unwrap();
        let mut next = bench.builder().await;
        let mut build = next.open(&run).await.unwrap().unwrap();
        assert_eq!((build.applied(), build.until(reached)), (reached, Some(batch.last())), "{held}");
        // A batch that goes past where the other lane stands is refused whole.
        let past = bench.projector.batch_to_fold(&tenant, reached, None, 9, &build.left_out()).await.unwrap();
        let folded = fold(&past, build.projections());
        let refused = next.write(&run, &mut build, &past, &folded, &PROGRESS).await;
        assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
        let level = next.switch(&run, &mut build, "next", |_, _| "{}".to_owned()).await.unwrap();
        assert_eq!(level, Switched::Behind, "not before the lanes are level");
        bench.fill(&mut next, &run, &mut build, 3, usize::MAX).await;
        let done = next.switch(&run, &mut build, "next", |_, _| "{}".to_owned()).await.unwrap();
        assert!(matches!(done, Switched::Done { equal: true, .. }), "{done:?}");
        assert_eq!(bench.digests(&tenant).await, before);
        bench.check(&tenant).await;
        bench.clear().await;
    }
}

#[tokio::test]
async fn a_verification_shows_the_first_row_that_differs() {
    let bench = bench().await;
    let tenant = bench.tenant("verified").await;
    bench.append(&tenant, &generated(44, 20)).await;
    bench.catch_up(&tenant, 17).await;
    let verify = async || {
        let run = bench.claim(&tenant, "all", "verify", None).await;
        let mut builder = bench.builder().await;
        let mut build = builder.open(&run).await.unwrap().unwrap();
        bench.fill(&mut builder, &run, &mut build, 40, usize::MAX).await;
        let Levelled::Ready(level) = builder.level(&run, &mut build, &PROGRESS).await.unwrap() else {
            panic!("not level")
        };
        // What is appended now does not disturb the comparison.
        bench.append(&tenant, &generated(u64::from(run.job_id.as_fields().0) | 1, 1)).await;
        bench.catch_up(&tenant, 1000).await;
        let verified = level.compare(&build).await.unwrap();
        let end = RunEnd::Completed { result_json: "{}".to_owned() };
        assert!(bench.projector.end_run(&run, &end).await.unwrap());
        bench.clear().await;
        verified
    };
    let equal = verify().await;
    assert!(equal.is_equal() && equal.expected == equal.actual, "{:?}", equal.first_difference);
    let admin = bench.superuser().await;
    let changed = "UPDATE dg_trace_summary SET title = title || '!' WHERE trace_id =
        (SELECT min(trace_id) FROM dg_trace_summary) RETURNING trace_id, title";
    let changed = admin.query_one(changed, &[]).await.unwrap();
    let (trace_id, title): (String, String) = (changed.get(0), changed.get(1));
    let checked = bench.projector.self_check(&tenant, Checker { owner: "test", job_id: None }).await.unwrap();
    assert_eq!(checked.drifted, [Projection::TraceSummary]);
    let difference = verify().await.first_difference.unwrap();
    assert_eq!((difference.table, &difference.key), ("dg_trace_summary", &trace_id));
    let text = |row: &Option<Box<serde_json::value::RawValue>>| -> Value {
        serde_json::from_str(row.as_ref().unwrap().get()).unwrap()
    };
    assert_eq!(text(&difference.actual)["title"], title);
    assert_eq!(format!("{}!", text(&difference.expected)["title"].as_str().unwrap()), title);
    // A rebuild puts it right.
    bench.rebuild(&tenant, "trace_summary", 1000).await;
    bench.check(&tenant).await;
    let gone = "DELETE FROM dg_cg_edges WHERE edge_key = (SELECT edge_key FROM dg_cg_edges ORDER BY edge_key LIMIT 1)";
    assert_eq!(admin.execute(gone, &[]).await.unwrap(), 1);
    bench.clear().await;
    let difference = verify().await.first_difference.unwrap();
    assert_eq!((difference.table, difference.actual.is_none()), ("dg_cg_edges", true));
}

#[tokio::test]
async fn an_event_that_was_set_aside_takes_its_place_once_it_is_sound() {
    let bench = bench().await;
    let (tenant, sound) = (bench.tenant("mended").await, bench.tenant("sound").await);
    let events = generated(45, 12);
    for at in [0, 3, 9, 20, events.len() - 1] {
        let log_seq = i64::try_from(at + 1).unwrap();
        let (tenant, sound) = if at == 0 {
            (tenant.clone(), sound.clone())
        } else {
            (bench.tenant(&format!("mended-{at}")).await, bench.tenant(&format!("sound-{at}")).await)
        };
        bench.append(&tenant, &events).await;
        bench.append(&sound, &events).await;
        bench.alter(&format!("UPDATE dg_event_log SET payload_json = payload_json || ' ' WHERE tenant_id = '{tenant}' AND log_seq = {log_seq}")).await;
        bench.catch_up(&tenant, 7).await;
        bench.catch_up(&sound, 1000).await;
        let failures = bench.open_failures(&tenant).await;
        assert_eq!(failures.len(), 4, "one per projection: {failures:?}");
        bench.check(&tenant).await;
        assert_ne!(bench.digests(&tenant).await, bench.digests(&sound).await, "a skip shows in the digests");
        // A rebuild gives the same incomplete rows and keeps the failures open.
        assert!(bench.rebuild(&tenant, "all", 13).await.1, "event {log_seq}");
        bench.clear().await;
        assert_eq!(bench.open_failures(&tenant).await.len(), 4);
        let mut builder = bench.builder().await;
        let (failure, projection, _) = failures[0].clone();
        let run = bench.claim(&tenant, &projection, "reproject", Some(failure)).await;
        let refused = builder.reproject(&run, "test", || "{}".to_owned()).await.unwrap();
        assert!(matches!(&refused, Reprojected::StillFails(violation) if violation.code.as_str() == "conflict"));
        let end = RunEnd::Failed { code: "conflict".to_owned(), message: "m".to_owned() };
        assert!(bench.projector.end_run(&run, &end).await.unwrap());
        bench.alter(&format!("UPDATE dg_event_log SET payload_json = rtrim(payload_json) WHERE tenant_id = '{tenant}' AND log_seq = {log_seq}")).await;
        for (failure, projection, _) in failures {
            let run = bench.claim(&tenant, &projection, "reproject", Some(failure)).await;
            let done = builder.reproject(&run, "test", || "{}".to_owned()).await.unwrap();
            assert!(matches!(done, Reprojected::Done { .. }), "{projection} at {log_seq}: {done:?}");
        }
        assert_eq!(bench.open_failures(&tenant).await, []);
        assert_eq!(bench.digests(&tenant).await, bench.digests(&sound).await, "event {log_seq}");
        bench.check(&tenant).await;
        let (ours, theirs) = (bench.api.snapshot(&tenant).await.unwrap(), bench.api.snapshot(&sound).await.unwrap());
        let all = async |snapshot: &dg_storage::projections::Snapshot| {
            snapshot.read_rows().await.unwrap().tallies.of(Projection::TraceIndex)
        };
        assert_eq!(all(&ours).await, all(&theirs).await, "event {log_seq}");
    }
}
