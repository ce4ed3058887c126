//! Forms that make a secret. The answer to the form is the page that shows it: no other page ever does, nothing keeps it, and no
//! script runs on it. A form that comes again makes nothing.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
};
use dg_domain::TenantId;
use dg_runtime::clock;
use tracing::info;

use super::{act, cookies, page::to_sign_in, person, sign_in::next_of};
use crate::{
    acts::{self, NotDone},
    app::App,
    document::document,
    model::{Body, Fields, Said, View},
    place::{Place, Screen},
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
    let Some(key) = act::key(&app, &headers, &fields) else {
        return act::back(&person, next, act::too_old(fields));
    };
    let client = person.client.request_id(key).idempotency_key(key);
    match acts::issue::issue(&client, &tenant, &act, &fields).await {
        Ok(once) => {
            if once.secret.is_some() {
                info!(%tenant, act, "{} did {act} for {}", person.name(), once.whose);
            }
            // Without a script: what no session holds cannot be sent through a socket.
            let shell = app.shell(Some(&person), once.back.clone(), clock::now());
            let title = if once.secret.is_some() { "Shown once" } else { "Was shown once" };
            let view = View { title: title.to_owned(), shell, body: Body::Once(Box::new(once)) };
            Html(document(view, &app.assets, false, cookies::theme(&headers, app.secure))).into_response()
        }
        Err(NotDone::Unknown) => StatusCode::NOT_FOUND.into_response(),
        Err(NotDone::SignedOut) => {
            person.gone.cancel();
            to_sign_in(&next.href())
        }
        Err(NotDone::Refused(failure)) => act::back(&person, next, Said::Refused { failure, fields }),
    }
}

/// Somebody who comes to the address of such a page finds the list instead: the page itself cannot be had again.
pub(super) async fn gone(Path((tenant, act)): Path<(String, String)>) -> Response {
    let Ok(tenant) = TenantId::new(&tenant) else { return StatusCode::NOT_FOUND.into_response() };
    let people = matches!(act.as_str(), "create-person" | "reset-password");
    let screen = if people { Screen::People { asking: false } } else { Screen::Accounts { asking: false } };
    Redirect::to(&Place::of(&tenant, screen).href()).into_response()
}
