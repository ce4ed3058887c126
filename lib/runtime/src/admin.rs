//! The admin listener: liveness, readiness and metrics for whoever watches the daemon.

mod readiness;

use std::io;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::readiness::Unready;
pub use self::readiness::{Readiness, Reason};
use crate::config::{AdminConfig, Listen};
use crate::exit::Failure;
use crate::metrics::Metrics;
#[cfg(unix)]
use crate::os;

/// A bound admin listener that does not serve yet.
#[derive(Debug)]
pub struct Admin {
    socket: Socket,
    address: String,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Admin {
    /// Binds the configured address; `{daemon}` in it becomes `daemon`.
    ///
    /// # Errors
    /// 78 for an address that cannot be read, 75 when it cannot be bound.
    pub async fn bind(config: &AdminConfig, daemon: &str) -> Result<Self, Failure> {
        match Listen::parse(&config.listen.replace("{daemon}", daemon)).map_err(Failure::config)? {
            Listen::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                let address = format!("http://{}", listener.local_addr()?);
                Ok(Self { socket: Socket::Tcp(listener), address })
            }
            #[cfg(unix)]
            Listen::Unix(path) => {
                let listener = os::socket::bind(&path)?;
                Ok(Self { socket: Socket::Unix(listener), address: format!("unix:{}", path.display()) })
            }
            #[cfg(not(unix))]
            Listen::Unix(_) => Err(Failure::config("socket files are not supported on this system")),
        }
    }

    /// `http://127.0.0.1:40123` or `unix:/path`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Serves `/livez`, `/readyz` and `/metrics` until `stop`.
    ///
    /// # Errors
    /// The listener broke.
    pub async fn serve(self, readiness: Readiness, metrics: Metrics, stop: CancellationToken) -> io::Result<()> {
        let routes = routes(readiness, metrics, stop.clone());
        let stopped = async move { stop.cancelled().await };
        tracing::info!(address = %self.address, "admin listener at {}", self.address);
        match self.socket {
            Socket::Tcp(listener) => axum::serve(listener, routes).with_graceful_shutdown(stopped).await,
            #[cfg(unix)]
            Socket::Unix(listener) => axum::serve(listener, routes).with_graceful_shutdown(stopped).await,
        }
    }
}

struct Watched {
    readiness: Readiness,
    metrics: Metrics,
    stop: CancellationToken,
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// The three routes, for a daemon that wants them on another listener as well.
pub fn routes(readiness: Readiness, metrics: Metrics, stop: CancellationToken) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(encode_metrics))
        .with_state(Arc::new(Watched { readiness, metrics, stop }))
}

async fn livez() -> Response {
    answer(StatusCode::OK, Status { status: "ok" })
}

async fn readyz(State(watched): State<Arc<Watched>>) -> Response {
    let verdict = if watched.stop.is_cancelled() {
        Err(vec![Reason::new("stopping", "the daemon is stopping")])
    } else {
        watched.readiness.check().await
    };
    match verdict {
        Ok(()) => answer(StatusCode::OK, Status { status: "ready" }),
        Err(reasons) => answer(StatusCode::SERVICE_UNAVAILABLE, Unready { status: "unready", reasons }),
    }
}

async fn encode_metrics(State(watched): State<Arc<Watched>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], watched.metrics.encode()).into_response()
}

fn answer(status: StatusCode, body: impl Serialize) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

#[cfg(test)]
mod tests;
