//! Another password, as a plain form. Whoever came in with one that somebody else chose comes here first.

use std::sync::Arc;

use axum::{
    Form,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
};
use dg_runtime::clock;
use serde::Deserialize;
use tracing::{info, warn};

use super::{
    cookies,
    page::to_sign_in,
    same_origin,
    sign_in::{next_of, see_other},
};
use crate::{
    app::App,
    document::document,
    model::{Body, PasswordPage, View},
    people::Person,
    place::{Place, escaped, value_of},
};

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// Leads to the form, and from there to `next`.
pub(super) fn to_form(next: &str) -> Response {
    Redirect::to(&format!("/password?next={}", escaped(next))).into_response()
}

/// Draws the form.
pub(super) async fn form(State(app): State<Arc<App>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let next = query.and_then(|query| value_of(&query, "next")).unwrap_or_default();
    match person(&app, &headers) {
        Some(person) => draw(&app, &headers, &person, StatusCode::OK, &next, None),
        None => to_sign_in("/"),
    }
}

/// Changes the password.
pub(super) async fn submit(State(app): State<Arc<App>>, headers: HeaderMap, Form(sent): Form<Change>) -> Response {
    let Some(person) = person(&app, &headers) else { return to_sign_in("/") };
    let refuse = |status, problem: &str| draw(&app, &headers, &person, status, &sent.next, Some(problem.to_owned()));
    let session = cookies::session(&headers, app.secure);
    if !same_origin(&app, &headers) || !app.csrf.holds(session, &sent.csrf) {
        return refuse(StatusCode::FORBIDDEN, "The form was too old. Please try again.");
    }
    if sent.new != sent.again {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "The new password was not written the same way twice.");
    }
    match person.client.change_password(&sent.current, &sent.new).await {
        Ok(()) => {
            info!("{} chose another password", person.name());
            let _ = person.me(true).await;
            see_other(&next_of(&sent.next))
        }
        Err(error) => match error.code.as_str() {
            "sign_in_refused" => refuse(StatusCode::UNPROCESSABLE_ENTITY, "The current password is wrong."),
            "invalid_argument" => {
                refuse(StatusCode::UNPROCESSABLE_ENTITY, "Choose another one, with at least 12 characters.")
            }
            "rate_limited" => refuse(StatusCode::TOO_MANY_REQUESTS, "Too many tries failed. Please wait a while."),
            "session_ended" => to_sign_in("/"),
            code => {
                warn!(code, "a password could not be changed: {error}");
                refuse(StatusCode::OK, "The service does not answer right now. Please try again in a moment.")
            }
        },
    }
}

/// The person of the session, if the service knows them by one too: tokens have no password.
fn person(app: &App, headers: &HeaderMap) -> Option<Arc<Person>> {
    let id = cookies::session(headers, app.secure)?;
    app.sessions.find(id, clock::now()).filter(|person| person.has_session())
}

fn draw(
    app: &App,
    headers: &HeaderMap,
    person: &Person,
    status: StatusCode,
    next: &str,
    problem: Option<String>,
) -> Response {
    let shell = app.shell(Some(person), Place::Home, clock::now());
    let required = person.must_change_password();
    let body = Body::Password(PasswordPage { next: next_of(next), problem, required });
    let view = View { title: "Another password".to_owned(), shell, body };
    (status, Html(document(view, &app.assets, false, cookies::theme(headers, app.secure)))).into_response()
}
