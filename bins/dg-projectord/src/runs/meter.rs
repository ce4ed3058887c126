//! How far a run is and how fast it goes.

use std::time::{Duration, Instant};

use dg_domain::LogSeq;
use dg_storage::projections::{ClaimedRun, Progress};

/// Rates are averaged over about this long.
const WINDOW: Duration = Duration::from_secs(5);

/// Counts the events of a run.
#[derive(Debug)]
pub(super) struct Meter {
    processed: i64,
    last: LogSeq,
    target: LogSeq,
    rate: f64,
    since: Instant,
}

impl Meter {
    pub(super) fn new(run: &ClaimedRun) -> Self {
        Self {
            processed: run.processed_events,
            last: run.last_log_seq,
            target: run.target_log_seq,
            rate: 0.0,
            since: Instant::now(),
        }
    }

    /// Counts events of the log, folded for so many projections, up to `last`.
    pub(super) fn count(&mut self, events: usize, projections: usize, last: LogSeq, target: LogSeq) {
        self.processed += i64::try_from(events * projections).unwrap_or(i64::MAX);
        (self.last, self.target) = (last, target.max(last));
        let took = self.since.elapsed().as_secs_f64().max(1e-6);
        self.since = Instant::now();
        #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
        let now = events as f64 / took;
        let weight = if self.rate == 0.0 { 1.0 } else { 1.0 - (-took / WINDOW.as_secs_f64()).exp() };
        self.rate += (now - self.rate) * weight;
    }

    pub(super) fn progress(&self, phase: &'static str) -> Progress {
        Progress {
            processed_events: self.processed,
            last_log_seq: self.last,
            target_log_seq: self.target,
            events_per_second: self.rate,
            phase,
        }
    }
}
