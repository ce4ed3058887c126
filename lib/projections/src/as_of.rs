//! One trace as it was at some position: its events up to there, folded anew.
//!
//! Nothing of what the read models hold goes in, so nothing that happened later can. An event that cannot be folded is left
//! out, as the projections leave it out.

use dg_domain::{LogSeq, StoredEvent};

use crate::{
    fold::{Batch, Projection, fold_trace},
    trace_index::{TraceActivity, TraceRow},
    trace_summary::{SummaryChange, TraceSummary},
};

/// A trace, from its first event on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceAsOf {
    summary: Option<TraceSummary>,
    activity: Option<TraceActivity>,
}

impl TraceAsOf {
    /// Takes in the next events of the trace that stand at `until` or before. Answers whether later ones may do so too.
    pub fn observe(&mut self, mut events: Vec<StoredEvent>, until: LogSeq) -> bool {
        let known = events.partition_point(|stored| stored.log_seq <= until);
        let more = known == events.len();
        events.truncate(known);
        let batch = Batch { events, ..Batch::default() };
        let (changes, _) = fold_trace(&batch, &[Projection::TraceSummary, Projection::TraceIndex]);
        for change in changes.summaries {
            match (change, &mut self.summary) {
                (SummaryChange::Insert(row), summary) => *summary = Some(row),
                (SummaryChange::Finish { outcome, finished_at, log_seq, .. }, Some(row)) => {
                    row.finish(&outcome, &finished_at, log_seq);
                }
                (SummaryChange::Finish { .. }, None) => {}
            }
        }
        for later in changes.traces {
            match &mut self.activity {
                Some(activity) => activity.merge(later),
                None => self.activity = Some(later),
            }
        }
        more
    }

    /// The reference's summary at that position.
    #[must_use]
    pub fn summary(&self) -> Option<&TraceSummary> {
        self.summary.as_ref()
    }

    /// The row of the trace index at that position.
    #[must_use]
    pub fn row(&self) -> Option<TraceRow> {
        self.activity.as_ref().and_then(TraceRow::start)
    }
}
