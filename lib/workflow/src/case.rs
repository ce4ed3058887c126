//! Cases to hand on: one item with everything that is known of it, in a form that a stranger can check without a server.
//!
//! A bundle is lines of canonical JSON, `{"part":…,"row":…}`: a manifest that names every part with its hash, the parts, and an
//! end that names the manifest. Many cases follow one another between the two lines of a set. [`verify`] reads nothing else:
//! it hashes lines, payloads and entries again, and folds the item again from the events that the bundle brings. The JSON
//! document and the page for people are made of the same lines, so that all three say the same.

mod html;
mod mask;
mod read;
mod verify;
mod write;

use std::str::FromStr;

use dg_domain::{Hash32, LogSeq, Micros, StoredEvent, TenantId};
use serde_json::Value;

use crate::Item;

pub use html::html;
pub use verify::{Fault, Verdict, verify};
pub use write::{Set, document, write};

/// The version of the form.
pub const EXPORT_VERSION: i64 = 2;
/// The parts of a case in their order, and whether each is one row.
const PARTS: [(&str, bool); 8] = [
    ("audit_summary", true),
    ("trace_reference", true),
    ("workflow", true),
    ("workflow_actions", false),
    ("workflow_notifications", false),
    ("evidence", false),
    ("events", false),
    ("digests", true),
];

/// How much of a case leaves the house. What is removed leaves its hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Everything; the only one whose item can be folded again.
    Full,
    /// Without evidence and without who people are.
    #[default]
    Internal,
    /// The same, without what people wrote.
    External,
}

/// A word that names no profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the profile must be among: full, internal, external")]
pub struct UnknownProfile;

impl Profile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::Internal, Self::External];

    /// Its name in manifests and requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Internal => "internal",
            Self::External => "external",
        }
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(word: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.as_str() == word).ok_or(UnknownProfile)
    }
}

/// Why an event is in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The item was folded of it.
    Managed,
    /// It stands in a trace that records the review.
    Companion,
    /// It stands in the trace that is reviewed.
    Subject,
}

impl Role {
    /// Its word in the bundle.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Companion => "companion",
            Self::Subject => "subject",
        }
    }
}

/// An event as the log keeps it.
#[derive(Clone, Debug)]
pub struct Filed {
    /// Why it is here.
    pub role: Role,
    /// The event.
    pub event: StoredEvent,
    /// The hash that is kept beside it.
    pub entry_hash: Hash32,
}

/// Everything about one item, as it was in one snapshot.
#[derive(Clone, Debug)]
pub struct Case {
    /// Whose.
    pub tenant_id: TenantId,
    /// Whether the tenant is a demonstration; the fold depends on it.
    pub demo: bool,
    /// The item.
    pub item: Item,
    /// Whether its time was up.
    pub overdue: bool,
    /// Rows of actions in the order of the log, in the shape of workflow, section 3.3.
    pub actions: Vec<Value>,
    /// Rows of notifications, oldest first, in the shape of workflow, section 3.4.
    pub notifications: Vec<Value>,
    /// Events in the order of the log.
    pub events: Vec<Filed>,
    /// The end of the tenant's log.
    pub head: LogSeq,
    /// Up to where the tenant's items were told about it.
    pub applied: LogSeq,
    /// The digest of all items of the tenant there; a set says it once, in its first line.
    pub workflow_digest: Option<Hash32>,
}

/// Who takes a case out, when, and how much of it.
#[derive(Clone, Debug)]
pub struct Taken {
    /// When.
    pub exported_at: Micros,
    /// The account.
    pub requested_by: String,
    /// The request.
    pub request_id: String,
    /// The program and its version.
    pub generator: String,
    /// How much.
    pub profile: Profile,
}

#[cfg(test)]
mod tests;
