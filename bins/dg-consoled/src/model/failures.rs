//! Events that a read model could not take, and what people decided about them.

use dg_domain::{Micros, TenantId};

use super::Panel;
use crate::place::FailuresAt;

/// The failures of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FailuresPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which, and what is being decided.
    pub(crate) at: FailuresAt,
    /// The failures.
    pub(crate) list: Panel<FailureList>,
    /// The one that is being decided about.
    pub(crate) chosen: Option<Panel<FailureRow>>,
}

/// One page of failures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FailureList {
    /// Newest first.
    pub(crate) rows: Vec<FailureRow>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
}

/// One failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FailureRow {
    /// Which.
    pub(crate) failure_id: String,
    /// The projection that lacks the event.
    pub(crate) projection: String,
    /// `open`, `quarantined`, `resolved` or `superseded`.
    pub(crate) status: String,
    /// What kind it is.
    pub(crate) category: String,
    /// Why, as a code.
    pub(crate) code: String,
    /// Why, in words.
    pub(crate) message: String,
    /// Position of the event.
    pub(crate) log_seq: i64,
    /// The event.
    pub(crate) event_id: String,
    /// Its trace.
    pub(crate) trace_id: String,
    /// How often it was tried.
    pub(crate) attempts: i64,
    /// When first.
    pub(crate) first: Option<Micros>,
    /// When last.
    pub(crate) last: Option<Micros>,
    /// Who decided, when, and why.
    pub(crate) decided: Option<(String, Option<Micros>, String)>,
    /// The run that projected it.
    pub(crate) job_id: Option<String>,
}
