//! Which rows of the audit are shown.

use super::query::{Pairs, given, one_of, value_of};

/// What a row is about.
pub(crate) const KINDS: [&str; 4] = ["act", "refusal", "sign_in", "export"];

/// Which rows; an absent field filters nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditFilter {
    /// One of [`KINDS`].
    pub(crate) kind: Option<String>,
    /// Who did it.
    pub(crate) principal: Option<String>,
    /// What was done.
    pub(crate) action: Option<String>,
    /// To what.
    pub(crate) subject: Option<String>,
}

impl AuditFilter {
    /// Whether every row passes.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn read(query: &str) -> Self {
        Self {
            kind: one_of(query, "kind", &KINDS),
            principal: value_of(query, "principal"),
            action: value_of(query, "action"),
            subject: value_of(query, "subject"),
        }
    }

    pub(super) fn pairs(&self) -> Pairs {
        given([
            ("kind", self.kind.clone()),
            ("principal", self.principal.clone()),
            ("action", self.action.clone()),
            ("subject", self.subject.clone()),
        ])
    }
}
