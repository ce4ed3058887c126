//! Finds endpoints that have something to do, owns their tenants, and gives each endpoint its turn.

use std::{collections::HashMap, time::Duration};

use dg_domain::TenantId;
use dg_runtime::{CancellationToken, backoff::Backoff, chance};
use dg_storage::{
    Channel, DatabaseConfig, Store, StoreError,
    listener::{Listener, Nudges},
    locks::{LockClass, LockKey, LockSession, ScopeLock},
    webhooks::courier::Served,
};
use dg_webhooks::{Policy, Schedule};
use tokio::{task::JoinSet, time::Instant};
use tracing::{debug, info, warn};
use uuid::Uuid;

use super::{call::Caller, metrics::Metrics, turn::Turn};

/// The channels on which something may be said that concerns webhooks.
const CHANNELS: [Channel; 3] = [Channel::Log, Channel::Projection, Channel::Workflow];
/// Between two looks: a busy log nudges a hundred times a second.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// How long a tenant stays owned when nothing is to be done for it.
const KEEP_IDLE: Duration = Duration::from_secs(30);
/// How long to leave a tenant alone that another process delivers for.
const ELSEWHERE: Duration = Duration::from_secs(1);
/// How often the metrics are brought up to date.
const OBSERVE_EVERY: Duration = Duration::from_secs(5);

/// What every turn works with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) store: Store,
    pub(crate) caller: Caller,
    pub(crate) schedule: Schedule,
    pub(crate) policy: Policy,
    pub(crate) at_once: usize,
    pub(crate) metrics: Metrics,
}

/// A tenant that this process delivers for. The lock goes when this does.
struct Owned {
    lock: ScopeLock,
    epoch: i64,
    turns: usize,
    idle_since: Instant,
}

struct Finished {
    tenant: TenantId,
    epoch: i64,
    webhook_id: Uuid,
    attempts: u32,
    outcome: Result<(), StoreError>,
}

/// An endpoint, between its turns.
#[derive(Default)]
struct Known {
    busy: bool,
    attempts: u32,
    failures: u32,
    rests_until: Option<Instant>,
}

/// The room that delivers.
pub(crate) struct Courier {
    name: String,
    database: DatabaseConfig,
    tools: Tools,
    listener: Listener,
    poll_every: Duration,
    locks: Option<LockSession>,
    owned: HashMap<TenantId, Owned>,
    /// Tenants of other processes, and when that was found.
    elsewhere: HashMap<TenantId, Instant>,
    known: HashMap<Uuid, Known>,
    turns: JoinSet<Finished>,
    observed: Option<Instant>,
}

impl Courier {
    /// Owns nothing yet. `listener` has to hear of the log, projections and the workflow.
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
            known: HashMap::new(),
            turns: JoinSet::new(),
            observed: None,
        }
    }

    /// Delivers until `stop`; then waits for what is on its way and gives everything back.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut nudges = self.nudges();
        let mut failures = 0;
        while !stop.is_cancelled() {
            let pause = match self.look(&stop).await {
                Ok(()) => {
                    failures = 0;
                    None
                }
                Err(error) => {
                    let wait = Backoff::NETWORK.delay(failures, chance::fraction());
                    if failures == 0 && !matches!(error, StoreError::SchemaOlder { .. }) {
                        warn!(error = &error as &dyn std::error::Error, "cannot look for webhooks; trying again");
                    }
                    failures += 1;
                    Some(wait)
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                Some(finished) = self.turns.join_next() => self.take_back(finished),
                () = next_look(&mut nudges, pause) => {}
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

    fn nudges(&self) -> Nudges {
        self.listener.follow(&CHANNELS).poll_every(self.poll_every)
    }

    /// Starts a turn for every endpoint that has something to do.
    async fn look(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        self.tools.store.check_schema().await?;
        if self.locks.as_ref().is_some_and(LockSession::is_lost) {
            info!(tenants = self.owned.len(), "the lock connection is lost; webhooks of all tenants are given up");
            self.locks = None;
            self.owned.clear();
        }
        self.owned.retain(|_, owned| owned.turns > 0 || owned.idle_since.elapsed() < KEEP_IDLE);
        self.elsewhere.retain(|_, found| found.elapsed() < ELSEWHERE);
        self.known.retain(|_, known| known.busy || known.attempts > 0 || known.failures > 0);
        let work = self.tools.store.webhooks_to_serve().await?;
        for (tenant, webhook_id) in work {
            let known = self.known.entry(webhook_id).or_default();
            if known.busy || known.rests_until.is_some_and(|until| until > Instant::now()) {
                continue;
            }
            if let Some(epoch) = self.own(&tenant).await? {
                self.start(Served { tenant, webhook_id, epoch }, stop);
            }
        }
        if self.observed.is_none_or(|at| at.elapsed() >= OBSERVE_EVERY) {
            self.tools.metrics.stand(&self.tools.store.webhooks_overview().await?);
            self.observed = Some(Instant::now());
        }
        self.tools.metrics.scopes_owned(self.owned.len());
        Ok(())
    }

    /// The epoch at which this process owns a tenant's webhooks; `None` when another one does.
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
        let key = LockKey::new(LockClass::Webhooks, &[tenant.as_str()]);
        let Some(lock) = locks.try_lock(key).await? else {
            self.elsewhere.insert(tenant.clone(), Instant::now());
            return Ok(None);
        };
        let epoch = self.tools.store.take_webhooks(tenant, &self.name).await?;
        debug!(%tenant, epoch, "took the tenant's webhooks");
        self.owned.insert(tenant.clone(), Owned { lock, epoch, turns: 0, idle_since: Instant::now() });
        Ok(Some(epoch))
    }

    fn start(&mut self, served: Served, stop: &CancellationToken) {
        let (Some(owned), Some(known)) = (self.owned.get_mut(&served.tenant), self.known.get_mut(&served.webhook_id))
        else {
            return;
        };
        owned.turns += 1;
        known.busy = true;
        let turn = Turn::new(
            self.tools.clone(),
            served.clone(),
            self.listener.follow(&CHANNELS).poll_every(self.poll_every),
            known.attempts,
        );
        let (halt, lost) = (stop.child_token(), owned.lock.lost());
        self.turns.spawn(async move {
            let halt_when_lost = halt.clone();
            // A lock that is lost ends the turn; the epoch guards what is still written.
            let watch = tokio::spawn(async move {
                lost.cancelled().await;
                halt_when_lost.cancel();
            });
            let (attempts, outcome) = Box::pin(turn.run(halt)).await;
            watch.abort();
            let Served { tenant, webhook_id, epoch } = served;
            Finished { tenant, epoch, webhook_id, attempts, outcome }
        });
    }

    fn take_back(&mut self, finished: Result<Finished, tokio::task::JoinError>) {
        let Finished { tenant, epoch, webhook_id, attempts, outcome } = match finished {
            Ok(finished) => finished,
            Err(error) => {
                // A bug: nobody knows any more which endpoints are at work, so all of them are looked at anew.
                warn!(error = &error as &dyn std::error::Error, "a turn did not end well");
                self.known.values_mut().for_each(|known| known.busy = false);
                return;
            }
        };
        if let Some(owned) = self.owned.get_mut(&tenant).filter(|owned| owned.epoch == epoch) {
            owned.turns = owned.turns.saturating_sub(1);
            owned.idle_since = Instant::now();
            if matches!(outcome, Err(StoreError::Fenced { .. })) {
                info!(%tenant, "another process delivers the tenant's webhooks now");
                self.owned.remove(&tenant);
            }
        }
        let known = self.known.entry(webhook_id).or_default();
        (known.busy, known.attempts) = (false, attempts);
        match outcome {
            Ok(()) => (known.failures, known.rests_until) = (0, None),
            Err(error) => {
                let rest = Backoff::NETWORK.delay(known.failures, chance::fraction());
                known.rests_until = Some(Instant::now() + rest);
                known.failures = known.failures.saturating_add(1);
                warn!(%tenant, %webhook_id, error = &error as &dyn std::error::Error, "a webhook cannot be served; trying again");
            }
        }
    }
}

async fn next_look(nudges: &mut Nudges, pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            nudges.changed().await;
        }
    }
}
