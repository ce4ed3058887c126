//! Who did what, was refused it, or signed in.

use dg_domain::{Micros, TenantId};

use super::Panel;
use crate::place::AuditFilter;

/// The audit, as far as the viewer may see it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AuditPage {
    /// In whose frame it is shown.
    pub(crate) tenant: TenantId,
    /// Which rows.
    pub(crate) filter: AuditFilter,
    /// Where this page starts.
    pub(crate) cursor: Option<String>,
    /// The rows.
    pub(crate) list: Panel<AuditList>,
}

/// One page of rows, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditList {
    /// The rows.
    pub(crate) rows: Vec<AuditEntry>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AuditEntry {
    /// Its place in the chain.
    pub(crate) seq: i64,
    /// When.
    pub(crate) at: Option<Micros>,
    /// `act`, `refusal`, `sign_in` or `export`.
    pub(crate) kind: String,
    /// What.
    pub(crate) action: String,
    /// `done`, `asked` or `refused`.
    pub(crate) outcome: String,
    /// Who; empty where nobody is known.
    pub(crate) principal: String,
    /// Through which program, where one acted for a person.
    pub(crate) agent: Option<String>,
    /// To what.
    pub(crate) subject: String,
    /// In which tenant.
    pub(crate) about: Option<String>,
    /// From where.
    pub(crate) address: Option<String>,
    /// The rest of what was hashed.
    pub(crate) details: String,
    /// The hash that the next row is bound to.
    pub(crate) entry_hash: String,
    /// Finds the log lines of the call.
    pub(crate) request_id: Option<String>,
}
