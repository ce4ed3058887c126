//! Which part of the queue is shown.

use super::query::{Pairs, given, one_of, value_of};

/// The queues, as the address names them, with what people call them.
pub(crate) const VIEWS: [(&str, &str); 9] = [
    ("all", "All open"),
    ("mine", "Mine"),
    ("my_roles", "My roles"),
    ("unassigned", "Unassigned"),
    ("overdue", "Overdue"),
    ("due_soon", "Due soon"),
    ("escalated", "Escalated"),
    ("changes_requested", "Changes requested"),
    ("closed", "Decided"),
];
/// How urgent items can be.
pub(crate) const PRIORITIES: [&str; 4] = ["urgent", "high", "normal", "low"];

/// Which items; an absent field filters nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InboxFilter {
    /// One of [`VIEWS`].
    pub(crate) view: &'static str,
    /// One of [`PRIORITIES`].
    pub(crate) priority: Option<String>,
    /// The policy that an exception is asked to.
    pub(crate) policy: Option<String>,
    /// Text in title, id or reason.
    pub(crate) text: Option<String>,
}

impl Default for InboxFilter {
    fn default() -> Self {
        Self { view: VIEWS[0].0, priority: None, policy: None, text: None }
    }
}

impl InboxFilter {
    /// All of a queue.
    pub(crate) fn of(view: &'static str) -> Self {
        Self { view, ..Self::default() }
    }

    /// Whether every item of the queue passes.
    pub(crate) fn is_whole(&self) -> bool {
        *self == Self::of(self.view)
    }

    pub(super) fn read(query: &str) -> Self {
        let view = value_of(query, "view");
        let view = VIEWS.into_iter().map(|(name, _)| name).find(|name| Some(*name) == view.as_deref());
        Self {
            view: view.unwrap_or(VIEWS[0].0),
            priority: one_of(query, "priority", &PRIORITIES),
            policy: value_of(query, "policy"),
            text: value_of(query, "q"),
        }
    }

    pub(super) fn pairs(&self) -> Pairs {
        let view = (self.view != VIEWS[0].0).then(|| self.view.to_owned());
        given([
            ("view", view),
            ("priority", self.priority.clone()),
            ("policy", self.policy.clone()),
            ("q", self.text.clone()),
        ])
    }
}
