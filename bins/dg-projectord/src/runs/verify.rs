//! Verify: folds the whole log into a scratch generation and compares it with the live one, row by row.

use dg_projections::Projection;
use dg_storage::{
    StoreError,
    projections::{ClaimedRun, Levelled, RowsRead, RunEnd, Verified, digest_text},
};
use serde_json::{Map, Value, json};
use tracing::{error, info};

use super::{Desk, Left, build, builder, end, heed, meter::Meter};

pub(super) async fn carry_out(desk: &Desk, run: &ClaimedRun) -> Result<Left, StoreError> {
    let mut builder = builder(desk).await?;
    let mut meter = Meter::new(run);
    let mut scratch = match build::open(desk, run, &mut builder, &meter).await? {
        Ok(scratch) => scratch,
        Err(left) => return Ok(left),
    };
    let level = loop {
        if let Some(left) = build::fill(desk, run, &mut builder, &mut scratch, &mut meter).await? {
            return Ok(left);
        }
        match builder.level(run, &mut scratch, &meter.progress("comparing")).await? {
            Levelled::Ready(level) => break level,
            Levelled::Behind => tokio::task::yield_now().await,
            Levelled::Stopped(signal) => {
                return Ok(heed(desk, run, signal).await?.unwrap_or(Left::LetGo("lost")));
            }
        }
    };
    let signal = desk.tools.store.run_progress(run, &meter.progress("comparing")).await?;
    if let Some(left) = heed(desk, run, signal).await? {
        return Ok(left);
    }
    let verified = level.compare(&scratch).await?;
    if verified.is_equal() {
        info!(tenant = %run.tenant, log_seq = verified.log_seq.get(), "a replay gives the same rows");
    } else {
        error!(tenant = %run.tenant, log_seq = verified.log_seq.get(), "a replay does not give the same rows");
    }
    let result_json = result(&verified, scratch.projections()).to_string();
    end(desk, run, &RunEnd::Completed { result_json }).await
}

fn result(verified: &Verified, projections: &[Projection]) -> Value {
    let texts = |read: &RowsRead| {
        let text = |one: &Projection| (one.as_str().to_owned(), Value::String(digest_text(read, *one)));
        Value::Object(projections.iter().map(text).collect::<Map<_, _>>())
    };
    json!({
        "equal": verified.is_equal(),
        "log_seq": verified.log_seq.get(),
        "expected": texts(&verified.expected),
        "actual": texts(&verified.actual),
        "first_difference": verified.first_difference,
    })
}
