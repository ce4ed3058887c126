//! Notices a database that stopped answering, so that nobody waits for it.
//!
//! A server that is gone refuses connections, and every statement fails at once. One that hangs does not: its callers would
//! wait for their time-outs. A ping beside the requests finds out within seconds, and then all requests under way are
//! answered with 503. Statements that are merely slow are left alone.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dg_http::ApiError;
use dg_runtime::CancellationToken;
use dg_storage::{DatabaseConfig, Store, StoreError};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::app::App;

const EVERY: Duration = Duration::from_millis(500);
/// A ping without an answer for so long is a miss.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// One miss may be a busy machine.
const MISSES: u32 = 2;

/// Pings the database on a connection of its own.
#[derive(Debug)]
pub(crate) struct Watch {
    probe: Store,
    up: watch::Sender<bool>,
}

impl Watch {
    /// A watch, and what it says; a database counts as up until it was missed.
    ///
    /// # Errors
    /// [`StoreError::BadConfig`].
    pub(crate) fn new(database: &DatabaseConfig) -> Result<(Self, watch::Receiver<bool>), StoreError> {
        let probe = Store::open(&DatabaseConfig { pool_size: 1, ..database.clone() })?;
        let (up, says) = watch::channel(true);
        Ok((Self { probe, up }, says))
    }

    /// Pings until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut misses = 0;
        loop {
            match timeout(PATIENCE, self.probe.ping()).await {
                Ok(Ok(())) => misses = 0,
                Ok(Err(_)) => misses = MISSES,
                Err(_) => misses += 1,
            }
            self.say(misses < MISSES);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    fn say(&self, up: bool) {
        let changed = self.up.send_if_modified(|was| std::mem::replace(was, up) != up);
        match (changed, up) {
            (true, true) => info!("the database answers again"),
            (true, false) => warn!("the database does not answer; requests are refused until it does"),
            (false, _) => {}
        }
    }
}

/// Runs the request, and answers 503 as soon as it would have to wait for a database that does not answer.
pub(crate) async fn give_up(State(app): State<App>, request: Request, next: Next) -> Response {
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = down(app.database_up.clone()) => ApiError::storage("no answer to a ping").into_response(),
    }
}

async fn down(mut up: watch::Receiver<bool>) {
    if up.wait_for(|up| !up).await.is_err() {
        // The watch has ended with the daemon: what is under way may finish.
        std::future::pending::<()>().await;
    }
}
