//! What every stream has: a connection that takes pieces, a caller who may read, and a heartbeat.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dg_domain::TenantId;
use dg_http::{ApiError, Code, gate::Role, token::X_DG_SESSION};
use futures_util::stream::poll_fn;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::Instant,
};
use tracing::{debug, info};

use super::frame;
use crate::app::App;

/// Something is sent at least this often, so that proxies and clients know that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often the caller's right to read is looked at again.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
/// Pieces that wait for the connection to take them; one may have 16 MiB.
const QUEUE: usize = 1;

/// Why a stream ends.
pub(crate) enum Ended {
    /// The client is gone.
    Gone,
    /// The caller may not read any more.
    Refused,
    /// What the stream follows is gone; the client comes back.
    Lost,
}

/// The connection of a stream that is under way.
pub(crate) struct Line {
    pub(crate) app: App,
    pub(crate) tenant: TenantId,
    /// What the caller is recognised by, for asking again while the stream goes on.
    credentials: HeaderMap,
    out: mpsc::Sender<Bytes>,
    /// When something was sent last.
    sent: Instant,
}

impl Line {
    /// A line for one more stream, and the answer that it fills.
    ///
    /// # Errors
    /// `rate_limited` when as many streams are open as the service takes on.
    pub(crate) fn open(
        app: App,
        tenant: &TenantId,
        headers: &HeaderMap,
    ) -> Result<(Self, OwnedSemaphorePermit, Response), ApiError> {
        let seat = app.streams.seat().ok_or_else(|| {
            let message = "as many streams are open as the service takes on; try again later";
            ApiError::new(Code::RateLimited, message).retry_after(Duration::from_secs(1))
        })?;
        let (out, mut pieces) = mpsc::channel(QUEUE);
        let body =
            Body::from_stream(poll_fn(move |cx| pieces.poll_recv(cx).map(|piece| piece.map(Ok::<_, Infallible>))));
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        // Proxies that gather answers before they pass them on would hold back every event.
        let unbuffered = ("x-accel-buffering", HeaderValue::from_static("no"));
        let answer = ([kind], [unbuffered], body).into_response();
        let line = Self { app, tenant: tenant.clone(), credentials: credentials(headers), out, sent: Instant::now() };
        Ok((line, seat, answer))
    }

    /// Looks whether the caller may still read, and shows that the stream lives and where it is.
    pub(crate) async fn look(&mut self, position: i64) -> Result<(), Ended> {
        let now = dg_runtime::clock::now();
        match self.app.gate.enter_tenant(&self.credentials, Role::Reader, now).await {
            // That the database does not answer is no refusal.
            Err(error) if error.code().status().is_client_error() => return Err(Ended::Refused),
            Ok(_) | Err(_) => {}
        }
        if self.sent.elapsed() < HEARTBEAT {
            return if self.out.is_closed() { Err(Ended::Gone) } else { Ok(()) };
        }
        self.send(frame::position(position)).await
    }

    /// Sends a piece. A client that takes nothing is cut off where it is connected, and then this fails.
    pub(crate) async fn send(&mut self, text: Bytes) -> Result<(), Ended> {
        self.out.send(text).await.map_err(|_| Ended::Gone)?;
        self.sent = Instant::now();
        Ok(())
    }

    /// Notes that the stream ended, by itself or with the service.
    pub(crate) fn ended(&self, why: Option<&Ended>, log_seq: i64) {
        let tenant = &self.tenant;
        match why {
            Some(Ended::Refused) => info!(%tenant, log_seq, "a stream's caller may not read any more; cut off"),
            Some(Ended::Lost) => info!(%tenant, log_seq, "a stream's tail ended; cut off"),
            Some(Ended::Gone) | None => debug!(%tenant, log_seq, "a stream ended"),
        }
    }
}

fn credentials(headers: &HeaderMap) -> HeaderMap {
    let telling = [header::AUTHORIZATION, X_DG_SESSION, HeaderName::from_static("x-tenant-id")];
    let kept = headers.iter().filter(|(name, _)| telling.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
