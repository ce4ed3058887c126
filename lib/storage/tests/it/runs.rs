//! Replay runs and set-aside events, as operators ask for them.

use dg_domain::{LogSeq, Micros, TenantId};
use dg_projections::{HealthStatus, Projection, RunMode, RunStatus, RunStep, RunTarget, Thresholds};
use dg_storage::{
    Store, StoreError,
    projections::{Asker, Failure, FailureFilter, FailureStatus, NewRuns, Run, RunFilter},
};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::scratch::Scratch;

fn asker() -> Asker {
    Asker {
        account_id: "ops".to_owned(),
        roles: vec!["admin".to_owned()],
        request_id: "req-1".to_owned(),
        reason: "after a repair".to_owned(),
        metadata_json: r#"{"ticket":"T-1"}"#.to_owned(),
    }
}

fn new(tenants: &[&TenantId], target: RunTarget, mode: RunMode) -> NewRuns {
    let tenants = tenants.iter().map(|tenant| ((*tenant).clone(), Uuid::now_v7())).collect();
    NewRuns { tenants, batch_id: None, target, mode, until_log_seq: None, workflow_id: None, asker: asker() }
}

async fn queue(store: &Store, tenant: &TenantId, target: RunTarget) -> Result<Run, StoreError> {
    store.create_runs(&new(&[tenant], target, RunMode::Verify)).await.unwrap().remove(0)
}

/// What dg-projectord does to a run.
async fn set(projector: &Client, run: &Run, status: RunStatus) {
    let sql = "UPDATE dg_projection_runs SET status = $3, finished_at = CASE WHEN $4 THEN now() END
               WHERE tenant_id = $1 AND job_id = $2";
    let (tenant, ended) = (run.tenant_id.as_str(), status.is_final());
    assert_eq!(projector.execute(sql, &[&tenant, &run.job_id, &status.as_str(), &ended]).await.unwrap(), 1);
}

async fn set_aside(projector: &Client, tenant: &TenantId, projection: Projection, log_seq: i64) -> Uuid {
    let sql = "INSERT INTO dg_projection_failures
                   (tenant_id, projection_name, log_seq, trace_id, event_id, category, error_code, error_message)
               VALUES ($1, $2, $3, 'trace-1', 'event-' || $3::bigint, 'schema_violation', 'schema_violation', 'no policy_id')
               RETURNING failure_id";
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&tenant.as_str(), &projection.as_str(), &log_seq];
    projector.query_one(sql, &params).await.unwrap().get(0)
}

fn targets() -> Vec<RunTarget> {
    Projection::ALL.into_iter().map(RunTarget::One).chain([RunTarget::Reference, RunTarget::All]).collect()
}

#[tokio::test]
async fn a_run_is_asked_for_and_read_back() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let until = LogSeq::new(7).unwrap();
    let batch_id = Some(Uuid::now_v7());
    let asked = NewRuns {
        until_log_seq: Some(until),
        batch_id,
        ..new(&[&tenant], RunTarget::One(Projection::TraceIndex), RunMode::CatchUp)
    };
    let run = store.create_runs(&asked).await.unwrap().remove(0).unwrap();
    assert_eq!((run.job_id, run.status, run.mode), (asked.tenants[0].1, RunStatus::Queued, RunMode::CatchUp));
    assert_eq!((run.until_log_seq, run.since_log_seq, run.batch_id), (Some(until), LogSeq::START, batch_id));
    assert_eq!((run.requested_by.as_str(), run.reason.as_str()), ("ops", "after a repair"));
    assert_eq!((run.requested_roles.as_slice(), run.request_id.as_str()), (&["admin".to_owned()][..], "req-1"));
    assert!(run.requested_at > Micros::new(1_700_000_000_000_000) && run.finished_at.is_none());
    assert_eq!(store.run(&tenant, run.job_id).await.unwrap(), Some(run.clone()));
    assert_eq!(store.open_runs(&tenant).await.unwrap(), std::slice::from_ref(&run));
    let other = scratch.tenant("other").await;
    assert_eq!(store.run(&other, run.job_id).await.unwrap(), None);
    let blank = NewRuns {
        asker: Asker { reason: " ".to_owned(), ..asker() },
        ..new(&[&other], RunTarget::All, RunMode::Verify)
    };
    assert!(store.create_runs(&blank).await.is_err(), "the table wants a reason too");
}

#[tokio::test]
async fn runs_that_overlap_cannot_both_be_under_way() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let projector = scratch.raw_of("dg_projectord", "acme").await;
    let open = [RunStatus::Queued, RunStatus::Running, RunStatus::Paused, RunStatus::Cancelling];
    for (first, status) in targets().into_iter().flat_map(|first| open.map(|status| (first, status))) {
        let run = queue(&store, &tenant, first).await.unwrap();
        set(&projector, &run, status).await;
        for second in targets() {
            let overlaps = first.projections().iter().any(|one| second.projections().contains(one));
            match queue(&store, &tenant, second).await {
                Err(StoreError::RunOverlaps { job_id }) => {
                    assert!(overlaps && job_id == run.job_id, "{first} {second}")
                }
                Ok(other) => {
                    assert!(!overlaps, "{first} {second}");
                    set(&projector, &other, RunStatus::Completed).await;
                }
                Err(other) => panic!("{first} {second}: {other}"),
            }
        }
        set(&projector, &run, RunStatus::Completed).await;
    }
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_gets_a_run() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let asking = (0..24).map(|at| {
        let target = if at % 2 == 0 { RunTarget::All } else { RunTarget::One(Projection::TraceSummary) };
        let (store, tenant) = (store.clone(), tenant.clone());
        tokio::spawn(async move { queue(&store, &tenant, target).await })
    });
    let mut won = Vec::new();
    for answer in asking.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(run) => won.push(run),
            Err(error) => assert!(matches!(error, StoreError::RunOverlaps { .. }), "{error}"),
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(store.open_runs(&tenant).await.unwrap(), won);
}

#[tokio::test]
async fn several_tenants_get_theirs_each() {
    let scratch = Scratch::new().await;
    let store = scratch.store("dg_apid");
    let (a, b, c) = (scratch.tenant("a").await, scratch.tenant("b").await, scratch.tenant("c").await);
    let busy = queue(&store, &b, RunTarget::One(Projection::ContextGraph)).await.unwrap();
    let asked = NewRuns { batch_id: Some(Uuid::now_v7()), ..new(&[&c, &b, &a], RunTarget::All, RunMode::Rebuild) };
    let answers = store.create_runs(&asked).await.unwrap();
    let tenants: Vec<&str> = answers.iter().map(|run| run.as_ref().map_or("-", |run| run.tenant_id.as_str())).collect();
    assert_eq!(tenants, ["c", "-", "a"]);
    assert!(matches!(answers[1], Err(StoreError::RunOverlaps { job_id }) if job_id == busy.job_id));
    assert!(answers.iter().flatten().all(|run| run.batch_id == asked.batch_id && run.mode == RunMode::Rebuild));
}

#[tokio::test]
async fn a_step_is_taken_from_the_states_that_allow_it_only() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let projector = scratch.raw_of("dg_projectord", "acme").await;
    for step in [RunStep::Cancel, RunStep::Pause, RunStep::Resume] {
        for from in RunStatus::ALL {
            let run = queue(&store, &tenant, RunTarget::All).await.unwrap();
            set(&projector, &run, from).await;
            let taken = store.step_run(&tenant, run.job_id, step).await;
            match (step.after(from), taken) {
                (Some(to), Ok(run)) => assert_eq!((run.status, run.finished_at.is_some()), (to, to.is_final())),
                (None, Err(StoreError::WrongState { what: "run", status })) => assert_eq!(status, from.as_str()),
                (_, taken) => panic!("{step:?} from {from:?}: {taken:?}"),
            }
            set(&projector, &run, RunStatus::Completed).await;
        }
    }
    let unknown = store.step_run(&tenant, Uuid::now_v7(), RunStep::Cancel).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "run" })));
}

#[tokio::test]
async fn pages_hold_every_run_once_newest_first() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let mut made = Vec::new();
    for at in 0..7 {
        let run = queue(&store, &tenant, RunTarget::All).await.unwrap();
        if at == 6 {
            break;
        }
        made.push(store.step_run(&tenant, run.job_id, RunStep::Cancel).await.unwrap().job_id);
    }
    // Some at the same moment.
    let admin = scratch.raw("dg_admin").await;
    admin
        .execute("UPDATE dg_projection_runs SET requested_at = '2026-01-01' WHERE status = 'cancelled'", &[])
        .await
        .unwrap();
    let mut filter = RunFilter { status: Some(RunStatus::Cancelled), ..RunFilter::default() };
    let mut seen = Vec::new();
    loop {
        let page = store.runs(&tenant, &filter, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some((last.requested_at, last.job_id));
        seen.extend(page.into_iter().map(|run| run.job_id));
    }
    made.reverse();
    assert_eq!(seen, made);
    assert_eq!(store.runs(&tenant, &RunFilter::default(), 10).await.unwrap().len(), 7);
    let rebuilds = RunFilter { mode: Some(RunMode::Rebuild), ..RunFilter::default() };
    assert!(store.runs(&tenant, &rebuilds, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_catch_up_wakes_projections_that_rest() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let projector = scratch.raw_of("dg_projectord", "acme").await;
    let sql = "INSERT INTO dg_projection_cursors (tenant_id, projection_name, state, next_retry_at) VALUES
               ('acme', 'context_graph', 'failed', NULL), ('acme', 'trace_summary', 'live', now() + interval '1 h'),
               ('acme', 'precedent_index', 'live', NULL), ('acme', 'trace_index', 'failed', NULL)";
    projector.execute(sql, &[]).await.unwrap();
    let asked = async || {
        let sql = "SELECT projection_name, retries_asked FROM dg_projection_cursors ORDER BY 1";
        let rows = projector.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get::<_, i64>(1)).collect::<Vec<_>>()
    };
    let catch_up = async |target| {
        let run = store.create_runs(&new(&[&tenant], target, RunMode::CatchUp)).await.unwrap().remove(0).unwrap();
        store.step_run(&tenant, run.job_id, RunStep::Cancel).await.unwrap();
    };
    queue(&store, &tenant, RunTarget::One(Projection::PrecedentIndex)).await.unwrap();
    assert_eq!(asked().await, [0, 0, 0, 0], "a comparison wakes nobody");
    catch_up(RunTarget::One(Projection::ContextGraph)).await;
    assert_eq!(asked().await, [1, 0, 0, 0]);
    let refused = store.create_runs(&new(&[&tenant], RunTarget::All, RunMode::CatchUp)).await.unwrap().remove(0);
    assert!(refused.is_err());
    assert_eq!(asked().await, [1, 0, 0, 0], "nor does a run that was refused");
    let open = store.open_runs(&tenant).await.unwrap().remove(0);
    store.step_run(&tenant, open.job_id, RunStep::Cancel).await.unwrap();
    catch_up(RunTarget::All).await;
    assert_eq!(asked().await, [2, 0, 1, 1], "only those that rest");
}

#[tokio::test]
async fn a_failure_is_accepted_and_projected_after_all() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let projector = scratch.raw_of("dg_projectord", "acme").await;
    let failure_id = set_aside(&projector, &tenant, Projection::PrecedentIndex, 3).await;
    let other = scratch.tenant("other").await;

    let reproject = async |from| store.create_reprojection(&tenant, failure_id, Uuid::now_v7(), from, &asker()).await;
    assert!(matches!(reproject(FailureStatus::Quarantined).await, Err(StoreError::WrongState { status: "open", .. })));
    let run = reproject(FailureStatus::Open).await.unwrap();
    assert_eq!((run.mode, run.failure_id), (RunMode::Reproject, Some(failure_id)));
    assert_eq!(run.target, RunTarget::One(Projection::PrecedentIndex));
    let again = reproject(FailureStatus::Open).await;
    assert!(matches!(again, Err(StoreError::RunOverlaps { job_id }) if job_id == run.job_id));
    store.step_run(&tenant, run.job_id, RunStep::Cancel).await.unwrap();

    assert!(matches!(store.quarantine(&other, failure_id, "ops", "known").await, Err(StoreError::NotFound { .. })));
    let failure = store.quarantine(&tenant, failure_id, "ops", "known").await.unwrap();
    assert_eq!((failure.status, failure.quarantined_by.as_deref()), (FailureStatus::Quarantined, Some("ops")));
    assert_eq!((failure.quarantine_reason.as_deref(), failure.quarantined_at.is_some()), (Some("known"), true));
    let twice = store.quarantine(&tenant, failure_id, "eve", "mine").await;
    assert!(matches!(twice, Err(StoreError::WrongState { what: "failure", status: "quarantined" })));
    assert!(reproject(FailureStatus::Open).await.is_err());
    assert!(reproject(FailureStatus::Quarantined).await.is_ok());
    let unknown = store.create_reprojection(&other, failure_id, Uuid::now_v7(), FailureStatus::Open, &asker()).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "failure" })));
}

#[tokio::test]
async fn failures_are_listed_and_counted() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let projector = scratch.raw_of("dg_projectord", "acme").await;
    for log_seq in 1..=3 {
        set_aside(&projector, &tenant, Projection::ContextGraph, log_seq).await;
        set_aside(&projector, &tenant, Projection::TraceIndex, log_seq).await;
    }
    let all = store.failures(&tenant, &FailureFilter::default(), 10).await.unwrap();
    assert_eq!(all.len(), 6);
    let (mut filter, mut seen) = (FailureFilter::default(), Vec::<Failure>::new());
    loop {
        let page = store.failures(&tenant, &filter, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some((last.first_seen_at, last.failure_id));
        seen.extend(page);
    }
    assert_eq!(seen, all);
    let graph = FailureFilter { projection: Some(Projection::ContextGraph), ..FailureFilter::default() };
    assert_eq!(store.failures(&tenant, &graph, 10).await.unwrap().len(), 3);
    let nowhere = FailureFilter { trace_id: Some("trace-2".to_owned()), ..FailureFilter::default() };
    assert!(store.failures(&tenant, &nowhere, 10).await.unwrap().is_empty());
    let open = store.open_failures(&tenant, 3).await.unwrap();
    assert_eq!(open.iter().map(|failure| failure.log_seq.get()).collect::<Vec<_>>(), [1, 1, 2]);

    store.quarantine(&tenant, open[0].failure_id, "ops", "known").await.unwrap();
    let snapshot = store.snapshot(&tenant).await.unwrap();
    assert_eq!(snapshot.skipped_events(&Projection::ALL).await.unwrap(), 3, "an event counts once");
    assert_eq!(snapshot.skipped_events(&[Projection::TraceSummary]).await.unwrap(), 0);
    let missing = snapshot.missing_events("trace-1").await.unwrap();
    assert_eq!((missing.len(), missing[0].status), (6, FailureStatus::Quarantined));
    assert!(snapshot.missing_events("trace-2").await.unwrap().is_empty());
    snapshot.close().await.unwrap();

    let health = store.health(&tenant, 2).await.unwrap();
    assert_eq!(health.open_failures.len(), 2);
    let graph = &health.scopes[0];
    assert_eq!((graph.projection, graph.facts.open_failures, graph.quarantined), (Projection::ContextGraph, 2, 1));
    assert!(!graph.facts.taken && graph.digest.is_none() && graph.last_error.is_none());
    let status = graph.facts.health(Micros::new(0), &Thresholds::default()).status;
    assert_eq!(status, HealthStatus::Failed);
    let nobody = TenantId::new("nobody").unwrap();
    assert!(matches!(store.health(&nobody, 2).await, Err(StoreError::NotFound { what: "tenant" })));
}

#[tokio::test]
async fn health_and_history_show_what_was_written_down() {
    let scratch = Scratch::new().await;
    let (store, tenant) = (scratch.store("dg_apid"), scratch.tenant("acme").await);
    let projector = scratch.raw_of("dg_projectord", "acme").await;
    let sql = "INSERT INTO dg_projection_cursors (tenant_id, projection_name, state, owner, rate_1m, error_category, error_code,
                   error_message, error_since, retry_count) VALUES
               ('acme', 'trace_summary', 'failed', 'here/1', 2.5, 'sequence_gap', 'event_sequence_invalid', 'a hole', now(), 4)";
    projector.execute(sql, &[]).await.unwrap();
    for (name, at) in [("trace_summary", 3), ("trace_summary", 5), ("full_projection", 5)] {
        let sql =
            "INSERT INTO dg_projection_digest_history (tenant_id, digest_id, projection_name, generation, last_log_seq,
                       digest_value, computed_at, computed_by, source, row_digest)
                   VALUES ('acme', gen_random_uuid(), $1, 1, $2, 'sha256:' || $2::bigint, now(), 'here/1', 'self_check',
                       decode('01' || repeat('ab', 31), 'hex'))";
        projector.execute(sql, &[&name, &i64::from(at)]).await.unwrap();
    }
    let run = queue(&store, &tenant, RunTarget::One(Projection::TraceSummary)).await.unwrap();
    let health = store.health(&tenant, 2).await.unwrap();
    let scope = &health.scopes[1];
    assert_eq!((scope.projection, scope.facts.failed, scope.rates.0), (Projection::TraceSummary, true, 2.5));
    assert_eq!(scope.facts.run, Some((RunMode::Verify, RunStatus::Queued)));
    assert_eq!(health.scopes[0].facts.run, None);
    assert_eq!((scope.owner.as_deref(), scope.retry_count), (Some("here/1"), 4));
    let error = scope.last_error.as_ref().unwrap();
    assert_eq!((error.category.as_deref(), error.message.as_str()), (Some("sequence_gap"), "a hole"));
    assert_eq!(scope.digest.as_ref().unwrap().digest_value.as_deref(), Some("sha256:5"));
    assert_eq!(health.full_digest.as_ref().unwrap().last_log_seq.get(), 5);
    assert_eq!(health.open_runs, [run]);

    let first = store.digest_history(&tenant, None, None, 2).await.unwrap();
    let last = first.last().unwrap();
    let rest = store.digest_history(&tenant, None, Some((last.computed_at, last.digest_id)), 2).await.unwrap();
    let names: Vec<&str> = first.iter().chain(&rest).map(|digest| digest.projection_name.as_str()).collect();
    assert_eq!(names, ["full_projection", "trace_summary", "trace_summary"]);
    // Kept with the least significant byte first, written with the most significant one first: as runs write it.
    assert_eq!(first[0].row_digest.unwrap().text(), format!("rows:{}01", "ab".repeat(31)));
    assert_eq!(store.digest_history(&tenant, Some("trace_summary"), None, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_api_changes_only_what_is_its_to_change() {
    let scratch = Scratch::new().await;
    scratch.tenant("acme").await;
    let api = scratch.raw_of("dg_apid", "acme").await;
    for sql in [
        "UPDATE dg_projection_runs SET requested_by = 'somebody else'",
        "UPDATE dg_projection_runs SET reason = 'another'",
        "UPDATE dg_projection_runs SET result_json = '{}'",
        "UPDATE dg_projection_runs SET claim = claim + 1",
        "DELETE FROM dg_projection_runs",
        "INSERT INTO dg_projection_runs (tenant_id, job_id, projection_name, mode, status, reason, requested_by)
         VALUES ('acme', gen_random_uuid(), 'all', 'verify', 'completed', 'r', 'x')",
        "INSERT INTO dg_projection_failures (tenant_id, projection_name, log_seq, trace_id, event_id, category, error_code,
         error_message) VALUES ('acme', 'trace_index', 1, 't', 'e', 'c', 'c', 'm')",
        "UPDATE dg_projection_failures SET error_message = ''",
        "UPDATE dg_projection_failures SET resolved_at = now()",
        "DELETE FROM dg_projection_failures",
        "UPDATE dg_projection_cursors SET last_log_seq = 9",
        "UPDATE dg_projection_cursors SET epoch = 9",
        "DELETE FROM dg_projection_digest_history",
        "INSERT INTO dg_cg_nodes (tenant_id, slot, node_key, log_seq, node_id, trace_id, created_at)
         VALUES ('acme', 0, gen_random_uuid(), 1, 'n', 't', '')",
    ] {
        let error = api.execute(sql, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{sql}: {error}");
    }
    let projector = scratch.raw_of("dg_projectord", "acme").await;
    for sql in ["UPDATE dg_projection_runs SET requested_by = 'x'", "UPDATE dg_projection_runs SET reason = 'x'"] {
        let error = projector.execute(sql, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{sql}: {error}");
    }
}
