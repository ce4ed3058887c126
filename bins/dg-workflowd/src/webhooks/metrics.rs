//! What the courier counts and measures. Nothing is by tenant or endpoint: there may be thousands.

use std::{sync::atomic::AtomicU64, time::Duration};

use dg_runtime::prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
};
use dg_storage::webhooks::courier::Overview;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    status: &'static str,
}

/// Every way an attempt can end.
const OUTCOMES: [&str; 8] = ["delivered", "refused", "timeout", "address", "name", "connect", "tls", "http"];

/// The courier's metrics. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    attempts: Family<ByOutcome, Counter>,
    attempt_seconds: Histogram,
    dead_letters: Counter,
    disabled: Counter,
    scopes_owned: Gauge,
    endpoints: Family<ByStatus, Gauge>,
    failing: Gauge,
    pending: Gauge,
    dead: Gauge,
    lag_seconds: Gauge<f64, AtomicU64>,
}

impl Metrics {
    /// Registers them, each series at zero: alerts go by increases.
    pub(crate) fn register(registry: &dg_runtime::metrics::Metrics) -> Self {
        let ours = Self {
            attempts: Family::default(),
            attempt_seconds: Histogram::new(exponential_buckets(0.001, 2.5, 12)),
            dead_letters: Counter::default(),
            disabled: Counter::default(),
            scopes_owned: Gauge::default(),
            endpoints: Family::default(),
            failing: Gauge::default(),
            pending: Gauge::default(),
            dead: Gauge::default(),
            lag_seconds: Gauge::default(),
        };
        for outcome in OUTCOMES {
            drop(ours.attempts.get_or_create(&ByOutcome { outcome }));
        }
        ours.stand(&Overview::default());
        let attempts = "Attempts to deliver a webhook, by outcome";
        registry.register("dg_webhook_attempts", attempts, ours.attempts.clone());
        registry.register("dg_webhook_attempt_seconds", "Time of an attempt", ours.attempt_seconds.clone());
        registry.register("dg_webhook_dead_letters", "Messages given up", ours.dead_letters.clone());
        registry.register("dg_webhook_disablements", "Endpoints given up", ours.disabled.clone());
        registry.register("dg_webhook_scopes_owned", "Tenants this process delivers for", ours.scopes_owned.clone());
        registry.register("dg_webhook_endpoints", "Endpoints, by status", ours.endpoints.clone());
        let failing = "Active endpoints that failed ten times in a row or more";
        registry.register("dg_webhook_failing_endpoints", failing, ours.failing.clone());
        registry.register("dg_webhook_pending", "Messages that wait", ours.pending.clone());
        registry.register("dg_webhook_dead", "Dead letters", ours.dead.clone());
        let lag = "Age of the oldest message that waits for an active endpoint";
        registry.register("dg_webhook_lag_seconds", lag, ours.lag_seconds.clone());
        ours
    }

    /// An attempt ended: `delivered`, `refused`, or with a fault.
    pub(crate) fn attempted(&self, outcome: &'static str, took: Duration) {
        self.attempts.get_or_create(&ByOutcome { outcome }).inc();
        self.attempt_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn gave_up_message(&self) {
        self.dead_letters.inc();
    }

    pub(crate) fn gave_up_endpoint(&self) {
        self.disabled.inc();
    }

    pub(crate) fn scopes_owned(&self, scopes: usize) {
        self.scopes_owned.set(i64::try_from(scopes).unwrap_or(i64::MAX));
    }

    /// Takes over how everything stands.
    pub(crate) fn stand(&self, overview: &Overview) {
        for (status, endpoints) in
            [("active", overview.active), ("paused", overview.paused), ("disabled", overview.disabled)]
        {
            self.endpoints.get_or_create(&ByStatus { status }).set(endpoints);
        }
        self.failing.set(overview.failing);
        self.pending.set(overview.pending);
        self.dead.set(overview.dead);
        self.lag_seconds.set(overview.lag_seconds);
    }
}
