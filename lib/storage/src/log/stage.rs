//! The way into the log: callers hand in events, and each gets its own answer.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dg_domain::{Micros, NewEvent, TenantId, Violation, append::Outcome};
use tokio::sync::oneshot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    lane::Lane,
    queue::{Bounds, EventKeys, Job, Queue, Queued, Refused},
};
use crate::{config::DatabaseConfig, error::StoreError, notifier::Notifier};

/// How a stage works.
#[derive(Clone, Debug)]
pub struct StageConfig {
    /// The database, and the role to append as.
    pub database: DatabaseConfig,
    /// Where `recorded_at` comes from, drawn once per batch.
    pub clock: fn() -> Micros,
    /// Most events in one commit.
    pub batch_events: usize,
    /// Most bytes in one commit. A request is never split, so one request may be larger.
    pub batch_bytes: usize,
    /// Most events that may wait.
    pub queue_events: usize,
    /// Most bytes that may wait.
    pub queue_bytes: usize,
    /// How many trace heads are remembered at least.
    pub cached_traces: usize,
}

impl StageConfig {
    /// The measured defaults: 4,096 events or 4 MiB per commit, 32,768 events or 64 MiB waiting.
    #[must_use]
    pub fn new(database: DatabaseConfig, clock: fn() -> Micros) -> Self {
        Self {
            database,
            clock,
            batch_events: 4_096,
            batch_bytes: 4 << 20,
            queue_events: 32_768,
            queue_bytes: 64 << 20,
            cached_traces: 100_000,
        }
    }
}

/// Whether events of one request stand or fall together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendMode {
    /// Each gets its own outcome.
    Independent,
    /// All are accepted, or none is stored.
    Atomic,
}

/// Events to append, in order.
#[derive(Clone, Debug)]
pub struct AppendRequest {
    /// Whose log.
    pub tenant: TenantId,
    /// The authenticated principal.
    pub principal: String,
    /// The events, already valid.
    pub events: Vec<NewEvent>,
    /// Whether they stand or fall together.
    pub mode: AppendMode,
}

/// Why a request as a whole got no outcomes.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// Too much is waiting. Nothing was stored.
    #[error("too many events are waiting to be stored")]
    Full {
        /// When there is room again, about.
        retry_after_ms: u64,
    },
    /// The database could not be reached or went away. Whether the events were stored is unknown; sending them again is
    /// safe, because each is stored once per idempotency key.
    #[error("the log cannot be written to")]
    Unavailable(#[source] StoreError),
    /// The tenant is not registered. Nothing was stored.
    #[error("the tenant is not registered")]
    UnknownTenant,
    /// The stage is stopping. Nothing was stored.
    #[error("the append stage is stopping")]
    Stopped,
    /// An atomic request was refused: per event why, `None` where the event itself was fine. Nothing was stored.
    #[error("the request was refused as a whole")]
    Aborted(Vec<Option<Violation>>),
}

/// What a stage did so far, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageStats {
    /// Whether it has a connection.
    pub up: bool,
    /// Events that wait.
    pub queued_events: usize,
    /// Bytes that wait.
    pub queued_bytes: usize,
    /// Commits.
    pub batches: u64,
    /// Events stored.
    pub stored: u64,
    /// Events answered with the one stored before.
    pub replayed: u64,
    /// Events refused.
    pub rejected: u64,
    /// Batches that had to be done again in halves. Each is a bug or a damaged index.
    pub redone: u64,
}

/// Counters shared with the lane.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) batches: AtomicU64,
    pub(super) stored: AtomicU64,
    pub(super) replayed: AtomicU64,
    pub(super) rejected: AtomicU64,
    pub(super) redone: AtomicU64,
    /// How long an event took lately, for the advice of when to come back.
    pub(super) nanos_per_event: AtomicU64,
}

/// The append stage of this process. Clones share it.
#[derive(Clone, Debug)]
pub struct AppendStage {
    queue: Arc<Queue>,
    counters: Arc<Counters>,
    tasks: TaskTracker,
}

impl AppendStage {
    /// Starts the stage. It connects by itself and again whenever the connection is lost; meanwhile appends fail at once.
    /// After `stop` it takes nothing more, stores what waits, and ends.
    #[must_use]
    pub fn start(config: StageConfig, notifier: Notifier, stop: CancellationToken) -> Self {
        let queue = Arc::new(Queue::new(Bounds { events: config.queue_events, bytes: config.queue_bytes }));
        let counters = Arc::<Counters>::default();
        let stage = Self { queue: Arc::clone(&queue), counters: Arc::clone(&counters), tasks: TaskTracker::new() };
        stage.tasks.spawn(Lane::new(config, queue, counters, notifier, stop).run());
        stage.tasks.close();
        stage
    }

    /// Appends events and waits until what was accepted is durable. Outcomes are in the order of the events.
    /// A dropped call may still have been stored.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub async fn append(&self, request: AppendRequest) -> Result<Vec<Outcome>, AppendError> {
        if request.events.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answer) = oneshot::channel();
        let queued = |event: NewEvent| Queued { keys: EventKeys::of(&event), event };
        let job = Job {
            bytes: request.events.iter().map(size).sum(),
            tenant: request.tenant,
            principal: request.principal,
            mode: request.mode,
            events: request.events.into_iter().map(queued).collect(),
            reply,
        };
        self.queue.push(job).map_err(|refused| match refused {
            Refused::Full => AppendError::Full { retry_after_ms: self.retry_after_ms() },
            Refused::Down(error) => AppendError::Unavailable(error),
            Refused::Closed => AppendError::Stopped,
        })?;
        answer.await.unwrap_or(Err(AppendError::Stopped))
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> StageStats {
        let size = self.queue.size();
        let counters = &self.counters;
        StageStats {
            up: self.queue.is_up(),
            queued_events: size.events,
            queued_bytes: size.bytes,
            batches: counters.batches.load(Ordering::Relaxed),
            stored: counters.stored.load(Ordering::Relaxed),
            replayed: counters.replayed.load(Ordering::Relaxed),
            rejected: counters.rejected.load(Ordering::Relaxed),
            redone: counters.redone.load(Ordering::Relaxed),
        }
    }

    /// Resolves once it has stopped.
    pub async fn stopped(&self) {
        self.tasks.wait().await;
    }

    /// About as long as half of what waits will take.
    fn retry_after_ms(&self) -> u64 {
        let waiting = u64::try_from(self.queue.size().events).unwrap_or(u64::MAX);
        let nanos = self.counters.nanos_per_event.load(Ordering::Relaxed).saturating_mul(waiting / 2);
        (nanos / 1_000_000).clamp(50, 5_000)
    }
}

/// About what an event costs in memory and on the wire.
fn size(event: &NewEvent) -> usize {
    512 + event.payload_json.len() + event.tags.iter().map(String::len).sum::<usize>()
}
