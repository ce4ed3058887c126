//! Forms that do something. The answer always leads to a page, which says what came of it.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use dg_domain::TenantId;
use tracing::info;

use super::{
    cookies,
    page::to_sign_in,
    person, same_origin,
    sign_in::{next_of, see_other},
};
use crate::{
    acts::{self, Done, NotDone},
    app::App,
    model::{Failure, Fields, Said},
    people::Person,
    place::Place,
};

pub(super) async fn submit(
    State(app): State<Arc<App>>,
    Path((tenant, act)): Path<(String, String)>,
    headers: HeaderMap,
    Form(sent): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields(sent);
    let next = Place::parse(&next_of(fields.get("next").unwrap_or_default())).saying(None);
    let Some(person) = person(&app, &headers) else { return to_sign_in(&next.href()) };
    let Ok(tenant) = TenantId::new(&tenant) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(key) = key(&app, &headers, &fields) else { return back(&person, next, too_old(fields)) };
    let client = person.client.tenant(tenant.as_str()).request_id(key);
    match acts::perform(&client, &tenant, &act, &fields).await {
        Ok(Done { text, to }) => {
            info!(%tenant, act, "{} did {act}", person.name());
            back(&person, to.unwrap_or(next), Said::Done(text))
        }
        Err(NotDone::Unknown) => StatusCode::NOT_FOUND.into_response(),
        Err(NotDone::SignedOut) => {
            person.gone.cancel();
            to_sign_in(&next.href())
        }
        Err(NotDone::Refused(failure)) => back(&person, next, Said::Refused { failure, fields }),
    }
}

/// The key of a form that this console drew for this person.
pub(super) fn key<'f>(app: &App, headers: &HeaderMap, fields: &'f Fields) -> Option<&'f str> {
    let (csrf, key) = (fields.get("csrf")?, fields.get("key")?);
    let drawn = same_origin(app, headers) && app.csrf.holds(cookies::session(headers, app.secure), csrf);
    drawn.then_some(key)
}

/// Nothing is done for a form that this console did not draw for this person.
pub(super) fn too_old(fields: Fields) -> Said {
    let (code, message) = ("form_too_old".to_owned(), "the form was too old; please try again".to_owned());
    Said::Refused { failure: Failure { code, message, request_id: None, transient: false }, fields }
}

pub(super) fn back(person: &Person, next: Place, said: Said) -> Response {
    match person.say(said) {
        Ok(name) => see_other(&format!("{}#said", next.saying(Some(name)).href())),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
