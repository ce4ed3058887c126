//! Signing in and out, as plain forms.

use std::sync::Arc;

use axum::{
    Form,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use dg_client::Secret;
use dg_runtime::clock;
use serde::Deserialize;
use tracing::{info, warn};

use super::{cookies, page::to_sign_in, same_origin};
use crate::{
    app::App,
    document::document,
    model::{Body, SignInPage, View},
    people::random_id,
    place::{Place, value_of},
};

/// Longer than any token.
const MAX_TOKEN: usize = 512;

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    token: String,
}

/// What the sign-out form sends.
#[derive(Deserialize)]
pub(super) struct SignOut {
    #[serde(default)]
    csrf: String,
}

/// Draws the form.
pub(super) async fn form(State(app): State<Arc<App>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let next = query.and_then(|query| value_of(&query, "next")).unwrap_or_default();
    draw(&app, &headers, StatusCode::OK, &next, None)
}

/// Begins a session with the token that was sent, if the service knows it.
pub(super) async fn submit(State(app): State<Arc<App>>, headers: HeaderMap, Form(sent): Form<SignIn>) -> Response {
    let refuse = |status, problem: &str| draw(&app, &headers, status, &sent.next, Some(problem.to_owned()));
    if !same_origin(&app, &headers) || !app.csrf.holds(cookies::visit(&headers, app.secure), &sent.csrf) {
        return refuse(StatusCode::FORBIDDEN, "The form was too old. Please try again.");
    }
    let token = sent.token.trim();
    if token.is_empty() || token.len() > MAX_TOKEN {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "Enter an API token.");
    }
    let token = Secret::from(token);
    let Ok(client) = app.api.with_token(token.clone()) else {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, "That is not an API token.");
    };
    let me = match client.me().await {
        Ok(me) => me,
        Err(error) if error.status == Some(401) => {
            warn!("a sign-in was refused: the token is not valid");
            return refuse(StatusCode::UNPROCESSABLE_ENTITY, "The service does not know this token, or it has ended.");
        }
        Err(error) => {
            warn!(code = %error.code, "a sign-in could not be checked: {error}");
            return refuse(StatusCode::OK, "The service does not answer right now. Please try again in a moment.");
        }
    };
    let Ok(id) = random_id() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    // A session that is replaced ends, so that an id from before the sign-in opens nothing after it.
    if let Some(old) = cookies::session(&headers, app.secure) {
        app.sessions.end(old);
    }
    app.sessions.begin(&id, client, token, app.csrf.token(&id), clock::now());
    info!(account_id = %me.account_id, "{} signed in", me.account_id);
    with_cookie(see_other(&next_of(&sent.next)), cookies::set_session(&id, app.secure))
}

/// Ends the session.
pub(super) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap, Form(sent): Form<SignOut>) -> Response {
    let session = cookies::session(&headers, app.secure);
    if !same_origin(&app, &headers) || !app.csrf.holds(session, &sent.csrf) {
        return to_sign_in("/");
    }
    if let Some(id) = session {
        app.sessions.end(id);
        info!("somebody signed out");
    }
    with_cookie(see_other("/sign-in"), cookies::clear_session(app.secure))
}

fn draw(app: &App, headers: &HeaderMap, status: StatusCode, next: &str, problem: Option<String>) -> Response {
    let (visit, new) = match cookies::visit(headers, app.secure) {
        Some(visit) => (visit.to_owned(), false),
        None => match random_id() {
            Ok(visit) => (visit, true),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    };
    let mut shell = app.shell(None, Place::Home, clock::now());
    shell.csrf = app.csrf.token(&visit);
    let body = Body::SignIn(SignInPage { next: next_of(next), problem });
    let view = View { title: "Sign in".to_owned(), shell, body };
    let response = (status, Html(document(view, &app.assets, false))).into_response();
    if new { with_cookie(response, cookies::set_visit(&visit, app.secure)) } else { response }
}

/// Only places of this console are led to.
fn next_of(next: &str) -> String {
    match Place::parse(next) {
        Place::Unknown => "/".to_owned(),
        place => place.href(),
    }
}

fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::next_of;

    #[test]
    fn nobody_is_led_elsewhere() {
        for next in ["", "https://evil.example/", "//evil.example/t/a/traces", "/\\evil.example", "javascript:alert(1)"]
        {
            assert_eq!(next_of(next), "/", "{next}");
        }
        assert_eq!(next_of("/t/acme/traces?status=open"), "/t/acme/traces?status=open");
    }
}
