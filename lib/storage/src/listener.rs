//! Hears nudges.
//!
//! A nudge is a hint, polling is the truth: followers wake on either, then read from their saved position. So nothing here
//! may fail loudly; a listener without a connection is a slow one.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};

use crate::{
    backoff::Backoff,
    channel::Channel,
    config::DatabaseConfig,
    connection::{self, bounded, connect_listening},
    error::StoreError,
};

/// Followers look at least this often.
pub const POLL_FLOOR: Duration = Duration::from_secs(1);

type Counters = [u64; Channel::ALL.len()];

/// Hears the given channels on a connection of its own, which it opens again for as long as it runs.
#[derive(Clone, Debug)]
pub struct Listener {
    counters: Arc<watch::Sender<Counters>>,
    tasks: TaskTracker,
}

/// Why a follower woke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Somebody said that there is something new, or we may have missed that.
    Nudge,
    /// It is time to look anyway.
    Poll,
}

/// One follower's view of a listener.
#[derive(Debug)]
pub struct Nudges {
    counters: watch::Receiver<Counters>,
    channels: u8,
    seen: Counters,
    poll_every: Duration,
}

impl Listener {
    /// Starts listening until `stop`.
    #[must_use]
    pub fn start(config: DatabaseConfig, channels: &[Channel], stop: CancellationToken) -> Self {
        let listener =
            Self { counters: Arc::new(watch::Sender::new([0; Channel::ALL.len()])), tasks: TaskTracker::new() };
        let commands: Vec<String> = channels.iter().map(|channel| format!("LISTEN {}", channel.name())).collect();
        listener.tasks.spawn(run(config, commands.join("; "), Arc::clone(&listener.counters), stop));
        listener.tasks.close();
        listener
    }

    /// Follows some of the channels it hears. Nudges from before this call are not reported.
    #[must_use]
    pub fn follow(&self, channels: &[Channel]) -> Nudges {
        let counters = self.counters.subscribe();
        let seen = *counters.borrow();
        let channels = channels.iter().fold(0, |bits, channel| bits | channel.bit());
        Nudges { counters, channels, seen, poll_every: POLL_FLOOR }
    }

    /// Resolves once it has stopped.
    pub async fn stopped(&self) {
        self.tasks.wait().await;
    }
}

impl Nudges {
    /// Looks at another interval than [`POLL_FLOOR`].
    #[must_use]
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.poll_every = interval;
        self
    }

    /// Waits for a nudge, at most for the polling interval. Nudges that came since the last call count, as one.
    /// May be dropped at any point.
    pub async fn changed(&mut self) -> Wake {
        tokio::time::timeout(self.poll_every, self.nudged()).await.map_or(Wake::Poll, |()| Wake::Nudge)
    }

    async fn nudged(&mut self) {
        loop {
            let now = *self.counters.borrow_and_update();
            let news = Channel::ALL.iter().any(|channel| {
                self.channels & channel.bit() != 0 && now[channel.index()] != self.seen[channel.index()]
            });
            self.seen = now;
            if news {
                return;
            }
            if self.counters.changed().await.is_err() {
                // The listener is gone; only polling is left.
                std::future::pending::<()>().await;
            }
        }
    }
}

async fn run(config: DatabaseConfig, listen: String, counters: Arc<watch::Sender<Counters>>, stop: CancellationToken) {
    let mut backoff = Backoff::new();
    let mut complained = false;
    loop {
        let opening = open(&config, &listen, &counters);
        let opened = tokio::select! {
            () = stop.cancelled() => return,
            opened = opening => opened,
        };
        match opened {
            Ok(session) => {
                if complained {
                    info!("listening for nudges again");
                }
                backoff.reset();
                complained = false;
                // What was said while nobody listened is unknown: look once.
                counters.send_modify(|counters| counters.iter_mut().for_each(|counter| *counter += 1));
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = session.lost() => debug!("the listening connection is lost"),
                }
            }
            Err(error) => {
                if !complained {
                    warn!(error = &error as &dyn std::error::Error, "cannot listen for nudges; polling meanwhile");
                }
                complained = true;
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff.next()) => {}
        }
    }
}

async fn open(
    config: &DatabaseConfig,
    listen: &str,
    counters: &Arc<watch::Sender<Counters>>,
) -> Result<connection::Connection, StoreError> {
    let heard = Arc::clone(counters);
    let session = connect_listening(config, move |name| {
        if let Some(channel) = Channel::of_name(name) {
            heard.send_modify(|counters| counters[channel.index()] += 1);
        }
    })
    .await?;
    let listening = async { session.client().batch_execute(listen).await.map_err(StoreError::of("listen")) };
    bounded("listen", config.connect_timeout(), listening).await?;
    Ok(session)
}
