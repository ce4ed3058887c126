//! Which traces a list shows.

use super::query::{Pairs, given, one_of, value_of};

/// The outcomes a finished trace can have.
pub(crate) const OUTCOMES: [&str; 3] = ["success", "failure", "abandoned"];
/// The states of a trace.
pub(crate) const STATUSES: [&str; 2] = ["open", "finished"];

/// Which traces a list shows; an absent field filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TraceFilter {
    /// Exact workflow name.
    pub(crate) workflow: Option<String>,
    /// `success`, `failure` or `abandoned`.
    pub(crate) outcome: Option<String>,
    /// `open` or `finished`.
    pub(crate) status: Option<String>,
}

impl TraceFilter {
    /// Whether every trace passes.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn read(query: &str) -> Self {
        Self {
            workflow: value_of(query, "workflow"),
            outcome: one_of(query, "outcome", &OUTCOMES),
            status: one_of(query, "status", &STATUSES),
        }
    }

    pub(super) fn pairs(&self) -> Pairs {
        given([("workflow", self.workflow.clone()), ("outcome", self.outcome.clone()), ("status", self.status.clone())])
    }
}
