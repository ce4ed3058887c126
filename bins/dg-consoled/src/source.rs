//! Reads a place from the service and turns the answer into a view.
//!
//! Everything is read with the person's token. A part that fails becomes a panel that says so; the others are shown.

mod around;
mod event;
mod trace;
mod traces;

use dg_client::{ClientError, Meta};
use dg_domain::TenantId;

use crate::{
    model::{Body, Entity, Failure, Freshness, Notice},
    people::{Person, tenants_of},
    place::Place,
};

/// What was found at a place.
#[derive(Debug)]
pub(crate) struct Found {
    /// The place itself, or the one it leads to.
    pub(crate) place: Place,
    /// What to call the window.
    pub(crate) title: String,
    /// What to show.
    pub(crate) body: Body,
    /// How current that is.
    pub(crate) freshness: Freshness,
    /// Set when the service could not be asked: what is shown may be missing or old.
    pub(crate) outage: Option<Failure>,
}

/// The token is not valid any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignedOut;

impl Found {
    fn says(place: &Place, notice: Notice) -> Self {
        let (title, outage) = match &notice {
            Notice::NotFound => ("Not found", None),
            Notice::NoTenant => ("No tenant", None),
            Notice::Failed(failure) => ("Not available", failure.transient.then(|| failure.clone())),
        };
        let (title, freshness) = (title.to_owned(), Freshness::Unknown);
        Self { place: place.clone(), title, body: Body::Notice(notice), freshness, outage }
    }
}

/// Reads `place`.
///
/// # Errors
/// [`SignedOut`] when the service does not know the token; everything else is part of what was found.
pub(crate) async fn read(person: &Person, place: &Place) -> Result<Found, SignedOut> {
    let tenants = match person.me(false).await {
        Ok(me) => Some(tenants_of(&me)),
        Err(error) if signed_out(&error) => return Err(SignedOut),
        Err(error) => {
            // The page itself may still be readable from what is known; without anything known it is not.
            if person.tenants().is_empty() && *place == Place::Home {
                return Ok(Found::says(place, Notice::Failed(failure(&error))));
            }
            None
        }
    };
    let place = match (place, &tenants) {
        (Place::Home, Some(tenants)) => match tenants.first() {
            Some(first) => Place::traces(first.clone()),
            None => return Ok(Found::says(place, Notice::NoTenant)),
        },
        (Place::Home, None) => match person.tenants().first() {
            Some(first) => Place::traces(first.clone()),
            None => place.clone(),
        },
        _ => place.clone(),
    };
    match &place {
        Place::Home | Place::Unknown => Ok(Found::says(&place, Notice::NotFound)),
        Place::Traces { tenant, filter, cursor } => {
            if !may_see(person, tenants.as_deref(), tenant).await {
                return Ok(Found::says(&place, Notice::NotFound));
            }
            traces::read(person, &place, tenant, filter, cursor.as_deref()).await
        }
        Place::Trace { tenant, trace_id, from } => {
            if !may_see(person, tenants.as_deref(), tenant).await {
                return Ok(Found::says(&place, Notice::NotFound));
            }
            trace::read(person, &place, tenant, trace_id, *from).await
        }
    }
}

pub(crate) use trace::has_news;

/// Saves a call that would be refused; a tenant registered a moment ago is asked for once more.
async fn may_see(person: &Person, tenants: Option<&[TenantId]>, tenant: &TenantId) -> bool {
    match tenants {
        None => true,
        Some(tenants) if tenants.contains(tenant) => true,
        Some(_) => person.me(true).await.is_ok_and(|me| tenants_of(&me).contains(tenant)),
    }
}

/// What the client says, for people.
pub(crate) fn failure(error: &ClientError) -> Failure {
    // The client's own words name the service's address, which is nothing for a page.
    let message = match (error.status, error.code.as_str()) {
        (None, "unavailable") => "the service cannot be reached".to_owned(),
        (None, "timeout") => "the service did not answer in time".to_owned(),
        (None, "invalid_response") => "what answered is not the service".to_owned(),
        _ => error.message.clone(),
    };
    Failure { code: error.code.clone(), message, request_id: error.request_id.clone(), transient: error.is_transient() }
}

fn signed_out(error: &ClientError) -> bool {
    error.status == Some(401)
}

/// Missing and foreign look alike.
fn is_nothing(error: &ClientError) -> bool {
    matches!(error.status, Some(403 | 404))
}

fn freshness(meta: Meta) -> Freshness {
    Freshness::of(meta.applied_seq, meta.head_seq)
}

fn entity(system: Option<&str>, kind: Option<&str>, id: Option<&str>) -> Entity {
    let kind = kind.unwrap_or_default().replace('_', " ");
    let kind = match system.filter(|system| !system.is_empty()) {
        Some(system) => format!("{kind} in {system}"),
        None => kind,
    };
    Entity { id: id.unwrap_or_default().to_owned(), kind: kind.trim().to_owned() }
}
