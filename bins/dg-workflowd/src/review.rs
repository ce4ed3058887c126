//! Lets items of review follow the log, and the clock speak.
//!
//! One process does so for a tenant at a time, by lock. The lock only keeps processes out of each other's way: what is written is
//! written in turns, each of which locks the tenant's log and items, so that an escalation happens once whoever writes it.

use std::collections::HashMap;
use std::time::Duration;

use dg_domain::TenantId;
use dg_runtime::backoff::Backoff;
use dg_runtime::metrics::Metrics;
use dg_runtime::{CancellationToken, chance};
use dg_storage::listener::{Listener, Nudges};
use dg_storage::locks::{LockClass, LockKey, LockSession, ScopeLock};
use dg_storage::notifier::Notifier;
use dg_storage::workflow::Rebuilt;
use dg_storage::{Channel, DatabaseConfig, Store, StoreError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

mod comparer;
mod hand;
mod metrics;

use comparer::{Compared, Comparer};
use hand::Hand;
use metrics::ReviewMetrics;

/// The channels on which something may be said that concerns reviews.
const CHANNELS: [Channel; 2] = [Channel::Log, Channel::Workflow];
/// Between two looks: a busy log nudges a hundred times a second.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// How long a tenant stays owned when nothing is to be done for it.
const KEEP_IDLE: Duration = Duration::from_secs(60);
/// How long to leave a tenant alone that another process works for.
const ELSEWHERE: Duration = Duration::from_secs(1);
/// How often the metrics are brought up to date.
const OBSERVE_EVERY: Duration = Duration::from_secs(15);
/// The clock is looked at this often when something is due soon.
const SOONEST: Duration = Duration::from_millis(20);
/// Tenants that are worked for side by side. A turn mostly waits for the database, and commits that wait together are one.
const AT_ONCE: usize = 4;

/// A tenant that this process works for. The lock goes when this does.
struct Owned {
    lock: ScopeLock,
    idle_since: Instant,
}

/// How working for a tenant ended.
type Served = (TenantId, Result<Option<Duration>, StoreError>);

/// A tenant that could not be worked for.
struct Trouble {
    failures: u32,
    rests_until: Instant,
}

/// The room that works for reviews.
pub(crate) struct Reviewer {
    database: DatabaseConfig,
    hand: Hand,
    comparer: Comparer,
    listener: Listener,
    poll_every: Duration,
    locks: Option<LockSession>,
    owned: HashMap<TenantId, Owned>,
    elsewhere: HashMap<TenantId, Instant>,
    troubles: HashMap<TenantId, Trouble>,
    observed: Option<Instant>,
}

impl Reviewer {
    /// Owns nothing yet. `listener` has to hear of the log and the workflow.
    pub(crate) fn new(
        database: DatabaseConfig,
        store: Store,
        listener: Listener,
        notifier: Notifier,
        poll_every: Duration,
        metrics: &Metrics,
    ) -> Self {
        Self {
            database,
            comparer: Comparer::new(store.clone()),
            hand: Hand { store, notifier, metrics: ReviewMetrics::register(metrics) },
            listener,
            poll_every,
            locks: None,
            owned: HashMap::new(),
            elsewhere: HashMap::new(),
            troubles: HashMap::new(),
            observed: None,
        }
    }

    /// Works until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut nudges = self.listener.follow(&CHANNELS).poll_every(self.poll_every);
        let mut failures = 0;
        while !stop.is_cancelled() {
            let pause = match self.look(&stop).await {
                Ok(next) => {
                    failures = 0;
                    Pause::UntilNews(next)
                }
                Err(error) => {
                    if failures == 0 && !matches!(error, StoreError::SchemaOlder { .. }) {
                        warn!(error = &error as &dyn std::error::Error, "cannot look for reviews; trying again");
                    }
                    failures += 1;
                    Pause::Fixed(Backoff::NETWORK.delay(failures, chance::fraction()))
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                found = self.comparer.ended() => self.compared(found),
                () = pause.over(&mut nudges) => {}
            }
        }
        for (_, owned) in self.owned.drain() {
            // An error means that the connection is gone, and the lock with it.
            let _ = owned.lock.release().await;
        }
    }

    /// Does what is to be done for every tenant, those whose time was up first. The answer is when the clock is needed next.
    async fn look(&mut self, stop: &CancellationToken) -> Result<Option<Duration>, StoreError> {
        self.hand.store.check_schema().await?;
        if self.locks.as_ref().is_some_and(LockSession::is_lost) {
            info!(tenants = self.owned.len(), "the lock connection is lost; reviews of all tenants are given up");
            self.locks = None;
            self.owned.clear();
        }
        let comparer = &self.comparer;
        self.owned.retain(|tenant, owned| owned.idle_since.elapsed() < KEEP_IDLE || comparer.is_rebuilding(tenant));
        self.elsewhere.retain(|_, found| found.elapsed() < ELSEWHERE);
        let (mut next, mut unverified, mut serving) = (None, Vec::new(), JoinSet::new());
        let mut owning = Ok(true);
        for standing in self.hand.store.workflow_standing().await? {
            let tenant = &standing.tenant_id;
            let resting = |trouble: &Trouble| trouble.rests_until > Instant::now();
            if self.comparer.is_rebuilding(tenant) || self.troubles.get(tenant).is_some_and(resting) {
                continue;
            }
            owning = self.own(tenant).await;
            match owning {
                Ok(true) => {}
                Ok(false) => continue,
                Err(_) => break,
            }
            if let Some(by) = &standing.rebuild_asked_by {
                self.comparer.rebuild(tenant, by);
                continue;
            }
            if standing.unverified {
                unverified.push(tenant.clone());
            }
            if serving.len() >= AT_ONCE {
                self.served(serving.join_next().await, &mut next);
            }
            if stop.is_cancelled() {
                break;
            }
            let (hand, stop) = (self.hand.clone(), stop.clone());
            serving.spawn(async move {
                let soon = hand.serve(&standing, &stop).await;
                (standing.tenant_id, soon)
            });
        }
        while let Some(ended) = serving.join_next().await {
            self.served(Some(ended), &mut next);
        }
        // Only now: dropped, those who serve would be cut off within a turn.
        owning?;
        self.comparer.verify(unverified);
        if self.observed.is_none_or(|at| at.elapsed() >= OBSERVE_EVERY) {
            let (totals, dead) = self.hand.store.workflow_totals().await?;
            self.hand.metrics.stand(&totals, dead);
            self.observed = Some(Instant::now());
        }
        self.hand.metrics.scopes_owned(self.owned.len());
        Ok(next)
    }

    /// Takes note of how working for a tenant ended, and when the clock is needed for it.
    fn served(&mut self, ended: Option<Result<Served, JoinError>>, next: &mut Option<Duration>) {
        match ended {
            Some(Ok((tenant, Ok(soon)))) => {
                self.troubles.remove(&tenant);
                *next = next.iter().copied().chain(soon).min();
            }
            Some(Ok((tenant, Err(error)))) => self.rest(&tenant, &error),
            // Nobody aborts them, and release builds end with a panic.
            Some(Err(_)) | None => {}
        }
    }

    /// Says how folding logs again ended.
    fn compared(&mut self, found: Compared) {
        for (tenant, found) in found {
            match found {
                Ok(found) => self.say(&tenant, found),
                Err(error) => self.rest(&tenant, &error),
            }
        }
    }

    /// A difference is an alert, and stays one until somebody asks for a rebuild.
    fn say(&self, tenant: &TenantId, found: Rebuilt) {
        self.hand.metrics.compared(tenant, found.is_equal() || found.replaced);
        if found.is_equal() {
            info!(%tenant, items = found.items, "the items of review are what the log says");
        } else {
            let (before, folded) = (found.before.prefixed(), found.folded.prefixed());
            let replaced = found.replaced;
            error!(%tenant, items = found.items, before, folded, replaced, "the items of review were not what the log says");
        }
        self.hand.notifier.nudge(Channel::Workflow);
    }

    fn rest(&mut self, tenant: &TenantId, error: &StoreError) {
        let trouble =
            self.troubles.entry(tenant.clone()).or_insert_with(|| Trouble { failures: 0, rests_until: Instant::now() });
        let rest = Backoff::NETWORK.delay(trouble.failures, chance::fraction());
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.rests_until = Instant::now() + rest;
        warn!(%tenant, error = error as &dyn std::error::Error, "the tenant's reviews cannot be worked for; trying again");
    }

    /// Whether this process works for the tenant.
    async fn own(&mut self, tenant: &TenantId) -> Result<bool, StoreError> {
        if let Some(owned) = self.owned.get_mut(tenant) {
            owned.idle_since = Instant::now();
            return Ok(true);
        }
        if self.elsewhere.contains_key(tenant) {
            return Ok(false);
        }
        let locks = match &self.locks {
            Some(locks) => locks.clone(),
            None => self.locks.insert(LockSession::connect(&self.database).await?).clone(),
        };
        let Some(lock) = locks.try_lock(LockKey::new(LockClass::Workflow, &[tenant.as_str()])).await? else {
            self.elsewhere.insert(tenant.clone(), Instant::now());
            return Ok(false);
        };
        debug!(%tenant, "took the tenant's reviews");
        self.owned.insert(tenant.clone(), Owned { lock, idle_since: Instant::now() });
        Ok(true)
    }
}

/// Until when to wait.
enum Pause {
    /// A failure's.
    Fixed(Duration),
    /// Until somebody says something, or the clock is needed.
    UntilNews(Option<Duration>),
}

impl Pause {
    async fn over(self, nudges: &mut Nudges) {
        match self {
            Self::Fixed(pause) => tokio::time::sleep(pause).await,
            Self::UntilNews(clock) => {
                let clock = clock.map(|clock| clock.max(SOONEST));
                tokio::time::sleep(clock.map_or(BETWEEN_LOOKS, |clock| clock.min(BETWEEN_LOOKS))).await;
                let Some(left) = clock.map(|clock| clock.saturating_sub(BETWEEN_LOOKS)) else {
                    nudges.changed().await;
                    return;
                };
                let _ = tokio::time::timeout(left, nudges.changed()).await;
            }
        }
    }
}
