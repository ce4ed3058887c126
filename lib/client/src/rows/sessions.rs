//! Sessions of people.

use serde::{Deserialize, Serialize};

/// The session of the person a call was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSession {
    /// The program that acts for the person.
    #[serde(default)]
    pub agent: Option<String>,
    /// When it ends in any case.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// Whether the person has to choose a password before anything else.
    #[serde(default)]
    pub must_change_password: bool,
    /// Public part.
    pub session_id: String,
}

/// A session as others than its owner see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Where the person came from.
    #[serde(default)]
    pub address: Option<String>,
    /// The program that acts for the person.
    pub agent: String,
    /// When they signed in.
    pub created_at: String,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<String>,
    /// Who ended it.
    #[serde(default)]
    pub ended_by: Option<String>,
    /// When it ends in any case.
    pub expires_at: String,
    /// When it was last used, to within a minute or so.
    pub last_seen_at: String,
    /// `password` or `oidc`.
    pub method: String,
    /// Public part.
    pub session_id: String,
    /// `open`, `expired` or `ended`.
    pub status: String,
    /// Whose it is.
    pub user_id: String,
}
