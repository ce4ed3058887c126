//! The log of a tenant, newest first.

use dg_domain::TenantId;

use super::{EventRow, Panel};
use crate::place::EventsAt;

/// A stretch of the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventsPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which.
    pub(crate) at: EventsAt,
    /// The events.
    pub(crate) list: Panel<EventList>,
    /// Events that arrived while the list was held still.
    pub(crate) waiting: usize,
}

/// Some events of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct EventList {
    /// Newest first.
    pub(crate) rows: Vec<LogRow>,
    /// The end of the log.
    pub(crate) head: i64,
    /// Where the older ones begin, going back; none at the start of the log.
    pub(crate) older: Option<i64>,
    /// The search for events that fit ended here for now, before it had enough of them.
    pub(crate) searched_to: Option<i64>,
}

/// One event, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LogRow {
    /// Its trace.
    pub(crate) trace_id: String,
    /// The event.
    pub(crate) event: EventRow,
    /// Positions right below it that the log does not have: first and last.
    pub(crate) gap: Option<(i64, i64)>,
}
