//! Live pages: one websocket per open page, over which Dioxus's own edits of the tree travel.
//!
//! The first paint is plain HTML. Its script opens a socket for the same address; the session here builds the same
//! page as a `VirtualDom`, sends it as edits, and from then on sends what changes. Sessions hold nothing a person
//! would miss: a lost socket is opened again and the address says everything (see [`crate::place`]). What a
//! browser sends is untrusted: origin, size, rate, number of sockets and every frame are checked.

mod frames;
mod history;
mod merge;
mod rate;
mod session;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use axum::{
    extract::{RawQuery, State, WebSocketUpgrade, ws::WebSocket},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use dg_runtime::{
    metrics::Metrics,
    prometheus_client::metrics::{counter::Counter, gauge::Gauge},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::LocalPoolHandle;
use tracing::{debug, error};

use crate::{
    app::App,
    place::{Place, value_of},
    web,
};

/// A frame from a browser is an event or an address.
const MAX_FRAME: usize = 16 * 1024;
/// Threads for sessions; a tree of nodes stays on its thread.
const MAX_THREADS: usize = 4;

/// The open pages: where they run and how many there may be.
pub(crate) struct Lives {
    pool: LocalPoolHandle,
    room: Arc<Semaphore>,
    per_person: usize,
    of_people: Arc<Mutex<HashMap<String, usize>>>,
    open: Gauge,
    edits: Counter,
}

/// A place among the open pages; given back when dropped.
struct Seat {
    _permit: OwnedSemaphorePermit,
    person: String,
    of_people: Arc<Mutex<HashMap<String, usize>>>,
    open: Gauge,
}

impl Lives {
    /// Room for `most` pages, `per_person` of one person.
    pub(crate) fn new(most: usize, per_person: usize, metrics: &Metrics) -> Self {
        // Read by every event handler that looks into a browser's event; the same one serves all sessions.
        dioxus_html::set_event_converter(Box::new(dioxus_html::SerializedHtmlEventConverter));
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let (open, edits) = (Gauge::default(), Counter::default());
        metrics.register("dg_console_live_pages", "Open pages with a socket", open.clone());
        metrics.register("dg_console_edit_bytes", "Bytes of page edits sent to browsers", edits.clone());
        Self {
            pool: LocalPoolHandle::new(threads),
            room: Arc::new(Semaphore::new(most)),
            per_person,
            of_people: Arc::default(),
            open,
            edits,
        }
    }

    /// Returns once every thread of sessions has taken a turn; a session that hangs keeps it waiting.
    pub(crate) async fn turn(&self) {
        for thread in 0..self.pool.num_threads() {
            // A turn that panicked was a turn.
            let _ = self.pool.spawn_pinned_by_idx(|| async {}, thread).await;
        }
    }

    fn seat(&self, person: &str) -> Option<Seat> {
        let permit = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let mut of_people = self.of_people.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = of_people.entry(person.to_owned()).or_default();
        if *taken >= self.per_person {
            return None;
        }
        *taken += 1;
        self.open.inc();
        let of_people = Arc::clone(&self.of_people);
        Some(Seat { _permit: permit, person: person.to_owned(), of_people, open: self.open.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.open.dec();
        let mut of_people = self.of_people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = of_people.get_mut(&self.person) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                of_people.remove(&self.person);
            }
        }
    }
}

/// `GET /live?path=…`: opens the socket of a page.
pub(crate) async fn upgrade(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !web::same_origin(&app, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let query = query.unwrap_or_default();
    let place = Place::parse(&value_of(&query, "path").unwrap_or_default());
    let current = value_of(&query, "script").is_some_and(|script| script == app.assets.script.path);
    let person = web::person(&app, &headers);
    upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME).on_upgrade(move |socket| async move {
        // A refusal is told over the socket: a browser does not show a script why an upgrade failed.
        if !current {
            return frames::close(socket, frames::OLD).await;
        }
        let Some(person) = person else { return frames::close(socket, frames::SIGN_IN).await };
        let Some(seat) = app.lives.seat(&person.name()) else { return frames::close(socket, frames::FULL).await };
        run(app, person, place, socket, seat).await;
    })
}

async fn run(app: Arc<App>, person: Arc<crate::people::Person>, place: Place, socket: WebSocket, seat: Seat) {
    let edits = app.lives.edits.clone();
    let pool = app.lives.pool.clone();
    let ended = pool.spawn_pinned(move || async move {
        let reason = Box::pin(session::run(app, person, place, socket, edits)).await;
        debug!(?reason, "a page was closed");
        drop(seat);
    });
    if let Err(broken) = ended.await {
        error!("a live page broke: {broken}");
    }
}
