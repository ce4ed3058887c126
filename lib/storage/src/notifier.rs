//! Sends nudges.
//!
//! Never inside the transaction that made the news: PostgreSQL lets only one transaction with a NOTIFY commit at a time.
//! Never one per event either: what is said within a few milliseconds is said once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

use crate::{
    backoff::Backoff,
    channel::Channel,
    config::DatabaseConfig,
    connection::{self, Connection, bounded},
    error::StoreError,
};

/// The least time between two nudges on one channel.
const PAUSE: Duration = Duration::from_millis(3);

/// Says that something changed, soon and at most once per few milliseconds and channel. Clones share one connection.
#[derive(Clone, Debug)]
pub struct Notifier {
    pending: Arc<Pending>,
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Pending {
    channels: AtomicU8,
    wake: Notify,
}

impl Notifier {
    /// Starts a notifier that runs until `stop`.
    #[must_use]
    pub fn start(config: DatabaseConfig, stop: CancellationToken) -> Self {
        let notifier = Self { pending: Arc::default(), tasks: TaskTracker::new() };
        notifier.tasks.spawn(run(config, Arc::clone(&notifier.pending), stop));
        notifier.tasks.close();
        notifier
    }

    /// Nudges whoever listens on the channel. Returns at once and never fails: a nudge that is lost costs a moment.
    pub fn nudge(&self, channel: Channel) {
        self.pending.channels.fetch_or(channel.bit(), Ordering::Release);
        self.pending.wake.notify_one();
    }

    /// Resolves once it has stopped.
    pub async fn stopped(&self) {
        self.tasks.wait().await;
    }
}

async fn run(config: DatabaseConfig, pending: Arc<Pending>, stop: CancellationToken) {
    let mut session: Option<Connection> = None;
    let mut backoff = Backoff::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = pending.wake.notified() => {}
        }
        let wait = match say(&config, &pending, &mut session).await {
            Ok(()) => {
                backoff.reset();
                PAUSE
            }
            Err(error) => {
                session = None;
                warn!(error = &error as &dyn std::error::Error, "cannot send nudges; followers poll meanwhile");
                pending.wake.notify_one();
                backoff.next()
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    // A last word for what was appended just before the end.
    if session.is_some() && say(&config, &pending, &mut session).await.is_err() {
        debug!("the last nudge was not sent");
    }
}

async fn say(config: &DatabaseConfig, pending: &Pending, session: &mut Option<Connection>) -> Result<(), StoreError> {
    if session.as_ref().is_none_or(Connection::is_lost) {
        *session = Some(connection::connect(config).await?);
    }
    let Some(session) = session.as_ref() else { return Ok(()) };
    let bits = pending.channels.swap(0, Ordering::AcqRel);
    let commands: Vec<String> = Channel::ALL
        .into_iter()
        .filter(|channel| bits & channel.bit() != 0)
        .map(|channel| format!("NOTIFY {}", channel.name()))
        .collect();
    if commands.is_empty() {
        return Ok(());
    }
    let saying = async { session.client().batch_execute(&commands.join("; ")).await.map_err(StoreError::of("notify")) };
    let said = bounded("notify", config.connect_timeout(), saying).await;
    if said.is_err() {
        pending.channels.fetch_or(bits, Ordering::Release);
    }
    said
}
