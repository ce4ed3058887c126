//! Signing in at the issuer that the service trusts: the browser is sent there, and comes back with what the service asks for.
//!
//! The console only carries. It keeps the state of a sign-in in a cookie of the browser that began it, so that nobody can be made
//! to end the sign-in of somebody else. Both ways lead over a page and not over a redirect: browsers hold redirects after a form
//! to `form-action`, wherever the issuer leads on to, and keep strict cookies back for as long as another site led here.

use std::sync::Arc;

use axum::{
    Extension, Form,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use dg_runtime::clock;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tracing::{info, warn};

use super::{
    cookies,
    peer::{Peer, address_of},
    same_origin,
    sign_in::{AWAY, begin_session, draw_form, next_of, with_cookie},
};
use crate::{
    app::App,
    document::document,
    model::{Body, PassagePage, View},
    place::{Place, escaped, value_of},
};

/// Where browsers come back to.
pub(super) const CALLBACK: &str = "/sign-in/oidc/callback";
/// Cookies are 4 KiB at most; a longer address is not worth it.
const MAX_NEXT: usize = 2048;

/// What the button sends.
#[derive(Deserialize)]
pub(super) struct Begin {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    next: String,
}

/// Sends the browser to the issuer.
pub(super) async fn begin(State(app): State<Arc<App>>, headers: HeaderMap, Form(sent): Form<Begin>) -> Response {
    let methods = app.sign_in_methods().await;
    let refuse = |status, problem: &str| {
        draw_form(&app, &headers, status, (&sent.next, ""), methods.clone(), Some(problem.to_owned()))
    };
    if !same_origin(&app, &headers) || !app.csrf.holds(cookies::visit(&headers, app.secure), &sent.csrf) {
        return refuse(StatusCode::FORBIDDEN, "The form was too old. Please try again.");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if app.secure { "https" } else { "http" };
    let Some(service) = app.service() else { return refuse(StatusCode::SERVICE_UNAVAILABLE, AWAY) };
    match service.begin_sign_in(&format!("{scheme}://{host}{CALLBACK}")).await {
        Ok(begun) => {
            let next = escaped(&next_of(&sent.next));
            let next = if next.len() > MAX_NEXT { "" } else { &next };
            let cookie = cookies::set_sign_in(&format!("{}.{next}", begun.state.expose()), app.secure);
            let name = methods.oidc.as_ref().map_or("the sign-in", |oidc| oidc.label.as_str());
            with_cookie(passage(&app, &begun.authorization_url, &format!("Going to {name}")), cookie)
        }
        Err(error) if error.code == "invalid_argument" => {
            warn!(host, "the address of this console is not one of api.oidc.redirect_uris");
            refuse(StatusCode::FORBIDDEN, "This sign-in is not set up for the address at which you see the console.")
        }
        Err(error) => {
            warn!(code = %error.code, "a sign-in could not begin: {error}");
            refuse(StatusCode::SERVICE_UNAVAILABLE, AWAY)
        }
    }
}

/// Takes a browser back that the issuer sent.
pub(super) async fn callback(
    State(app): State<Arc<App>>,
    peer: Option<Extension<Peer>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let value = |key| value_of(&query, key);
    let (state, next) =
        cookies::sign_in(&headers, app.secure).and_then(|value| value.split_once('.')).unwrap_or(("", ""));
    let next = value_of(&format!("next={next}"), "next").unwrap_or_default();
    let methods = app.sign_in_methods().await;
    let refuse = |status, problem: &str| {
        let page = draw_form(&app, &headers, status, (&next, ""), methods.clone(), Some(problem.to_owned()));
        with_cookie(page, cookies::clear_sign_in(app.secure))
    };
    let returned = value("state").unwrap_or_default();
    if state.is_empty() || !bool::from(returned.as_bytes().ct_eq(state.as_bytes())) {
        warn!("a browser came back from the issuer with a sign-in that it did not begin");
        return refuse(
            StatusCode::FORBIDDEN,
            "That sign-in was not begun in this browser, or took too long. Please try again.",
        );
    }
    let Some(code) = value("code") else {
        info!("the issuer did not sign somebody in");
        return refuse(StatusCode::FORBIDDEN, "You were not signed in there. Please try again.");
    };
    let Some(service) = app.service() else { return refuse(StatusCode::SERVICE_UNAVAILABLE, AWAY) };
    let address = address_of(peer.map(|Extension(peer)| peer), &headers, app.secure).map(|address| address.to_string());
    let signed_in = match service.finish_sign_in(&returned, &code, value("iss").as_deref(), address.as_deref()).await {
        Ok(signed_in) => signed_in,
        Err(error) => {
            return match error.code.as_str() {
                "sign_in_refused" => refuse(
                    StatusCode::FORBIDDEN,
                    "You cannot be signed in here that way. An administrator sees why, and can let you in.",
                ),
                "rate_limited" => refuse(
                    StatusCode::TOO_MANY_REQUESTS,
                    "Too many tries failed. Please wait a quarter of an hour before the next one.",
                ),
                code => {
                    warn!(code, "a sign-in could not be checked: {error}");
                    refuse(StatusCode::SERVICE_UNAVAILABLE, AWAY)
                }
            };
        }
    };
    let secret = signed_in.session.session;
    let Ok(client) = service.in_the_name_of(secret.clone()) else {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, AWAY);
    };
    info!(account_id = %signed_in.user.user_id, "{} signed in", signed_in.user.user_id);
    let Some((_, cookie)) = begin_session(&app, &headers, client, secret).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let page = with_cookie(passage(&app, &next_of(&next), "Signed in"), cookie);
    with_cookie(page, cookies::clear_sign_in(app.secure))
}

/// A page that leads on by itself, and has a link for browsers that do not let it.
fn passage(app: &App, to: &str, title: &str) -> Response {
    let shell = app.shell(None, Place::Home, clock::now());
    let body = Body::Passage(PassagePage { to: to.to_owned(), title: title.to_owned() });
    let view = View { title: title.to_owned(), shell, body };
    let mut response = Html(document(view, &app.assets, false, None)).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("0;url={to}")) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}
