//! Which part of the log is shown.

use super::query::{Pairs, given, number_of, value_of};

/// Which events are shown, newest first. Without an end the page follows the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EventsAt {
    /// Only this type.
    pub(crate) event_type: Option<String>,
    /// Only this trace.
    pub(crate) trace_id: Option<String>,
    /// Nothing after this position: the page stands still.
    pub(crate) until: Option<i64>,
}

impl EventsAt {
    /// Whether every event passes.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.event_type.is_none() && self.trace_id.is_none()
    }

    /// The same events, up to a position or following the log.
    pub(crate) fn until(&self, until: Option<i64>) -> Self {
        Self { until, ..self.clone() }
    }

    pub(super) fn read(query: &str) -> Self {
        let event_type = value_of(query, "type").filter(|name| name.parse::<dg_domain::EventType>().is_ok());
        Self { event_type, trace_id: value_of(query, "trace"), until: number_of(query, "until") }
    }

    pub(super) fn pairs(&self) -> Pairs {
        let until = self.until.map(|until| until.to_string());
        given([("type", self.event_type.clone()), ("trace", self.trace_id.clone()), ("until", until)])
    }
}
