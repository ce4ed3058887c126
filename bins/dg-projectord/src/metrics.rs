//! What the projector counts and measures (RT-103).

use std::{sync::atomic::AtomicU64, time::Duration};

use dg_domain::{StoredEvent, Violation};
use dg_projections::{Category, RunMode};
use dg_storage::{Store, projections::Standing};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCategory {
    category: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByMode {
    mode: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    mode: &'static str,
    outcome: &'static str,
}

type FloatGauge = Gauge<f64, AtomicU64>;

/// The projector's metrics. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    events: Counter,
    batches: Counter,
    catch_ups_failed: Counter,
    tenants_behind: Gauge,
    scopes_owned: Gauge,
    database_up: Gauge,
    lock_losses: Counter,
    retries: Family<ByCategory, Counter>,
    set_aside: Family<ByCategory, Counter>,
    batch_seconds: Histogram,
    visible_seconds: Histogram,
    digest_seconds: Histogram,
    self_checks: Family<ByResult, Counter>,
    runs: Family<ByOutcome, Counter>,
    runs_open: Family<ByStatus, Gauge>,
    run_events: Family<ByMode, Counter>,
    run_seconds: Family<ByMode, Histogram>,
    pending_events: Gauge,
    lag_seconds: FloatGauge,
    open_failures: Gauge,
    quarantined: Gauge,
    failed_scopes: Gauge,
    stalled_scopes: Gauge,
    drifted_scopes: Gauge,
    connections_in_use: Gauge,
    connections_waiting: Gauge,
}

/// From a millisecond to half a minute.
fn short() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 16))
}

/// From a tenth of a second to some hours.
fn long() -> Histogram {
    Histogram::new(exponential_buckets(0.1, 3.0, 12))
}

impl Metrics {
    /// Registers them.
    #[must_use]
    pub(crate) fn register(registry: &dg_runtime::metrics::Metrics) -> Self {
        let ours = Self {
            events: Counter::default(),
            batches: Counter::default(),
            catch_ups_failed: Counter::default(),
            tenants_behind: Gauge::default(),
            scopes_owned: Gauge::default(),
            database_up: Gauge::default(),
            lock_losses: Counter::default(),
            retries: Family::default(),
            set_aside: Family::default(),
            batch_seconds: short(),
            visible_seconds: short(),
            digest_seconds: long(),
            self_checks: Family::default(),
            runs: Family::default(),
            runs_open: Family::default(),
            run_events: Family::default(),
            run_seconds: Family::new_with_constructor(long),
            pending_events: Gauge::default(),
            lag_seconds: FloatGauge::default(),
            open_failures: Gauge::default(),
            quarantined: Gauge::default(),
            failed_scopes: Gauge::default(),
            stalled_scopes: Gauge::default(),
            drifted_scopes: Gauge::default(),
            connections_in_use: Gauge::default(),
            connections_waiting: Gauge::default(),
        };
        ours.begin();
        ours.register_work(registry);
        ours.register_standing(registry);
        ours
    }

    /// Lets every series begin at zero: the first failure after a start is an increase too, and alerts go by increases.
    fn begin(&self) {
        for category in Category::ALL.map(Category::as_str) {
            drop(self.retries.get_or_create(&ByCategory { category }));
            drop(self.set_aside.get_or_create(&ByCategory { category }));
        }
        for result in ["equal", "drift", "error"] {
            drop(self.self_checks.get_or_create(&ByResult { result }));
        }
        for mode in RunMode::ALL.map(RunMode::as_str) {
            drop(self.run_events.get_or_create(&ByMode { mode }));
            drop(self.run_seconds.get_or_create(&ByMode { mode }));
            for outcome in ["completed", "failed", "cancelled", "paused", "lost"] {
                drop(self.runs.get_or_create(&ByOutcome { mode, outcome }));
            }
        }
        for status in ["queued", "running", "paused"] {
            drop(self.runs_open.get_or_create(&ByStatus { status }));
        }
    }

    fn register_work(&self, registry: &dg_runtime::metrics::Metrics) {
        registry.register("dg_projector_events", "Events applied, once per projection", self.events.clone());
        registry.register("dg_projector_batches", "Batches committed", self.batches.clone());
        let help = "Catch-ups that ended with an error";
        registry.register("dg_projector_catch_ups_failed", help, self.catch_ups_failed.clone());
        registry.register("dg_projector_lock_losses", "Lock connections lost", self.lock_losses.clone());
        registry.register("dg_projector_retries", "Catch-ups to be tried again, by category", self.retries.clone());
        registry.register("dg_projection_set_aside", "Events set aside, by category", self.set_aside.clone());
        registry.register("dg_projection_batch_seconds", "Time to write a batch", self.batch_seconds.clone());
        let help = "Time from the append of a batch's last event to its projection";
        registry.register("dg_projection_visible_seconds", help, self.visible_seconds.clone());
        registry.register("dg_projection_digest_seconds", "Time of a self-check", self.digest_seconds.clone());
        registry.register("dg_projection_self_checks", "Self-checks, by result", self.self_checks.clone());
        registry.register("dg_projection_runs", "Runs that ended, by mode and outcome", self.runs.clone());
        registry.register("dg_projection_run_events", "Events folded by runs, by mode", self.run_events.clone());
        registry.register("dg_projection_run_seconds", "Time of a run, by mode", self.run_seconds.clone());
    }

    fn register_standing(&self, registry: &dg_runtime::metrics::Metrics) {
        let behind = "Tenants behind their log at the last look";
        registry.register("dg_projector_tenants_behind", behind, self.tenants_behind.clone());
        registry.register("dg_projector_scopes_owned", "Tenants this process owns", self.scopes_owned.clone());
        let up = "Whether the last look at the database worked";
        registry.register("dg_projector_database_up", up, self.database_up.clone());
        let open = "Runs that have not ended, by status";
        registry.register("dg_projection_runs_open", open, self.runs_open.clone());
        let pending = "Events not projected yet, of the tenant furthest behind";
        registry.register("dg_projection_pending_events", pending, self.pending_events.clone());
        let lag = "Age of the oldest event not projected yet";
        registry.register("dg_projection_lag_seconds", lag, self.lag_seconds.clone());
        let open = "Events set aside that wait for an operator";
        registry.register("dg_projection_open_failures", open, self.open_failures.clone());
        let quarantined = "Events that operators decided to leave out";
        registry.register("dg_projection_quarantined", quarantined, self.quarantined.clone());
        let failed = "Projections that stand before a hole in the log";
        registry.register("dg_projection_failed_scopes", failed, self.failed_scopes.clone());
        let stalled = "Projections that are behind and do not move";
        registry.register("dg_projection_stalled_scopes", stalled, self.stalled_scopes.clone());
        let drifted = "Projections whose rows are not those that were written";
        registry.register("dg_projection_drifted_scopes", drifted, self.drifted_scopes.clone());
        let used = "Pooled connections in use";
        registry.register("dg_database_connections_in_use", used, self.connections_in_use.clone());
        let waiting = "Statements waiting for a pooled connection";
        registry.register("dg_database_connections_waiting", waiting, self.connections_waiting.clone());
    }

    /// A batch was committed in `took`; `latest` is its last event.
    pub(crate) fn applied(&self, events: usize, projections: usize, took: Duration, latest: Option<&StoredEvent>) {
        self.events.inc_by((events * projections) as u64);
        self.batches.inc();
        self.batch_seconds.observe(took.as_secs_f64());
        if let Some(latest) = latest {
            let micros = dg_runtime::clock::now().get().saturating_sub(latest.recorded_at.get()).max(0);
            self.visible_seconds.observe(Duration::from_micros(micros.unsigned_abs()).as_secs_f64());
        }
    }

    pub(crate) fn catch_up_failed(&self) {
        self.catch_ups_failed.inc();
    }

    pub(crate) fn retried(&self, category: Category) {
        self.retries.get_or_create(&ByCategory { category: category.as_str() }).inc();
    }

    pub(crate) fn set_aside(&self, violation: &Violation) {
        self.set_aside.get_or_create(&ByCategory { category: Category::from(violation).as_str() }).inc();
    }

    pub(crate) fn locks_lost(&self) {
        self.lock_losses.inc();
    }

    pub(crate) fn database_up(&self, up: bool) {
        self.database_up.set(i64::from(up));
    }

    pub(crate) fn tenants_behind(&self, tenants: usize) {
        self.tenants_behind.set(count(tenants));
    }

    pub(crate) fn scopes_owned(&self, scopes: usize) {
        self.scopes_owned.set(count(scopes));
    }

    /// A self-check ended: `equal`, `drift` or `error`.
    pub(crate) fn checked(&self, result: &'static str, took: Duration) {
        self.self_checks.get_or_create(&ByResult { result }).inc();
        self.digest_seconds.observe(took.as_secs_f64());
    }

    /// A run folded events.
    pub(crate) fn run_events(&self, mode: RunMode, events: u64) {
        self.run_events.get_or_create(&ByMode { mode: mode.as_str() }).inc_by(events);
    }

    /// A run ended: `completed`, `failed`, `cancelled`, `paused` or `lost`.
    pub(crate) fn run_ended(&self, mode: RunMode, outcome: &'static str, took: Duration) {
        self.runs.get_or_create(&ByOutcome { mode: mode.as_str(), outcome }).inc();
        self.run_seconds.get_or_create(&ByMode { mode: mode.as_str() }).observe(took.as_secs_f64());
    }

    /// Takes over how everything stands.
    pub(crate) fn stand(&self, standing: &Standing, store: &Store) {
        self.pending_events.set(standing.pending_events);
        self.lag_seconds.set(standing.lag_seconds);
        self.open_failures.set(standing.open_failures);
        self.quarantined.set(standing.quarantined);
        self.failed_scopes.set(standing.failed_scopes);
        self.stalled_scopes.set(standing.stalled_scopes);
        self.drifted_scopes.set(standing.drifted_scopes);
        let open =
            [("queued", standing.runs_queued), ("running", standing.runs_running), ("paused", standing.runs_paused)];
        for (status, runs) in open {
            self.runs_open.get_or_create(&ByStatus { status }).set(runs);
        }
        let pool = store.pool_status();
        self.connections_in_use.set(count(pool.in_use));
        self.connections_waiting.set(count(pool.waiting));
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
