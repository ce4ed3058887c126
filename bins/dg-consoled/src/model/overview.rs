//! Whether anything is wrong, and what waits.

use dg_domain::{Micros, TenantId};

use super::{Panel, TraceRow};

/// The start page of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OverviewPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// What people have to decide.
    pub(crate) reviews: Panel<Reviews>,
    /// How the read models stand.
    pub(crate) projections: Panel<Vec<ProjectionRow>>,
    /// Traces with the latest activity.
    pub(crate) traces: Panel<Vec<TraceRow>>,
}

/// What people have to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reviews {
    /// Not decided.
    pub(crate) open: i64,
    /// Past their deadline.
    pub(crate) overdue: i64,
    /// Due within half an hour.
    pub(crate) due_soon: i64,
    /// Escalated, and not decided since.
    pub(crate) escalated: i64,
    /// Given to the viewer or held by them.
    pub(crate) mine: i64,
    /// Waiting for a role of the viewer's.
    pub(crate) my_roles: i64,
    /// Since when the oldest waits.
    pub(crate) oldest: Option<Micros>,
    /// The first ones of the queue.
    pub(crate) next: Vec<Waiting>,
}

/// An item of the queue, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Which.
    pub(crate) workflow_id: String,
    /// What is asked.
    pub(crate) title: String,
    /// `urgent`, `high`, `normal` or `low`.
    pub(crate) priority: String,
    /// Its deadline; none while changes are asked for.
    pub(crate) due: Option<Micros>,
    /// Whether that has passed.
    pub(crate) overdue: bool,
}

/// How one read model stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProjectionRow {
    /// Its name.
    pub(crate) name: String,
    /// `ok`, `rebuilding`, `lagging`, `stalled` or `failed`.
    pub(crate) status: String,
    /// Up to where it has come.
    pub(crate) applied: i64,
    /// Events that are missing.
    pub(crate) pending: i64,
    /// Failures that wait for a person.
    pub(crate) failures: i64,
}
