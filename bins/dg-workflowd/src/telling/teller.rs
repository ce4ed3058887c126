//! Finds tenants that have something to deliver, owns them, and gives each its turn.

use std::{collections::HashMap, time::Duration};

use dg_domain::TenantId;
use dg_runtime::{CancellationToken, backoff::Backoff, chance};
use dg_storage::{
    Channel, DatabaseConfig, Store, StoreError,
    listener::Listener,
    locks::{LockClass, LockKey, LockSession, ScopeLock},
    workflow::TellingScope,
};
use dg_webhooks::Schedule;
use tokio::{task::JoinSet, time::Instant};
use tracing::{debug, info, warn};

use super::{mail::Mailer, metrics::Metrics, turn::Turn};
use crate::webhooks::Caller;

/// The channel on which something may be said that concerns notifications.
const CHANNELS: [Channel; 1] = [Channel::Workflow];
/// Between two looks: many decisions nudge many times.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// How long a tenant stays owned when nothing is to be done for it.
const KEEP_IDLE: Duration = Duration::from_secs(30);
/// How long to leave a tenant alone that another process delivers for.
const ELSEWHERE: Duration = Duration::from_secs(1);
/// How often the metrics are brought up to date.
const OBSERVE_EVERY: Duration = Duration::from_secs(5);
/// How often old notifications of a tenant are forgotten, and how many in one go.
const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
const PRUNED_AT_ONCE: i64 = 1_000;

/// What every turn works with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) store: Store,
    pub(crate) caller: Caller,
    /// None without a mail server.
    pub(crate) mailer: Option<Mailer>,
    pub(crate) schedule: Schedule,
    pub(crate) at_once: usize,
    /// Where people find an item; see `message`.
    pub(crate) item_url: String,
    /// For how long notifications are kept, in days.
    pub(crate) kept_days: u32,
    pub(crate) metrics: Metrics,
}

/// A tenant that this process delivers for. The lock goes when this does.
struct Owned {
    lock: ScopeLock,
    epoch: i64,
    busy: bool,
    idle_since: Instant,
}

/// A tenant that could not be served.
struct Trouble {
    failures: u32,
    rests_until: Instant,
}

struct Finished {
    scope: TellingScope,
    outcome: Result<(), StoreError>,
}

/// The room that tells people.
pub(crate) struct Teller {
    name: String,
    database: DatabaseConfig,
    tools: Tools,
    listener: Listener,
    poll_every: Duration,
    locks: Option<LockSession>,
    owned: HashMap<TenantId, Owned>,
    /// Tenants of other processes, and when that was found.
    elsewhere: HashMap<TenantId, Instant>,
    troubles: HashMap<TenantId, Trouble>,
    pruned: HashMap<TenantId, Instant>,
    turns: JoinSet<Finished>,
    observed: Option<Instant>,
}

impl Teller {
    /// Owns nothing yet. `listener` has to hear of the workflow.
    pub(crate) fn new(database: DatabaseConfig, tools: Tools, listener: Listener, poll_every: Duration) -> Self {
        Self {
            name: dg_runtime::instance::name(),
            database,
            tools,
            listener,
            poll_every,
            locks: None,
            owned: HashMap::new(),
            elsewhere: HashMap::new(),
            troubles: HashMap::new(),
            pruned: HashMap::new(),
            turns: JoinSet::new(),
            observed: None,
        }
    }

    /// Delivers until `stop`; then waits for what is on its way and gives everything back.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut nudges = self.listener.follow(&CHANNELS).poll_every(self.poll_every);
        let mut failures = 0;
        while !stop.is_cancelled() {
            let pause = match self.look(&stop).await {
                Ok(()) => {
                    failures = 0;
                    BETWEEN_LOOKS
                }
                Err(error) => {
                    if failures == 0 && !matches!(error, StoreError::SchemaOlder { .. }) {
                        warn!(error = &error as &dyn std::error::Error, "cannot look for notifications; trying again");
                    }
                    failures += 1;
                    Backoff::NETWORK.delay(failures, chance::fraction())
                }
            };
            let next = async {
                tokio::time::sleep(pause).await;
                if failures == 0 {
                    nudges.changed().await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                Some(finished) = self.turns.join_next() => self.take_back(finished),
                () = next => {}
            }
        }
        while let Some(finished) = self.turns.join_next().await {
            self.take_back(finished);
        }
        for (_, owned) in self.owned.drain() {
            // An error means that the connection is gone, and the lock with it.
            let _ = owned.lock.release().await;
        }
    }

    /// Starts a turn for every tenant that has something to do.
    async fn look(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        self.tools.store.check_schema().await?;
        if self.locks.as_ref().is_some_and(LockSession::is_lost) {
            info!(tenants = self.owned.len(), "the lock connection is lost; notifications of all tenants are given up");
            self.locks = None;
            self.owned.clear();
        }
        self.owned.retain(|_, owned| owned.busy || owned.idle_since.elapsed() < KEEP_IDLE);
        self.elsewhere.retain(|_, found| found.elapsed() < ELSEWHERE);
        for tenant in self.tools.store.telling_work().await? {
            let resting = self.troubles.get(&tenant).is_some_and(|trouble| trouble.rests_until > Instant::now());
            if resting || self.owned.get(&tenant).is_some_and(|owned| owned.busy) {
                continue;
            }
            if let Some(epoch) = self.own(&tenant).await? {
                self.start(TellingScope { tenant, epoch }, stop);
            }
        }
        if self.observed.is_none_or(|at| at.elapsed() >= OBSERVE_EVERY) {
            self.tools.metrics.stand(self.tools.store.telling_totals().await?);
            self.observed = Some(Instant::now());
        }
        self.tools.metrics.scopes_owned(self.owned.len());
        Ok(())
    }

    /// The epoch at which this process owns a tenant's notifications; `None` when another one does.
    async fn own(&mut self, tenant: &TenantId) -> Result<Option<i64>, StoreError> {
        if let Some(owned) = self.owned.get(tenant) {
            return Ok(Some(owned.epoch));
        }
        if self.elsewhere.contains_key(tenant) {
            return Ok(None);
        }
        let locks = match &self.locks {
            Some(locks) => locks.clone(),
            None => self.locks.insert(LockSession::connect(&self.database).await?).clone(),
        };
        let key = LockKey::new(LockClass::Telling, &[tenant.as_str()]);
        let Some(lock) = locks.try_lock(key).await? else {
            self.elsewhere.insert(tenant.clone(), Instant::now());
            return Ok(None);
        };
        let epoch = self.tools.store.take_telling(tenant, &self.name).await?;
        debug!(%tenant, epoch, "took the tenant's notifications");
        self.owned.insert(tenant.clone(), Owned { lock, epoch, busy: false, idle_since: Instant::now() });
        Ok(Some(epoch))
    }

    fn start(&mut self, scope: TellingScope, stop: &CancellationToken) {
        let Some(owned) = self.owned.get_mut(&scope.tenant) else { return };
        owned.busy = true;
        let prunes = self.pruned.get(&scope.tenant).is_none_or(|at| at.elapsed() >= PRUNE_EVERY);
        if prunes {
            self.pruned.insert(scope.tenant.clone(), Instant::now());
        }
        let nudges = self.listener.follow(&CHANNELS).poll_every(self.poll_every);
        let turn = Turn::new(self.tools.clone(), scope.clone(), nudges);
        let (halt, lost) = (stop.child_token(), owned.lock.lost());
        let tools = self.tools.clone();
        self.turns.spawn(async move {
            let halt_when_lost = halt.clone();
            // A lock that is lost ends the turn; the epoch guards what is still written.
            let watch = tokio::spawn(async move {
                lost.cancelled().await;
                halt_when_lost.cancel();
            });
            let mut outcome = Box::pin(turn.run(halt)).await;
            watch.abort();
            if prunes && outcome.is_ok() {
                let pruned = tools.store.prune_notifications(&scope.tenant, tools.kept_days, PRUNED_AT_ONCE).await;
                outcome = pruned.map(drop);
            }
            Finished { scope, outcome }
        });
    }

    fn take_back(&mut self, finished: Result<Finished, tokio::task::JoinError>) {
        let Finished { scope, outcome } = match finished {
            Ok(finished) => finished,
            Err(error) => {
                // A bug: nobody knows any more who is at work, so everybody is looked at anew, under new epochs.
                warn!(error = &error as &dyn std::error::Error, "a turn did not end well");
                self.owned.clear();
                return;
            }
        };
        let tenant = &scope.tenant;
        if let Some(owned) = self.owned.get_mut(tenant).filter(|owned| owned.epoch == scope.epoch) {
            owned.busy = false;
            owned.idle_since = Instant::now();
            if matches!(outcome, Err(StoreError::Fenced { .. })) {
                info!(%tenant, "another process delivers the tenant's notifications now");
                self.owned.remove(tenant);
            }
        }
        match outcome {
            Ok(()) => drop(self.troubles.remove(tenant)),
            Err(error) => {
                let now = Instant::now();
                let trouble = self.troubles.entry(tenant.clone()).or_insert(Trouble { failures: 0, rests_until: now });
                trouble.rests_until = now + Backoff::NETWORK.delay(trouble.failures, chance::fraction());
                trouble.failures = trouble.failures.saturating_add(1);
                warn!(%tenant, error = &error as &dyn std::error::Error, "notifications cannot be delivered; trying again");
            }
        }
    }
}
