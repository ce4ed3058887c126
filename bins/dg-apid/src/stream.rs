//! `GET /events/stream`: the log as it grows, as server-sent events.
//!
//! A stream reads what it lacks from the log and then follows the tail of its tenant, which is read once for all streams.
//! Positions have no gaps, so a stream notices by itself what it has missed, for being slow or for having come late, and
//! reads that from the log again: every event comes once and in order, and no stream makes another one wait.

pub(crate) mod contract;
mod filter;
mod follower;
pub(crate) mod frame;
pub(crate) mod line;
mod tail;

use axum::{
    extract::{RawQuery, State},
    http::HeaderMap,
    response::Response,
};
use dg_http::{
    ApiError,
    gate::{Reader, StreamCaller},
    params,
};

pub(crate) use self::filter::resumed;
pub(crate) use self::tail::Streams;

use self::{filter::Asked, follower::Follower, line::Line};
use crate::app::App;

/// Follows the log of a tenant.
pub(crate) async fn follow(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    caller: StreamCaller<Reader>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(query.as_deref(), &headers)?;
    let (line, seat, answer) = Line::open(app.clone(), caller.tenant(), &headers)?;
    let head = app.store.head(caller.tenant()).await?.get();
    let position = asked.after.unwrap_or(head);
    if position > head {
        return Err(params::bad("after", format!("the log ends at {head}, before the position to go on from")));
    }
    let tail = app.streams.join(&app.store, caller.tenant(), head);
    tokio::spawn(Follower::new(line, asked.filter, position, tail).run(seat));
    Ok(answer)
}
