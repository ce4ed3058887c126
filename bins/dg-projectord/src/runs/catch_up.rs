//! Catch-up: waits until the live projections have come as far as asked. The owner of the scope moves them anyway; asking for
//! the run has also asked for a try at once where a scope rests.

use std::time::Duration;

use dg_domain::LogSeq;
use dg_storage::{
    StoreError,
    projections::{ClaimedRun, Cursor, CursorState, RunEnd},
};
use serde_json::json;

use super::{Desk, Left, end, heed, meter::Meter};

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A scope that still stands after this long, though it was asked to move, has a reason.
const PATIENCE: u32 = 50;

pub(super) async fn carry_out(desk: &Desk, run: &ClaimedRun) -> Result<Left, StoreError> {
    let mut meter = Meter::new(run);
    let projections = run.target.projections();
    let mut start: Option<Vec<LogSeq>> = None;
    let mut stood = 0;
    loop {
        let cursors = desk.tools.store.cursors(&run.tenant).await?;
        let wanted: Vec<&Cursor> = projections.iter().map(|projection| cursors.of(*projection)).collect();
        let goal = run.until.unwrap_or(run.target_log_seq);
        let lowest = wanted.iter().map(|cursor| cursor.applied).min().unwrap_or_default();
        let begun = start.get_or_insert_with(|| wanted.iter().map(|cursor| cursor.applied).collect());
        let done: i64 = wanted.iter().zip(begun.iter()).map(|(now, then)| now.applied.get() - then.get()).sum();
        let before = meter.progress("").processed_events;
        let moved = usize::try_from(done.saturating_add(run.processed_events) - before).unwrap_or(0);
        meter.count(moved, 1, lowest.min(goal), goal);
        if lowest >= goal {
            let result_json = json!({"last_log_seq": lowest.get()}).to_string();
            return end(desk, run, &RunEnd::Completed { result_json }).await;
        }
        stood = if moved > 0 { 0 } else { stood + 1 };
        if let Some(halted) = wanted.iter().find(|cursor| cursor.state == CursorState::Failed && cursor.applied < goal)
            && stood > PATIENCE
        {
            let message = format!("{} cannot go on after log_seq {}", halted.projection, halted.applied);
            return end(desk, run, &RunEnd::Failed { code: "event_sequence_invalid".to_owned(), message }).await;
        }
        let signal = desk.tools.store.run_progress(run, &meter.progress("building")).await?;
        if let Some(left) = heed(desk, run, signal).await? {
            return Ok(left);
        }
        tokio::select! {
            () = desk.stop.cancelled() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}
