//! Accounts of programs, their tokens, and what accounts may do.

use dg_domain::{Micros, TenantId};

use super::Panel;
use crate::place::ManagedAt;

/// The roles, the weakest first.
pub(crate) const ROLES: [&str; 3] = ["reader", "writer", "admin"];
/// What an account may be given beside its roles.
pub(crate) const PERMISSIONS: [&str; 15] = [
    "workflow_review",
    "workflow_assign",
    "workflow_escalate",
    "workflow_override",
    "workflow_export",
    "workflow_configure",
    "projection_replay",
    "projection_rebuild",
    "projection_quarantine",
    "accounts_manage",
    "tenants_manage",
    "audit_read",
    "webhooks_manage",
    "payload_unmask",
    "principal_assert",
];

/// The accounts of programs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountsPage {
    /// In whose frame they are shown.
    pub(crate) tenant: TenantId,
    /// Whether the form for another one is open.
    pub(crate) asking: bool,
    /// Those that the viewer may see.
    pub(crate) list: Panel<Vec<AccountRow>>,
}

/// What somebody may do, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// Of [`ROLES`].
    pub(crate) roles: Vec<String>,
    /// Of [`PERMISSIONS`]; `*` for all.
    pub(crate) permissions: Vec<String>,
    /// Tenants; `*` for all.
    pub(crate) tenants: Vec<String>,
}

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountRow {
    /// Its name.
    pub(crate) account_id: String,
    /// How people call it.
    pub(crate) display_name: Option<String>,
    /// Who answers for it.
    pub(crate) owner: Option<String>,
    /// What it may do.
    pub(crate) grants: Grants,
    /// Whether it may do nothing at all.
    pub(crate) disabled: bool,
    /// When it was made.
    pub(crate) created: Option<Micros>,
    /// By whom.
    pub(crate) created_by: String,
}

/// One account.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AccountPage {
    /// In whose frame it is shown.
    pub(crate) tenant: TenantId,
    /// Which, and what is about to be done there.
    pub(crate) at: ManagedAt,
    /// It and its tokens, the latest first.
    pub(crate) account: Panel<(AccountRow, Vec<TokenRow>)>,
}

/// A token, named and not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenRow {
    /// Public part.
    pub(crate) token_id: String,
    /// What it is for.
    pub(crate) label: Option<String>,
    /// `active`, `expired` or `revoked`.
    pub(crate) status: String,
    /// When it was made.
    pub(crate) created: Option<Micros>,
    /// By whom.
    pub(crate) created_by: Option<String>,
    /// When it was last used, to within a minute or so.
    pub(crate) used: Option<Micros>,
    /// When it ends; none for never.
    pub(crate) expires: Option<Micros>,
    /// When it was taken back, and by whom.
    pub(crate) revoked: Option<(Micros, String)>,
    /// The token whose place it took.
    pub(crate) replaces: Option<String>,
}

impl TokenRow {
    /// Whether it opens anything.
    pub(crate) fn is_active(&self) -> bool {
        self.status == "active"
    }
}
