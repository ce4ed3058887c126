//! The trace summary: how a trace started and how it ended (semantics, section 10.3).
//!
//! Only start and finish touch it, so `event_count` is 1 or 2 and `last_log_seq` of an open trace is that of its start.
//! The digests pin this; people see true counts in [`crate::TraceActivity`].

use dg_domain::{StoredEvent, event::Payload};

/// A summary row.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 10.3")]
pub struct TraceSummary {
    pub trace_id: String,
    pub workflow: String,
    pub title: String,
    pub primary_entity_type: String,
    /// Kept for readers; not part of the digest.
    pub primary_entity_system: Option<String>,
    pub primary_entity_id: String,
    pub outcome: Option<String>,
    pub started_at: String,
    pub finished_at: Option<String>,
    pub event_count: i32,
    pub last_log_seq: i64,
}

impl TraceSummary {
    /// What a finish does to the row.
    pub fn finish(&mut self, outcome: &str, finished_at: &str, log_seq: i64) {
        self.outcome = Some(outcome.to_owned());
        self.finished_at = Some(finished_at.to_owned());
        self.event_count += 1;
        self.last_log_seq = log_seq;
    }
}

/// What a batch does to one summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SummaryChange {
    /// The trace started in this batch, and perhaps finished too: insert the row.
    Insert(TraceSummary),
    /// The trace started earlier and finishes now.
    #[expect(missing_docs, reason = "the fields carry the names of the contract")]
    Finish { trace_id: String, outcome: String, finished_at: String, log_seq: i64 },
}

/// What one event does.
pub(crate) fn apply(stored: &StoredEvent, payload: &Payload<'_>) -> Option<SummaryChange> {
    let event = &stored.event;
    match payload {
        Payload::TraceStarted { workflow, title, entity_type, entity_id, system } => {
            Some(SummaryChange::Insert(TraceSummary {
                trace_id: event.trace_id.clone(),
                workflow: (*workflow).to_owned(),
                title: (*title).to_owned(),
                primary_entity_type: (*entity_type).to_owned(),
                primary_entity_system: system.map(str::to_owned),
                primary_entity_id: (*entity_id).to_owned(),
                outcome: None,
                started_at: event.occurred_at.clone(),
                finished_at: None,
                event_count: 1,
                last_log_seq: stored.log_seq.get(),
            }))
        }
        Payload::TraceFinished { outcome } => Some(SummaryChange::Finish {
            trace_id: event.trace_id.clone(),
            outcome: (*outcome).to_owned(),
            finished_at: event.occurred_at.clone(),
            log_seq: stored.log_seq.get(),
        }),
        _ => None,
    }
}
