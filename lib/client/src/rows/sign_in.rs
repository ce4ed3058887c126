//! Who signed in, and by what people can.

use serde::{Deserialize, Serialize};

use crate::{OwnSession, OwnToken, Secret};

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
    /// Whether the first person can be made ([`Client::set_up`](crate::Client::set_up)).
    #[serde(default)]
    pub setup: bool,
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
