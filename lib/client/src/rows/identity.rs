//! Accounts, tokens, tenants.

use serde::{Deserialize, Serialize};

use crate::Secret;

/// What a tenant may send, where that is less than what the service takes from everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantLimits {
    /// Events of one batch.
    #[serde(default)]
    pub max_batch_events: Option<i64>,
    /// Bytes of one event.
    #[serde(default)]
    pub max_event_bytes: Option<i64>,
    /// Reads a second, whoever asks.
    #[serde(default)]
    pub reads_per_second: Option<i64>,
    /// Events a second, whoever sends them.
    #[serde(default)]
    pub writes_per_second: Option<i64>,
}

/// A registered tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// When it was registered.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Account that registered it.
    #[serde(default)]
    pub created_by: Option<String>,
    /// Whether it is a demonstration.
    #[serde(default)]
    pub demo: bool,
    /// What it may send.
    #[serde(default)]
    pub limits: TenantLimits,
    /// `precise` or `reference`.
    #[serde(default)]
    pub secret_guard: Option<String>,
    /// `active`, `suspended` or `closed`.
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
    /// How people call it.
    #[serde(default)]
    pub display_name: Option<String>,
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
    /// How people call it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// `service` or `person`.
    #[serde(default)]
    pub kind: Option<String>,
    /// What it may do beyond its roles.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// What it may do.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The session by which a person is known.
    #[serde(default)]
    pub session: Option<OwnSession>,
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

/// A token and the one whose place it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotatedToken {
    /// The old one, with its end.
    pub replaced: OwnToken,
    /// The new one.
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

/// A session at the one moment its secret is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedSession {
    /// When it ends in any case.
    pub expires_at: String,
    /// It ends after so many seconds without use.
    pub idle_s: i64,
    /// For [`Client::in_the_name_of`](crate::Client::in_the_name_of).
    pub session: Secret,
    /// Public part.
    pub session_id: String,
}

/// By what people can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInMethods {
    /// At an issuer, if there is one.
    #[serde(default)]
    pub oidc: Option<OidcMethod>,
    /// With name and password.
    pub password: bool,
}

/// Signing in at an issuer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcMethod {
    /// What the button says.
    pub label: String,
}

/// A sign-in that began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunSignIn {
    /// Where the browser goes.
    pub authorization_url: String,
    /// Until when it may come back.
    pub expires_at: String,
    /// With what it has to come back; for this browser alone.
    pub state: Secret,
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

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Their session.
    pub session: OpenedSession,
    /// They themselves.
    pub user: SignedInUser,
}

/// A person who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedInUser {
    /// How people call them.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Whether they have to choose a password before anything else.
    #[serde(default)]
    pub must_change_password: bool,
    /// Their name.
    pub user_id: String,
}
