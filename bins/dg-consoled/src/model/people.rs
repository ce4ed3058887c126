//! People who sign in.

use dg_domain::{Micros, TenantId};

use super::{Panel, accounts::Grants};
use crate::place::ManagedAt;

/// Who signs in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PeoplePage {
    /// In whose frame they are shown.
    pub(crate) tenant: TenantId,
    /// Whether the form for somebody else is open.
    pub(crate) asking: bool,
    /// Those that the viewer may see.
    pub(crate) list: Panel<Vec<PersonRow>>,
}

/// Somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PersonRow {
    /// Their name.
    pub(crate) user_id: String,
    /// How people call them.
    pub(crate) display_name: Option<String>,
    /// What they may do.
    pub(crate) grants: Grants,
    /// Whether they may do nothing at all.
    pub(crate) disabled: bool,
    /// Whether a password opens the account.
    pub(crate) has_password: bool,
    /// Whether somebody else chose it.
    pub(crate) must_change: bool,
    /// Since when it is what it is.
    pub(crate) password_since: Option<Micros>,
    /// When they were last here, to within a minute or so.
    pub(crate) seen: Option<Micros>,
    /// When they were made.
    pub(crate) created: Option<Micros>,
    /// By whom.
    pub(crate) created_by: String,
}

/// One person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PersonPage {
    /// In whose frame they are shown.
    pub(crate) tenant: TenantId,
    /// Who, and what is about to be done there.
    pub(crate) at: ManagedAt,
    /// They.
    pub(crate) person: Panel<PersonRow>,
    /// Where they are signed in.
    pub(crate) sessions: Panel<Vec<SessionRow>>,
    /// Who they are at issuers.
    pub(crate) links: Panel<Vec<LinkRow>>,
}

/// A session that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionRow {
    /// Public part.
    pub(crate) session_id: String,
    /// The program that acts for them.
    pub(crate) agent: String,
    /// `password` or `oidc`.
    pub(crate) method: String,
    /// From where they came.
    pub(crate) address: Option<String>,
    /// Since when.
    pub(crate) began: Option<Micros>,
    /// When it was last used.
    pub(crate) seen: Option<Micros>,
    /// When it ends in any case.
    pub(crate) expires: Option<Micros>,
}

/// Who somebody is at an issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LinkRow {
    /// The issuer.
    pub(crate) issuer: String,
    /// Whom it means.
    pub(crate) subject: String,
    /// Since when.
    pub(crate) since: Option<Micros>,
    /// Who said so.
    pub(crate) by: String,
}
