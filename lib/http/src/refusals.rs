//! Who was told that they may not, for whoever keeps a record of it.

use std::fmt;

/// One answer of 401 or 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Method and template of the route, `GET /api/v1/events`.
    pub route: String,
    /// The code that was answered.
    pub code: String,
    /// The account, when its token was the right one, whatever else was wrong.
    pub account: Option<String>,
    /// The account that acted in its name.
    pub agent: Option<String>,
    /// The tenant that was asked for.
    pub tenant: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// The request.
    pub request_id: String,
}

/// Hears of refusals. Must not wait.
pub trait Witness: fmt::Debug + Send + Sync + 'static {
    /// One more.
    fn refused(&self, refused: Refused);
}
