//! Signing in and out, as plain forms: with name and password where the console has a token of its own, and with an API token.

use std::{net::IpAddr, sync::Arc};

use axum::{
    Extension, Form,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use dg_client::{Client, Secret, SignInMethods};
use dg_runtime::clock;
use serde::Deserialize;
use tracing::{info, warn};

use super::{
    cookies,
    page::to_sign_in,
    password::to_form,
    peer::{Peer, address_of},
    same_origin,
};
use crate::{
    app::App,
    document::document,
    model::{Body, SignInPage, View},
    people::{Person, random_id},
    place::{Place, value_of},
};

/// Longer than any token.
const MAX_TOKEN: usize = 512;
pub(super) const AWAY: &str = "The service does not answer right now. Please try again in a moment.";

/// What the sign-in form sends.
#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    password: String,
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
    let methods = app.sign_in_methods().await;
    draw_form(&app, &headers, StatusCode::OK, (&next, ""), methods, None)
}

/// Begins a session with what was sent, if the service knows it.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Form(sent): Form<SignIn>,
) -> Response {
    let keep = (sent.next.as_str(), sent.user_id.as_str());
    let methods = app.sign_in_methods().await;
    let refuse =
        |status, problem: &str| draw_form(&app, &headers, status, keep, methods.clone(), Some(problem.to_owned()));
    if !same_origin(&app, &headers) || !app.csrf.holds(cookies::visit(&headers, app.secure), &sent.csrf) {
        return refuse(StatusCode::FORBIDDEN, "The form was too old. Please try again.");
    }
    if app.knows_people() && sent.token.is_empty() {
        let address = address_of(peer.map(|Extension(peer)| peer), &headers, app.secure);
        return match by_password(&app, &sent, address).await {
            Ok((client, session)) => enter(&app, &headers, client, session, &sent.next).await,
            Err((status, problem)) => refuse(status, problem),
        };
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
            return refuse(StatusCode::OK, AWAY);
        }
    };
    info!(account_id = %me.account_id, "{} signed in", me.account_id);
    enter(&app, &headers, client, token, &sent.next).await
}

/// Asks the service to open a session for the person.
async fn by_password(
    app: &App,
    sent: &SignIn,
    address: Option<IpAddr>,
) -> Result<(Client, Secret), (StatusCode, &'static str)> {
    if sent.user_id.trim().is_empty() || sent.password.is_empty() {
        return Err((StatusCode::UNPROCESSABLE_ENTITY, "Enter your name and your password."));
    }
    let Some(service) = app.service() else {
        warn!("console.service_token_file cannot be read, so nobody can sign in with a password");
        return Err((StatusCode::OK, AWAY));
    };
    let address = address.map(|address| address.to_string());
    let opened = service.sign_in(sent.user_id.trim(), &sent.password, address.as_deref()).await;
    let signed_in = opened.map_err(|error| match (error.code.as_str(), error.status) {
        ("sign_in_refused", _) => (StatusCode::UNPROCESSABLE_ENTITY, "Name or password is wrong."),
        ("rate_limited", _) => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many tries failed. Please wait a quarter of an hour before the next one.",
        ),
        (code, status) => {
            warn!(code, status, "a sign-in could not be checked: {error}");
            (StatusCode::OK, AWAY)
        }
    })?;
    info!(account_id = %signed_in.user.user_id, "{} signed in", signed_in.user.user_id);
    let session = signed_in.session.session;
    let client = service.in_the_name_of(session.clone()).map_err(|_| (StatusCode::OK, AWAY))?;
    Ok((client, session))
}

/// Lets somebody in and leads them on.
pub(super) async fn enter(app: &App, headers: &HeaderMap, client: Client, secret: Secret, next: &str) -> Response {
    let Some((person, cookie)) = begin_session(app, headers, client, secret).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let next = next_of(next);
    let to = if person.must_change_password() { to_form(&next) } else { see_other(&next) };
    with_cookie(to, cookie)
}

/// Begins the console's own session, with the cookie for it; `None` when the system gives no randomness.
pub(super) async fn begin_session(
    app: &App,
    headers: &HeaderMap,
    client: Client,
    secret: Secret,
) -> Option<(Arc<Person>, Option<HeaderValue>)> {
    let id = random_id().ok()?;
    // A session that is replaced ends, so that an id from before the sign-in opens nothing after it.
    if let Some(old) = cookies::session(headers, app.secure) {
        app.sessions.end(old);
    }
    let person = app.sessions.begin(&id, client, secret, app.csrf.token(&id), clock::now());
    // What it says about the password decides which page comes first; without an answer the next page asks again.
    let _ = person.me(true).await;
    Some((person, cookies::set_session(&id, app.secure)))
}

/// Ends the session.
pub(super) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap, Form(sent): Form<SignOut>) -> Response {
    let session = cookies::session(&headers, app.secure);
    if !same_origin(&app, &headers) || !app.csrf.holds(session, &sent.csrf) {
        return to_sign_in("/");
    }
    if let Some(id) = session {
        if let Some(person) = app.sessions.find(id, clock::now()).filter(|person| person.has_session())
            && let Err(error) = person.client.sign_out().await
        {
            // Here it is over in any case; there it ends by itself when nobody uses it.
            warn!(code = %error.code, "a session of the service was not ended: {error}");
        }
        app.sessions.end(id);
        info!("somebody signed out");
    }
    with_cookie(see_other("/sign-in"), cookies::clear_session(app.secure))
}

/// The sign-in page.
pub(super) fn draw_form(
    app: &App,
    headers: &HeaderMap,
    status: StatusCode,
    (next, user_id): (&str, &str),
    methods: SignInMethods,
    problem: Option<String>,
) -> Response {
    let page = SignInPage {
        next: next_of(next),
        problem,
        people: app.knows_people(),
        issuer: methods.oidc.map(|oidc| oidc.label),
        setup: app.knows_people() && methods.setup,
        user_id: user_id.to_owned(),
    };
    draw(app, headers, status, "Sign in", Body::SignIn(page))
}

/// A page for somebody whom the console does not know yet, with the visit that its form belongs to.
pub(super) fn draw(app: &App, headers: &HeaderMap, status: StatusCode, title: &str, body: Body) -> Response {
    let (visit, new) = match cookies::visit(headers, app.secure) {
        Some(visit) => (visit.to_owned(), false),
        None => match random_id() {
            Ok(visit) => (visit, true),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
    };
    let mut shell = app.shell(None, Place::Home, clock::now());
    shell.csrf = app.csrf.token(&visit);
    let view = View { title: title.to_owned(), shell, body };
    let response =
        (status, Html(document(view, &app.assets, false, cookies::theme(headers, app.secure)))).into_response();
    if new { with_cookie(response, cookies::set_visit(&visit, app.secure)) } else { response }
}

/// Only places of this console are led to.
pub(super) fn next_of(next: &str) -> String {
    match Place::parse(next) {
        Place::Unknown => "/".to_owned(),
        place => place.href(),
    }
}

pub(super) fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

pub(super) fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
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
