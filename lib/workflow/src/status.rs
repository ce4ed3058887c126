//! The words of a review: where it stands, what it is about, how urgent it is, what can be done; with the table of moves.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A word that is none of the closed set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word")]
pub struct UnknownWord;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$each])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            /// The word on the wire and in tables.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownWord)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// Where an item stands (workflow, section 5). `in_review` is how [`Status::Requested`] looks while somebody holds the
    /// item; that is not in the log, so it is no state here.
    Status {
        /// Waits for a decision.
        Requested = "requested",
        /// Waits for the requester.
        ChangesRequested = "changes_requested",
        /// Waits, and somebody higher was told.
        Escalated = "escalated",
        /// Approved.
        Approved = "approved",
        /// Rejected.
        Rejected = "rejected",
        /// Approved against the policy, by somebody who may.
        Overridden = "overridden",
    }
}

words! {
    /// What is reviewed.
    Kind {
        /// An exception to a policy that an agent asked for.
        ExceptionReview = "exception_review",
        /// A trace that somebody wants looked at.
        IncidentReview = "incident_review",
    }
}

words! {
    /// How urgent, most urgent first.
    Priority {
        /// Before everything else.
        Urgent = "urgent",
        /// What nothing else is said about.
        High = "high",
        /// In its turn.
        Normal = "normal",
        /// When there is time.
        Low = "low",
    }
}

words! {
    /// What people, and the clock, do with an item.
    Action {
        /// Decide for it.
        Approve = "approve",
        /// Decide against it.
        Reject = "reject",
        /// Decide for it against the policy.
        Override = "override",
        /// Ask the requester for something; the clock pauses.
        RequestChange = "request_change",
        /// The requester answers; the clock goes on.
        Resubmit = "resubmit",
        /// Say something.
        Comment = "comment",
        /// Give it to somebody else.
        Reassign = "reassign",
        /// Tell somebody higher.
        Escalate = "escalate",
        /// Change the deadline or the priority.
        Extend = "extend",
        /// Open a decided item again, for another round.
        Reopen = "reopen",
        /// Add evidence.
        Attach = "attach",
        /// What settings said about a new item.
        Route = "route",
    }
}

impl Status {
    /// Waits for somebody.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::ChangesRequested | Self::Escalated)
    }
}

impl Priority {
    /// 0 for the most urgent.
    #[must_use]
    pub const fn rank(self) -> i64 {
        match self {
            Self::Urgent => 0,
            Self::High => 1,
            Self::Normal => 2,
            Self::Low => 3,
        }
    }
}

impl Action {
    /// The permission that a caller needs; `None` where being let in is enough, or where nobody may ask for it.
    #[must_use]
    pub const fn permission(self) -> Option<&'static str> {
        match self {
            Self::Approve | Self::Reject | Self::RequestChange | Self::Comment | Self::Attach => {
                Some("workflow_review")
            }
            Self::Reassign => Some("workflow_assign"),
            Self::Escalate | Self::Extend => Some("workflow_escalate"),
            Self::Override | Self::Reopen => Some("workflow_override"),
            Self::Resubmit | Self::Route => None,
        }
    }

    /// Whether it ends the round.
    #[must_use]
    pub const fn decides(self) -> bool {
        matches!(self, Self::Approve | Self::Reject | Self::Override)
    }

    /// Where it leads from `status`; `None` where it is not possible (workflow, section 5.1).
    #[must_use]
    pub const fn leads_to(self, status: Status, kind: Kind) -> Option<Status> {
        let open = status.is_open();
        match self {
            Self::Approve if open => Some(Status::Approved),
            Self::Reject if open => Some(Status::Rejected),
            Self::Override if open && matches!(kind, Kind::ExceptionReview) => Some(Status::Overridden),
            Self::RequestChange if open => Some(Status::ChangesRequested),
            Self::Resubmit if matches!(status, Status::ChangesRequested) => Some(Status::Requested),
            Self::Escalate if open => Some(Status::Escalated),
            Self::Reassign | Self::Extend | Self::Route if open => Some(status),
            Self::Comment | Self::Attach => Some(status),
            Self::Reopen if !open => Some(Status::Requested),
            _ => None,
        }
    }

    /// What could be done in a state, in order.
    pub fn possible(status: Status, kind: Kind) -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(move |action| !matches!(action, Self::Route) && action.leads_to(status, kind).is_some())
    }
}
