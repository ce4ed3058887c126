//! Finds tenants that are behind, owns their projections, and keeps a bounded number of catch-ups going.
//!
//! Ownership is an advisory lock, held on one connection for all tenants, plus the epoch that taking a scope raises. When
//! that connection is lost every scope is given up; the epoch stops what was still under way. A wake-up, a poll, a restart
//! and a failed attempt all come here and do the same: look who is behind, and work.

use std::{collections::HashMap, time::Duration};

use dg_domain::{Micros, TenantId};
use dg_projections::Category;
use dg_runtime::{backoff::Backoff, chance};
use dg_storage::{
    DatabaseConfig, StoreError,
    listener::Nudges,
    locks::{LockClass, LockKey, LockSession, ScopeLock},
    projections::{Behind, ProjectionScope, ProjectionWriter, Trouble},
};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::catch_up::{CaughtUp, Tools, catch_up};

/// How the owner works.
#[derive(Clone, Debug)]
pub(crate) struct OwnerConfig {
    /// What this process calls itself in the cursor rows.
    pub(crate) name: String,
    /// The database, as the projector's role.
    pub(crate) database: DatabaseConfig,
    /// Catch-ups at the same time.
    pub(crate) workers: usize,
    /// How long an idle tenant stays owned, so that an active one is not taken anew for each event.
    pub(crate) keep_idle: Duration,
}

/// A tenant that this process owns. The lock goes when this does.
struct Owned {
    lock: ScopeLock,
    scope: ProjectionScope,
    idle_since: Instant,
}

/// What a finished catch-up gives back.
struct Finished {
    tenant: TenantId,
    owned: Option<Owned>,
    writer: Option<ProjectionWriter>,
    outcome: Result<CaughtUp, StoreError>,
}

/// The owner of this process's share of the projections.
pub(crate) struct Owner {
    config: OwnerConfig,
    tools: Tools,
    locks: Option<LockSession>,
    owned: HashMap<TenantId, Owned>,
    /// With how often operators had asked for a try when the catch-up began.
    busy: HashMap<TenantId, i64>,
    resting: HashMap<TenantId, Rest>,
    writers: Vec<ProjectionWriter>,
    working: JoinSet<Finished>,
    /// Who was served last; the next look goes on after them, so that nobody waits for ever.
    last_served: Option<TenantId>,
}

/// A tenant whose last attempts failed.
struct Rest {
    until: Instant,
    attempts: u32,
    /// Whether only projections that stand before a hole rest, and the others may move.
    halted_only: bool,
    /// How often operators had asked for a try when the rest began.
    retries_asked: i64,
}

/// A log that has a hole will most likely have it in the next second, too.
const AT_HOLE: Backoff = Backoff { first: Duration::from_millis(250), cap: Duration::from_secs(30) };

/// The least time between two looks while tenants are at work.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

impl Owner {
    /// Owns nothing yet.
    #[must_use]
    pub(crate) fn new(config: OwnerConfig, tools: Tools) -> Self {
        Self {
            config,
            tools,
            locks: None,
            owned: HashMap::new(),
            busy: HashMap::new(),
            resting: HashMap::new(),
            writers: Vec::new(),
            working: JoinSet::new(),
            last_served: None,
        }
    }

    /// Works until `stop`, then lets the batches under way finish and gives everything back.
    pub(crate) async fn run(mut self, mut nudges: Nudges, stop: CancellationToken, mut alive: impl FnMut()) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            alive();
            let pause = match self.look(&stop).await {
                Ok(()) => {
                    failures = 0;
                    self.tools.metrics.database_up(true);
                    None
                }
                Err(error) => {
                    let wait = Backoff::NETWORK.delay(failures, chance::fraction());
                    failures += 1;
                    self.tools.metrics.database_up(false);
                    warn!(
                        error = &error as &dyn std::error::Error,
                        retry_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                        "cannot look for work; trying again"
                    );
                    Some(wait)
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                Some(finished) = self.working.join_next() => self.take_back(finished),
                () = wait_for_work(&mut nudges, pause) => {
                    if !self.working.is_empty() {
                        // The nudge is most likely about the tenants at work, which follow their logs by themselves.
                        tokio::time::sleep(BETWEEN_LOOKS).await;
                    }
                }
            }
        }
        while let Some(finished) = self.working.join_next().await {
            self.take_back(finished);
        }
        for (_, owned) in self.owned.drain() {
            // An error means that the connection is gone, and the lock with it.
            let _ = owned.lock.release().await;
        }
    }

    /// Starts a catch-up for every tenant that is behind, as far as there are workers.
    async fn look(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        self.drop_idle();
        if self.locks.as_ref().is_some_and(LockSession::is_lost) {
            self.tools.metrics.locks_lost();
            info!(scopes = self.owned.len(), "the lock connection is lost; every scope is given up");
            self.locks = None;
            self.owned.clear();
        }
        let locks = match &self.locks {
            Some(locks) => locks.clone(),
            None => self.locks.insert(LockSession::connect(&self.config.database).await?).clone(),
        };
        if self.working.len() >= self.config.workers {
            // Whoever finishes makes room and is the next reason to look.
            return Ok(());
        }
        let mut behind = self.tools.store.tenants_behind().await?;
        if let Some(last) = &self.last_served {
            let after = behind.partition_point(|behind| behind.tenant <= *last);
            behind.rotate_left(after);
        }
        self.tools.metrics.tenants_behind(behind.len());
        for behind in behind {
            if self.working.len() >= self.config.workers {
                break;
            }
            if self.busy.contains_key(&behind.tenant) || self.rests(&behind) {
                continue;
            }
            let Behind { tenant, retries_asked, .. } = behind;
            let owned = match self.owned.remove(&tenant) {
                Some(owned) => Some(owned),
                None => self.take(&locks, &tenant, retries_asked).await?,
            };
            if let Some(owned) = owned {
                self.last_served = Some(tenant.clone());
                self.start(tenant, owned, retries_asked, stop).await?;
            }
        }
        self.tools.metrics.scopes_owned(self.owned.len() + self.busy.len());
        Ok(())
    }

    fn rests(&self, behind: &Behind) -> bool {
        self.resting.get(&behind.tenant).is_some_and(|rest| {
            let asked = behind.retries_asked > rest.retries_asked;
            let may_move = rest.halted_only && behind.can_move;
            rest.until > Instant::now() && !asked && !may_move
        })
    }

    /// Takes a tenant, unless another process has it. One whose rows a silent process still holds rests, and nobody else
    /// waits for that.
    async fn take(&mut self, locks: &LockSession, tenant: &TenantId, asked: i64) -> Result<Option<Owned>, StoreError> {
        let key = LockKey::new(LockClass::Projection, &[tenant.as_str()]);
        let Some(lock) = locks.try_lock(key).await? else { return Ok(None) };
        let writer = self.writer().await?;
        let taken = writer.take(tenant, &self.config.name).await;
        self.writers.push(writer);
        match taken {
            Ok(scope) => {
                info!(tenant = %tenant, "took the tenant's projections");
                Ok(Some(Owned { lock, scope, idle_since: Instant::now() }))
            }
            Err(error) if error.category() == Category::StorageConflict => {
                info!(tenant = %tenant, "another process has not let go of the tenant's projections yet");
                self.tools.metrics.retried(error.category());
                self.rest(tenant, Backoff::NETWORK, false, asked);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn writer(&mut self) -> Result<ProjectionWriter, StoreError> {
        self.writers.retain(|writer| !writer.is_lost());
        match self.writers.pop() {
            Some(writer) => Ok(writer),
            None => ProjectionWriter::connect(&self.config.database).await,
        }
    }

    async fn start(
        &mut self,
        tenant: TenantId,
        mut owned: Owned,
        retries_asked: i64,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let mut writer = self.writer().await?;
        let tools = self.tools.clone();
        let stop = stop.clone();
        self.busy.insert(tenant.clone(), retries_asked);
        self.working.spawn(async move {
            let lost = owned.lock.lost();
            let halt = stop.child_token();
            let halt_when_lost = halt.clone();
            // A lock that is lost ends the work between two batches; the fence guards the batch under way.
            let watch = tokio::spawn(async move {
                lost.cancelled().await;
                halt_when_lost.cancel();
            });
            let outcome = catch_up(&tools, &mut writer, &mut owned.scope, &halt).await;
            watch.abort();
            owned.idle_since = Instant::now();
            let usable = outcome.is_ok() && !owned.lock.is_lost();
            Finished {
                tenant,
                owned: usable.then_some(owned),
                writer: Some(writer).filter(|writer| outcome.is_ok() && !writer.is_lost()),
                outcome,
            }
        });
        Ok(())
    }

    fn take_back(&mut self, finished: Result<Finished, tokio::task::JoinError>) {
        // A panic aborts the process in release builds; in tests the scope is simply taken anew.
        let Ok(finished) = finished else {
            self.busy.clear();
            return;
        };
        let asked = self.busy.remove(&finished.tenant).unwrap_or(0);
        self.writers.extend(finished.writer);
        match finished.outcome {
            Ok(CaughtUp::AtHead | CaughtUp::TurnOver | CaughtUp::Stopped) => {
                self.resting.remove(&finished.tenant);
            }
            Ok(CaughtUp::AtHole) => {
                let _ = self.rest(&finished.tenant, AT_HOLE, true, asked);
            }
            Err(StoreError::Fenced { scope }) => {
                info!(tenant = %finished.tenant, "the {scope} were taken or rebuilt meanwhile; taking them anew");
                self.tools.metrics.retried(Category::LockLost);
            }
            Err(error) => {
                warn!(
                    tenant = %finished.tenant, error = &error as &dyn std::error::Error,
                    "a catch-up ended early; the scope is taken anew"
                );
                self.tools.metrics.catch_up_failed();
                self.tools.metrics.retried(error.category());
                let until = self.rest(&finished.tenant, Backoff::NETWORK, false, asked);
                self.note(finished.tenant.clone(), &error, until);
            }
        }
        // A scope that stands before a hole is taken anew, which tries it again.
        if let Some(owned) = finished.owned.filter(|owned| !owned.scope.has_failed()) {
            self.owned.insert(finished.tenant, owned);
        }
    }

    /// Answers for how long.
    fn rest(&mut self, tenant: &TenantId, backoff: Backoff, halted_only: bool, retries_asked: i64) -> Duration {
        let rest = self.resting.entry(tenant.clone()).or_insert_with(|| Rest {
            until: Instant::now(),
            attempts: 0,
            halted_only,
            retries_asked,
        });
        (rest.halted_only, rest.retries_asked) = (halted_only, retries_asked);
        let pause = backoff.delay(rest.attempts, chance::fraction());
        rest.until = Instant::now() + pause;
        rest.attempts = rest.attempts.saturating_add(1);
        pause
    }

    /// Writes down why a tenant rests, if the database takes it: where that is the trouble, health sees it without a word.
    fn note(&self, tenant: TenantId, error: &StoreError, pause: Duration) {
        let store = self.tools.store.clone();
        let (category, code, message) = (error.category(), error.code(), dg_runtime::exit::chain(error));
        let pause = i64::try_from(pause.as_micros()).unwrap_or(i64::MAX);
        let next = Micros::new(dg_runtime::clock::now().get().saturating_add(pause));
        tokio::spawn(async move {
            let trouble = Trouble { category, code, message: &message, next_retry_at: Some(next) };
            if let Err(error) = store.note_trouble(&tenant, &trouble).await {
                debug!(tenant = %tenant, error = &error as &dyn std::error::Error, "cannot note why the tenant rests");
            }
        });
    }

    fn drop_idle(&mut self) {
        let keep = self.config.keep_idle;
        self.owned.retain(|_, owned| !owned.lock.is_lost() && owned.idle_since.elapsed() < keep);
    }
}

/// A nudge or a poll, but nothing before the pause after a failed look is over.
pub(crate) async fn wait_for_work(nudges: &mut Nudges, pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => {
            nudges.changed().await;
        }
    }
}
