//! `GET /events/stream`: the log as it grows, as server-sent events.
//!
//! A stream reads what it lacks from the log and then follows the tail of its tenant, which is read once for all streams.
//! Positions have no gaps, so a stream notices by itself what it has missed, for being slow or for having come late, and
//! reads that from the log again: every event comes once and in order, and no stream makes another one wait.

pub(crate) mod contract;
mod filter;
mod follower;
mod frame;
mod tail;

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use dg_http::{
    ApiError, Code,
    gate::{Reader, StreamCaller},
    params,
    token::X_DG_SESSION,
};
use futures_util::stream::poll_fn;
use tokio::sync::mpsc;

pub(crate) use tail::Streams;

use self::{filter::Asked, follower::Follower};
use crate::app::App;

/// Pieces that wait for the connection to take them; one may have 16 MiB.
const QUEUE: usize = 1;

/// Follows the log of a tenant.
pub(crate) async fn follow(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    caller: StreamCaller<Reader>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let seat = app.streams.seat().ok_or_else(|| {
        let message = "as many streams are open as the service takes on; try again later";
        ApiError::new(Code::RateLimited, message).retry_after(Duration::from_secs(1))
    })?;
    let head = app.store.head(caller.tenant()).await?.get();
    let position = asked.after.unwrap_or(head);
    if position > head {
        return Err(params::bad("after", format!("the log ends at {head}, before the position to go on from")));
    }
    let (out, mut pieces) = mpsc::channel(QUEUE);
    let tail = app.streams.join(&app.store, caller.tenant(), head);
    let follower = Follower::new(app, &caller, credentials(&headers), asked.filter, position, tail, out);
    tokio::spawn(follower.run(seat));
    let body = Body::from_stream(poll_fn(move |cx| pieces.poll_recv(cx).map(|piece| piece.map(Ok::<_, Infallible>))));
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies that gather answers before they pass them on would hold back every event.
    let unbuffered = ("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(([kind], [unbuffered], body).into_response())
}

/// What the caller is recognised by, for asking again while the stream goes on.
fn credentials(headers: &HeaderMap) -> HeaderMap {
    let telling = [header::AUTHORIZATION, X_DG_SESSION, HeaderName::from_static("x-tenant-id")];
    let kept = headers.iter().filter(|(name, _)| telling.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
