//! Accounts.

use serde::{Deserialize, Serialize};

use crate::{IssuedToken, OwnToken};

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
    /// How people call it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    pub owner_id: Option<String>,
    /// `service` or `person`.
    #[serde(default)]
    pub kind: Option<String>,
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

/// An account just created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccountAnswer {
    /// The account.
    pub account: Account,
    /// Its first token.
    pub token: IssuedToken,
}

/// An account made from a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedAccount {
    /// The account.
    pub account: Account,
    /// A new token, where none of the file could be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<IssuedToken>,
    /// Tokens of the file that stay valid.
    pub tokens_kept: usize,
    /// Tokens of the file that are too weak.
    pub tokens_left_behind: usize,
}

/// What became of a file of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The accounts made.
    pub accounts: Vec<ImportedAccount>,
    /// Those that were there already.
    pub skipped: Vec<String>,
    /// Tenants that they may use and that are not registered.
    pub unregistered_tenants: Vec<String>,
}
