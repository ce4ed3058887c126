//! The one task of a process that writes to the log.

use std::{
    ops::ControlFlow,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    batch::Batch,
    cache::HeadCache,
    queue::{Bounds, Queue},
    session::LaneSession,
    stage::{Counters, StageConfig},
};
use crate::{backoff::Backoff, channel::Channel, notifier::Notifier};

/// The lane: a connection, a cache, and whoever waits.
#[derive(Debug)]
pub(super) struct Lane {
    config: StageConfig,
    queue: Arc<Queue>,
    counters: Arc<Counters>,
    notifier: Notifier,
    stop: CancellationToken,
    cache: HeadCache,
    /// A batch whose connection was lost before its commit was sent. It is tried once more.
    unfinished: Option<Batch>,
}

impl Lane {
    pub(super) fn new(
        config: StageConfig,
        queue: Arc<Queue>,
        counters: Arc<Counters>,
        notifier: Notifier,
        stop: CancellationToken,
    ) -> Self {
        let cache = HeadCache::new(config.cached_traces);
        Self { config, queue, counters, notifier, stop, cache, unfinished: None }
    }

    /// Appends until `stop`, then what is left.
    pub(super) async fn run(mut self) {
        let mut backoff = Backoff::new();
        loop {
            match LaneSession::connect(&self.config.database).await {
                Ok(session) => {
                    if !self.queue.is_up() {
                        info!("the log can be written to again");
                    }
                    self.queue.set_up();
                    backoff.reset();
                    self.cache.clear();
                    if self.serve(&session).await.is_break() {
                        return;
                    }
                }
                Err(error) => {
                    if self.queue.is_up() {
                        warn!(error = &error as &dyn std::error::Error, "the log cannot be written to; trying again");
                    }
                    if let Some(mut batch) = self.unfinished.take() {
                        batch.give_up(&error);
                        batch.answer();
                    }
                    self.queue.set_down(&error);
                    tokio::select! {
                        () = self.stop.cancelled() => {
                            self.queue.close();
                            return;
                        }
                        () = tokio::time::sleep(backoff.next()) => {}
                    }
                }
            }
        }
    }

    /// Works on one connection until it is lost (continue) or everything is done (break).
    async fn serve(&mut self, session: &LaneSession) -> ControlFlow<()> {
        let bounds = Bounds { events: self.config.batch_events, bytes: self.config.batch_bytes };
        if let Some(mut batch) = self.unfinished.take() {
            if let Err(error) = self.work(session, &mut batch).await {
                batch.give_up(&error);
                batch.answer();
                return ControlFlow::Continue(());
            }
            batch.answer();
        }
        let mut closing = false;
        loop {
            let jobs = tokio::select! {
                biased;
                () = self.stop.cancelled(), if !closing => {
                    closing = true;
                    self.queue.close();
                    continue;
                }
                () = session.lost() => return ControlFlow::Continue(()),
                jobs = self.queue.next(bounds) => jobs,
            };
            let Some(jobs) = jobs else { return ControlFlow::Break(()) };
            let mut batch = Batch::new(jobs);
            if self.work(session, &mut batch).await.is_err() {
                self.unfinished = Some(batch);
                return ControlFlow::Continue(());
            }
            batch.answer();
        }
    }

    async fn work(&mut self, session: &LaneSession, batch: &mut Batch) -> Result<(), crate::StoreError> {
        let started = Instant::now();
        let stored = self.counters.stored.load(Ordering::Relaxed);
        let worked = batch.run(session, &mut self.cache, &self.counters, (self.config.clock)()).await;
        if self.counters.stored.load(Ordering::Relaxed) > stored {
            self.notifier.nudge(Channel::Log);
        }
        let events = u128::try_from(batch.events().max(1)).unwrap_or(1);
        let nanos = u64::try_from(started.elapsed().as_nanos() / events).unwrap_or(u64::MAX);
        self.counters.nanos_per_event.store(nanos, Ordering::Relaxed);
        worked
    }
}
