//! The list of traces.

use dg_domain::{Micros, TenantId};

use super::Panel;
use crate::place::TraceFilter;

/// The list of traces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TracesPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which.
    pub(crate) filter: TraceFilter,
    /// Where this page starts.
    pub(crate) cursor: Option<String>,
    /// The rows.
    pub(crate) list: Panel<TraceList>,
    /// Rows that arrived while the list was held still.
    pub(crate) waiting: usize,
}

/// One page of traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TraceList {
    /// Newest activity first.
    pub(crate) rows: Vec<TraceRow>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
    /// How many there are on all pages, where they were counted, and whether there are more than that.
    pub(crate) total: Option<(i64, bool)>,
}

/// One trace in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceRow {
    /// The trace.
    pub(crate) trace_id: String,
    /// What it is about; empty when the start was never recorded.
    pub(crate) title: String,
    /// Its workflow; empty when the start was never recorded.
    pub(crate) workflow: String,
    /// What it decides about.
    pub(crate) entity: Entity,
    /// How it stands.
    pub(crate) standing: Standing,
    /// All its events.
    pub(crate) event_count: i64,
    /// Where its newest event is in the log.
    pub(crate) last_log_seq: i64,
    /// What happened last.
    pub(crate) last_event_type: String,
    /// When that happened, by the producer's clock.
    pub(crate) last_at: Option<Micros>,
    /// It no longer fits the filter, but stays until the list is read anew.
    pub(crate) left: bool,
    /// It came in while the page was open.
    pub(crate) fresh: bool,
}

/// What a trace decides about, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entity {
    /// Its id.
    pub(crate) id: String,
    /// What and where it is: `account in crm`.
    pub(crate) kind: String,
}

/// How a trace stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not finished.
    Open,
    /// Finished well.
    Success,
    /// Finished badly.
    Failure,
    /// Given up.
    Abandoned,
    /// Finished, with an outcome this console does not know.
    Finished,
}

impl Standing {
    /// From the two fields of a trace.
    pub(crate) fn of(finished: bool, outcome: Option<&str>) -> Self {
        match outcome {
            Some("success") => Self::Success,
            Some("failure") => Self::Failure,
            Some("abandoned") => Self::Abandoned,
            _ if finished => Self::Finished,
            _ => Self::Open,
        }
    }

    /// In one word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Abandoned => "abandoned",
            Self::Finished => "finished",
        }
    }
}
