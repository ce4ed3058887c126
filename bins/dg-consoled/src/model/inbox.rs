//! What waits for people.

use dg_domain::{Micros, TenantId};

use super::Panel;
use crate::place::InboxFilter;

/// A part of the queue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InboxPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which items.
    pub(crate) filter: InboxFilter,
    /// Where this page starts.
    pub(crate) cursor: Option<String>,
    /// How many each queue holds: its name in the address, and the number, where it is counted.
    pub(crate) counts: Panel<Vec<(&'static str, Option<i64>)>>,
    /// The items.
    pub(crate) list: Panel<InboxList>,
}

/// One page of items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InboxList {
    /// Overdue ones first, then by urgency, then by age.
    pub(crate) rows: Vec<InboxRow>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InboxRow {
    /// Which.
    pub(crate) workflow_id: String,
    /// What is asked.
    pub(crate) title: String,
    /// How it stands.
    pub(crate) status: String,
    /// How urgent.
    pub(crate) priority: String,
    /// To which policy, `id version`; empty where it is about none.
    pub(crate) policy: String,
    /// Who asked.
    pub(crate) requester: String,
    /// Since when it waits.
    pub(crate) requested: Option<Micros>,
    /// Its deadline.
    pub(crate) due: Option<Micros>,
    /// Whether that has passed.
    pub(crate) overdue: bool,
    /// Whom it was given to, in words.
    pub(crate) assignee: String,
    /// Who looks at it.
    pub(crate) claimed_by: Option<String>,
}
