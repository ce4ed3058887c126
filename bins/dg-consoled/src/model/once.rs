//! A secret at the one moment at which it is shown.

use dg_client::Secret;
use dg_domain::Micros;

use crate::place::Place;

/// The answer to a form that made a secret. It is nowhere else: no address leads to it, and no open page holds it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OncePage {
    /// What kind of secret.
    pub(crate) kind: OnceKind,
    /// Whose.
    pub(crate) whose: String,
    /// The secret; none when it was shown before.
    pub(crate) secret: Option<Secret>,
    /// Its public part.
    pub(crate) public: Option<String>,
    /// When it ends; none for never.
    pub(crate) expires: Option<Micros>,
    /// The token whose place it takes, and until when that one goes on.
    pub(crate) replaces: Option<(String, Option<Micros>)>,
    /// Where to go on.
    pub(crate) back: Place,
}

/// What kind of secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnceKind {
    /// A token of an account.
    Token,
    /// A password for signing in once.
    Password,
}
