//! Probes on the API listener, for load balancers and old clients: they name nothing. The admin listener says why.

pub(crate) mod contract;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dg_http::reply::JSON;

use crate::app::App;

/// The process answers.
pub(crate) async fn alive() -> Response {
    status(StatusCode::OK, "ok")
}

/// The same at the path of older clients.
pub(crate) async fn healthz() -> Response {
    alive().await
}

/// The process can do its work.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    match app.readiness.check().await {
        Ok(()) => status(StatusCode::OK, "ready"),
        Err(_) => status(StatusCode::SERVICE_UNAVAILABLE, "unready"),
    }
}

fn status(status: StatusCode, word: &str) -> Response {
    (status, [JSON], format!("{{\"status\":\"{word}\"}}")).into_response()
}
