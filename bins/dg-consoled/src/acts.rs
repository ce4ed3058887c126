//! What forms do: from the fields of a form to a call of the service, made in the person's name.
//!
//! The service decides whether it may be done. A call carries the form's own key as its request id, so that a form that is
//! sent twice does what it says once.

pub(crate) mod issue;
pub(crate) mod managed;
mod notifications;
mod reviews;
pub(crate) mod runs;
mod studio;

use dg_client::{Client, ClientError};
use dg_domain::TenantId;

use crate::{
    model::{Failure, Fields},
    place::Place,
    source,
};

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// A sentence about it.
    pub(crate) text: String,
    /// Where to go, if not back to the page of the form.
    pub(crate) to: Option<Place>,
}

/// Why nothing was done.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// There is no such act.
    Unknown,
    /// The service does not know the person any more.
    SignedOut,
    /// The service, or the form itself, says no.
    Refused(Failure),
}

impl From<ClientError> for NotDone {
    fn from(error: ClientError) -> Self {
        if error.status == Some(401) { Self::SignedOut } else { Self::Refused(source::failure(&error)) }
    }
}

impl NotDone {
    /// The form itself says no.
    fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused(Failure { code: code.to_owned(), message: message.into(), request_id: None, transient: false })
    }

    /// What was sent cannot be done.
    fn wrong(message: impl Into<String>) -> Self {
        Self::refused("invalid_argument", message)
    }
}

impl Done {
    /// Stays on the page.
    pub(crate) fn here(text: impl Into<String>) -> Self {
        Self { text: text.into(), to: None }
    }
}

/// Does `act` in the tenant of `client`.
///
/// # Errors
/// See [`NotDone`].
pub(crate) async fn perform(client: &Client, tenant: &TenantId, act: &str, fields: &Fields) -> Result<Done, NotDone> {
    let place = |screen| Place::of(tenant, screen);
    match act {
        "review" => reviews::one(client, place, fields).await,
        "review-many" => reviews::many(client, fields).await,
        "start-review" => studio::start(client, place, fields).await,
        "read-notifications" => notifications::read(client, fields).await,
        "start-run" => runs::start(client, fields).await,
        "step-run" => runs::step(client, fields).await,
        "decide-failure" => runs::decide(client, fields).await,
        "verify-reviews" => runs::verify_reviews(client).await,
        "change-account" => managed::change_account(client, tenant, fields).await,
        "switch-account" => managed::switch_account(client, tenant, fields).await,
        "revoke-token" => managed::revoke_token(client, tenant, fields).await,
        "change-person" => managed::change_person(client, tenant, fields).await,
        "switch-person" => managed::switch_person(client, tenant, fields).await,
        "end-session" => managed::end_session(client, fields).await,
        "link-person" => managed::link_person(client, tenant, fields).await,
        "unlink-person" => managed::unlink_person(client, tenant, fields).await,
        "change-tenant" => managed::change_tenant(client, tenant, fields).await,
        _ => Err(NotDone::Unknown),
    }
}
