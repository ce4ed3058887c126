//! What a tenant holds, and what it may send.

use dg_domain::{Micros, TenantId};

use super::Panel;

/// The states of a tenant.
pub(crate) const STATUSES: [&str; 3] = ["active", "suspended", "closed"];

/// A tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TenantPage {
    /// Which.
    pub(crate) tenant: TenantId,
    /// Which form is open.
    pub(crate) doing: Option<String>,
    /// How it is registered.
    pub(crate) about: Panel<About>,
    /// Its log.
    pub(crate) log: Panel<Log>,
    /// Its traces.
    pub(crate) traces: Panel<Traces>,
    /// Its reviews.
    pub(crate) reviews: Panel<Reviews>,
    /// How they were decided lately.
    pub(crate) policies: Panel<Vec<PolicyRow>>,
}

/// How a tenant is registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct About {
    /// Of [`STATUSES`].
    pub(crate) status: String,
    /// `precise` or `reference`.
    pub(crate) guard: String,
    /// Whether it is a demonstration.
    pub(crate) demo: bool,
    /// When it was registered.
    pub(crate) created: Option<Micros>,
    /// By whom.
    pub(crate) created_by: String,
    /// Each limit: its field, what it bounds, and how far; none is the service's own.
    pub(crate) limits: Vec<Limit>,
}

/// A limit of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// As the service calls it.
    pub(crate) field: &'static str,
    /// In words.
    pub(crate) words: &'static str,
    /// The least and the most that can be set.
    pub(crate) range: (i64, i64),
    /// What is set.
    pub(crate) value: Option<i64>,
}

/// How far the log and what is made of it are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Log {
    /// The end of the log, which is the number of its events.
    pub(crate) head: i64,
    /// How the read models stand, in a word.
    pub(crate) status: String,
    /// Events that the slowest read model lacks.
    pub(crate) behind: i64,
    /// Events per second over a minute, as the fastest read model took them.
    pub(crate) per_second: f64,
    /// Failures that wait for a person.
    pub(crate) failures: i64,
}

/// How many traces there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    /// All of them, and whether counting stopped there.
    pub(crate) all: (i64, bool),
    /// Those that are open, likewise.
    pub(crate) open: (i64, bool),
}

/// How many reviews there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reviews {
    /// All.
    pub(crate) all: i64,
    /// Not decided.
    pub(crate) open: i64,
    /// Past their deadline.
    pub(crate) overdue: i64,
    /// Escalated and not decided since.
    pub(crate) escalated: i64,
    /// Approved.
    pub(crate) approved: i64,
    /// Rejected.
    pub(crate) rejected: i64,
    /// Overridden.
    pub(crate) overridden: i64,
}

/// How reviews of a policy were decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PolicyRow {
    /// None for reviews of no policy.
    pub(crate) policy: Option<String>,
    /// Exceptions that were asked for.
    pub(crate) exceptions: i64,
    /// Decisions.
    pub(crate) decisions: i64,
    /// Shares of them: approved, overridden.
    pub(crate) approved: Option<f64>,
    /// As above.
    pub(crate) overridden: Option<f64>,
    /// From the request to the decision, in seconds: the median.
    pub(crate) median: Option<f64>,
    /// What the figures suggest.
    pub(crate) suggestion: Option<String>,
}
