//! The routes of the console.

mod act;
mod cookies;
mod download;
mod guard;
mod issue;
mod oidc;
mod page;
mod password;
mod peer;
mod serve;
mod setup;
mod sign_in;
mod theme;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use dg_runtime::clock;

pub(crate) use serve::serve;

use crate::{app::App, live, people::Person};

/// A form holds what somebody can type, many times over.
const FORM_BYTES: usize = 64 * 1024;

/// All routes; pages are whatever no other route takes.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/live", get(live::upgrade))
        .route("/sign-in", get(sign_in::form).post(sign_in::submit))
        .route("/setup", get(setup::form).post(setup::submit))
        .route("/sign-in/oidc", post(oidc::begin))
        .route(oidc::CALLBACK, get(oidc::callback))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/theme", post(theme::submit))
        .route("/password", get(password::form).post(password::submit))
        .route("/t/{tenant}/do/{act}", post(act::submit))
        .route("/t/{tenant}/issue/{act}", post(issue::submit).get(issue::gone))
        .route("/t/{tenant}/graph.svg", get(download::drawing))
        .route("/t/{tenant}/graph.json", get(download::document))
        .route("/t/{tenant}/trace.ndjson", get(download::events))
        .route("/t/{tenant}/case.ndjson", get(download::case))
        .route("/t/{tenant}/case.html", get(download::report))
        .route("/assets/{name}", get(asset))
        .fallback(get(page::page))
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::guard))
        .with_state(app)
}

/// The person behind a request: a session's, else the development reader.
pub(crate) fn person(app: &App, headers: &HeaderMap) -> Option<Arc<Person>> {
    let session = cookies::session(headers, app.secure).and_then(|id| app.sessions.find(id, clock::now()));
    session.or_else(|| app.development.as_ref()?.person(&app.api))
}

/// Whether a browser says that this console's own page sent the request.
pub(crate) fn same_origin(app: &App, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else { return false };
    let scheme = if app.secure { "https://" } else { "http://" };
    origin.strip_prefix(scheme).is_some_and(|from| from.eq_ignore_ascii_case(host))
}

async fn asset(State(app): State<Arc<App>>, uri: Uri) -> Response {
    match app.assets.at(uri.path()) {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.media), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.content.clone()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
