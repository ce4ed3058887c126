//! What the screens about accounts, people and tenants show, and which form is open there.

use super::query::{Pairs, given, one_of, value_of};

/// What can be done on the page of an account.
pub(crate) const ACCOUNT_STEPS: [&str; 6] = ["change", "disable", "enable", "token", "rotate", "revoke"];
/// What can be done on the page of a person.
pub(crate) const PERSON_STEPS: [&str; 6] = ["change", "disable", "enable", "password", "link", "unlink"];
/// What can be changed about a tenant.
pub(crate) const TENANT_STEPS: [&str; 2] = ["limits", "status"];

/// An account or a person, and what is about to be done there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManagedAt {
    /// Whose page.
    pub(crate) id: String,
    /// Which form is open.
    pub(crate) doing: Option<String>,
    /// The token or issuer that it is about.
    pub(crate) on: Option<String>,
}

impl ManagedAt {
    /// The page of `id`, with no form open.
    pub(crate) fn of(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    /// The same page with the form `doing` open.
    pub(crate) fn doing(&self, doing: &str, on: Option<&str>) -> Self {
        Self { id: self.id.clone(), doing: Some(doing.to_owned()), on: on.map(str::to_owned) }
    }

    pub(super) fn read(id: &str, query: &str, steps: &[&str]) -> Self {
        Self { id: id.to_owned(), doing: one_of(query, "do", steps), on: value_of(query, "on") }
    }

    pub(super) fn pairs(&self) -> Pairs {
        given([("do", self.doing.clone()), ("on", self.on.clone())])
    }
}
