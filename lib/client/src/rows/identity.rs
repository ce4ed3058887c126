//! Accounts, tokens, tenants.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// A registered tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// When it was registered.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Account that registered it.
    #[serde(default)]
    pub created_by: Option<String>,
    /// `precise` or `reference`.
    #[serde(default)]
    pub secret_guard: Option<String>,
    /// `active`, or why it is not.
    #[serde(default)]
    pub status: Option<String>,
    /// Its id.
    pub tenant_id: String,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub account_id: String,
    /// When it was created.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Account that created it.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Whether it may do nothing.
    #[serde(default)]
    pub disabled: bool,
    /// What it may do beyond its roles.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// What it may do.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Where; `*` for everywhere.
    #[serde(default)]
    pub tenant_ids: Vec<String>,
    /// Its tokens, without their secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<OwnToken>,
}

/// What is told of a token after it was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnToken {
    /// When it was issued.
    #[serde(default)]
    pub created_at: Option<String>,
    /// When it ends; none for never.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// When it was last seen, to within a minute or so.
    #[serde(default)]
    pub last_used_at: Option<String>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked_at: Option<String>,
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

/// An account just created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccountAnswer {
    /// The account.
    pub account: Account,
    /// Its first token.
    pub token: IssuedToken,
}

/// The account behind a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Its name.
    pub account_id: String,
    /// What it may do beyond its roles.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// What it may do.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Where it may do so; `*` for everywhere.
    #[serde(default)]
    pub tenant_ids: Vec<String>,
    /// Registered tenants among them.
    #[serde(default)]
    pub tenants: Vec<String>,
    /// The token that was used.
    #[serde(default)]
    pub token: Option<OwnToken>,
}
