//! Tokens.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// What is told of a token after it was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnToken {
    /// When it was issued.
    #[serde(default)]
    pub created_at: Option<String>,
    /// The account that made it.
    #[serde(default)]
    pub created_by: Option<String>,
    /// When it ends; none for never.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub label: Option<String>,
    /// When it was last seen, to within a minute or so.
    #[serde(default)]
    pub last_used_at: Option<String>,
    /// The token it was made to replace.
    #[serde(default)]
    pub replaces: Option<String>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked_at: Option<String>,
    /// The account that revoked it.
    #[serde(default)]
    pub revoked_by: Option<String>,
    /// `active`, `expired` or `revoked`.
    #[serde(default)]
    pub status: Option<String>,
    /// Public part.
    pub token_id: String,
}

/// A token at the one moment it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// When it ends; none for never.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// The whole token.
    pub token: Secret,
    /// Public part, for revoking it.
    pub token_id: String,
}

/// A token and the one whose place it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotatedToken {
    /// The old one, with its end.
    pub replaced: OwnToken,
    /// The new one.
    pub token: IssuedToken,
}
