//! How the read models stand, and what they amount to.

use dg_domain::{Micros, TenantId};

use super::{Panel, runs::RunLine};
use crate::place::DigestsAt;

/// How the read models of a tenant stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProjectionsPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// All of it.
    pub(crate) health: Panel<Health>,
}

/// How the read models stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Health {
    /// The worst of them.
    pub(crate) status: String,
    /// The end of the log.
    pub(crate) head: i64,
    /// The digest over all of them, as last written down.
    pub(crate) full_digest: Option<String>,
    /// Each of them.
    pub(crate) rows: Vec<HealthRow>,
    /// The first events that wait for a person.
    pub(crate) waiting: Vec<Waiting>,
    /// Runs that have not ended.
    pub(crate) open: Vec<RunLine>,
}

/// How one read model stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HealthRow {
    /// Its name.
    pub(crate) name: String,
    /// `ok`, `rebuilding`, `lagging`, `stalled` or `failed`.
    pub(crate) status: String,
    /// What it does: `idle`, `catching_up` and so on.
    pub(crate) state: String,
    /// Up to where it has come.
    pub(crate) applied: i64,
    /// Events that are missing.
    pub(crate) pending: i64,
    /// Age of the oldest of them, in seconds.
    pub(crate) lag: f64,
    /// Events per second over a minute.
    pub(crate) per_second: f64,
    /// How often it was built.
    pub(crate) generation: i64,
    /// Its digest as last written down.
    pub(crate) digest: Option<String>,
    /// Since when its rows are not those that were written.
    pub(crate) drift: Option<Micros>,
    /// Why it does not move: code and words.
    pub(crate) error: Option<(String, String)>,
    /// Failures that wait for a person.
    pub(crate) failures: i64,
    /// Events whose absence somebody accepted.
    pub(crate) quarantined: i64,
    /// When it last moved.
    pub(crate) moved: Option<Micros>,
}

/// An event that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The failure.
    pub(crate) failure_id: String,
    /// The projection that lacks it.
    pub(crate) projection: String,
    /// Its position.
    pub(crate) log_seq: i64,
    /// Its trace.
    pub(crate) trace_id: String,
    /// Why.
    pub(crate) code: String,
}

/// What the read models amount to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DigestsPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which.
    pub(crate) at: DigestsAt,
    /// Computed just now; none when nobody asked for that.
    pub(crate) now: Option<Panel<DigestsNow>>,
    /// Those that were written down.
    pub(crate) history: Panel<History>,
}

/// Digests of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DigestsNow {
    /// The position they hold for.
    pub(crate) log_seq: i64,
    /// Events that are missing in them.
    pub(crate) skipped: i64,
    /// Name and digest.
    pub(crate) rows: Vec<(&'static str, String)>,
}

/// One page of digests that were written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// Newest first.
    pub(crate) rows: Vec<Written>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
}

/// A digest that was written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Whose.
    pub(crate) projection: String,
    /// For which position.
    pub(crate) log_seq: i64,
    /// Of which generation.
    pub(crate) generation: i64,
    /// The digest; of its rows where there is no other.
    pub(crate) digest: String,
    /// The sum over the rows is not the one that was kept with them.
    pub(crate) drifted: bool,
    /// Rows.
    pub(crate) rows: i64,
    /// Events that are missing in it.
    pub(crate) skipped: i64,
    /// When.
    pub(crate) at: Option<Micros>,
    /// `self_check` or `run`.
    pub(crate) source: String,
    /// The run.
    pub(crate) job_id: Option<String>,
}
