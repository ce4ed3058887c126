//! Rebuild: folds the whole log into the slot that is not live, then makes it the live one.

use std::time::Duration;

use dg_domain::LogSeq;
use dg_projections::{Batch, Folded, Projection, fold_parallel};
use dg_storage::{
    Channel, StoreError,
    projections::{Build, ClaimedRun, GenerationBuilder, Likeness, Signal, Switched, Tallies},
};
use serde_json::{Map, Value, json};
use tracing::info;

use super::{Desk, Left, builder, heed, meter::Meter};
use crate::pace::Pace;

/// How often to look whether the slot is free.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Batches of a build begin with so many events.
const FIRST_BATCH: i64 = 2_000;

pub(super) async fn carry_out(desk: &Desk, run: &ClaimedRun) -> Result<Left, StoreError> {
    let mut builder = builder(desk).await?;
    let mut meter = Meter::new(run);
    let mut build = match open(desk, run, &mut builder, &meter).await? {
        Ok(build) => build,
        Err(left) => return Ok(left),
    };
    loop {
        if let Some(left) = fill(desk, run, &mut builder, &mut build, &mut meter).await? {
            return Ok(left);
        }
        let before = desk.tools.store.kept_tallies(&run.tenant).await?;
        let (after, failures) = (build.tallies(), build.failures());
        let projections = build.projections().to_vec();
        let result = |generation: i64, likeness: Likeness| {
            json!({
                "digests_before": texts(&projections, &before),
                "digests_after": texts(&projections, &after),
                "equal": likeness.equal,
                "level": likeness.level,
                "log_seq": likeness.log_seq.get(),
                "generation": generation,
                "failures": failures,
            })
            .to_string()
        };
        match builder.switch(run, &mut build, &desk.config.name, result).await? {
            Switched::Done { generation, equal } => {
                desk.tools.notifier.nudge(Channel::Projection);
                info!(tenant = %run.tenant, generation, equal, "generation {generation} is live");
                return Ok(Left::Ended("completed"));
            }
            Switched::Behind => {}
            Switched::Refused => {
                let signal = desk.tools.store.run_signal(run).await?;
                return Ok(heed(desk, run, signal).await?.unwrap_or(Left::LetGo("lost")));
            }
        }
    }
}

fn texts(projections: &[Projection], tallies: &Tallies) -> Value {
    let texts = projections.iter().map(|one| (one.as_str().to_owned(), Value::String(tallies.of(*one).text())));
    Value::Object(texts.collect::<Map<_, _>>())
}

/// Waits for the slot; somebody may still be clearing it.
pub(super) async fn open(
    desk: &Desk,
    run: &ClaimedRun,
    builder: &mut GenerationBuilder,
    meter: &Meter,
) -> Result<Result<Build, Left>, StoreError> {
    loop {
        if let Some(build) = builder.open(run).await? {
            return Ok(Ok(build));
        }
        let signal = desk.tools.store.run_progress(run, &meter.progress("waiting")).await?;
        if let Some(left) = heed(desk, run, signal).await? {
            return Ok(Err(left));
        }
        tokio::select! {
            () = desk.stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Folds until the log has no more. While one batch is written, the next is read and folded.
pub(super) async fn fill(
    desk: &Desk,
    run: &ClaimedRun,
    builder: &mut GenerationBuilder,
    build: &mut Build,
    meter: &mut Meter,
) -> Result<Option<Left>, StoreError> {
    let mut pace = Pace::new(FIRST_BATCH, desk.config.batch_events);
    let mut ahead = read_and_fold(desk, run, build, build.applied(), &mut pace).await?;
    loop {
        let Some((batch, folded)) = ahead.take() else {
            let signal = desk.tools.store.run_signal(run).await?;
            return heed(desk, run, signal).await;
        };
        if let Some(hole) = &folded.halted {
            return Err(hole.violation.clone().into());
        }
        let head = run.target_log_seq.max(batch.last());
        meter.count(batch.events.len(), build.projections().len(), batch.last(), head);
        let progress = meter.progress("building");
        // What the next batch leaves out of precedents has to include what this one set aside.
        let mut left_out = build.left_out();
        let missing = folded.aside.iter().filter(|aside| aside.projections.contains(&Projection::PrecedentIndex));
        left_out.positions.extend(missing.map(|aside| aside.log_seq.get()));
        let (projections, until) = (build.projections().to_vec(), build.until(batch.last()));
        let next = async {
            let limit = pace.events();
            let read = desk.tools.store.batch_to_fold(&run.tenant, batch.last(), until, limit, &left_out).await?;
            folded_on_threads(desk, projections, read, &mut pace).await
        };
        let (written, next) = tokio::join!(builder.write(run, build, &batch, &folded, &progress), next);
        desk.tools.metrics.run_events(run.mode, batch.events.len() as u64);
        let signal: Signal = written?;
        if let Some(left) = heed(desk, run, signal).await? {
            return Ok(Some(left));
        }
        ahead = next?;
    }
}

async fn read_and_fold(
    desk: &Desk,
    run: &ClaimedRun,
    build: &Build,
    after: LogSeq,
    pace: &mut Pace,
) -> Result<Option<(Batch, Folded)>, StoreError> {
    let (until, limit) = (build.until(after), pace.events());
    let batch = desk.tools.store.batch_to_fold(&run.tenant, after, until, limit, &build.left_out()).await?;
    folded_on_threads(desk, build.projections().to_vec(), batch, pace).await
}

/// Folds a batch away from the threads that serve connections. `None` for an empty one.
async fn folded_on_threads(
    desk: &Desk,
    projections: Vec<Projection>,
    batch: Batch,
    pace: &mut Pace,
) -> Result<Option<(Batch, Folded)>, StoreError> {
    if batch.events.is_empty() {
        return Ok(None);
    }
    pace.took(&batch.events);
    let threads = desk.config.threads;
    let folding = tokio::task::spawn_blocking(move || {
        let folded = fold_parallel(&batch, &projections, threads);
        (batch, folded)
    });
    let done = folding.await.map_err(|_| StoreError::NotFound { what: "fold" })?;
    Ok(Some(done))
}
