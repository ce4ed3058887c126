//! People, and who they are at issuers.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// When they were made.
    #[serde(default)]
    pub created_at: Option<String>,
    /// By whom.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Whether they may do nothing.
    #[serde(default)]
    pub disabled: bool,
    /// How people call them.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether a password opens the account.
    #[serde(default)]
    pub has_password: bool,
    /// When a session of theirs was last used, to within a minute or so.
    #[serde(default)]
    pub last_seen_at: Option<String>,
    /// Whether somebody else chose the password.
    #[serde(default)]
    pub must_change_password: bool,
    /// Since when the password is what it is.
    #[serde(default)]
    pub password_changed_at: Option<String>,
    /// What they may do beyond their roles.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// What they may do.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Where; `*` for everywhere.
    #[serde(default)]
    pub tenant_ids: Vec<String>,
    /// Their name.
    pub user_id: String,
}

/// A person with the password that the service chose for them, if it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserAnswer {
    /// For signing in once; in this answer and nowhere else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The person.
    pub user: User,
}

/// That a subject of an issuer is a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// Since when.
    pub linked_at: String,
    /// Who said so.
    pub linked_by: String,
    /// Whom the issuer means.
    pub subject: String,
}
