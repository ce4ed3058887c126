//! What the teller counts and measures. Nothing is by tenant or channel: there may be thousands.

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
use dg_storage::workflow::TellingTotals;
use dg_workflow::telling::Channel;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByEnd {
    channel: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByChannel {
    channel: &'static str,
}

/// The teller's metrics. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    attempts: Family<ByEnd, Counter>,
    attempt_seconds: Histogram,
    dead_letters: Family<ByChannel, Counter>,
    scopes_owned: Gauge,
    pending: Gauge,
    failed: Gauge,
    lag_seconds: Gauge<f64, AtomicU64>,
}

impl Metrics {
    /// Registers them; what alerts look at by increases is there from the start.
    pub(crate) fn register(registry: &dg_runtime::metrics::Metrics) -> Self {
        let ours = Self {
            attempts: Family::default(),
            attempt_seconds: Histogram::new(exponential_buckets(0.001, 2.5, 12)),
            dead_letters: Family::default(),
            scopes_owned: Gauge::default(),
            pending: Gauge::default(),
            failed: Gauge::default(),
            lag_seconds: Gauge::default(),
        };
        for channel in Channel::ALL.map(Channel::as_str) {
            drop(ours.attempts.get_or_create(&ByEnd { channel, outcome: "delivered" }));
            drop(ours.dead_letters.get_or_create(&ByChannel { channel }));
        }
        let attempts = "Attempts to deliver a notification, by channel and outcome";
        registry.register("dg_notification_attempts", attempts, ours.attempts.clone());
        registry.register("dg_notification_attempt_seconds", "Time of an attempt", ours.attempt_seconds.clone());
        let dead = "Messages about notifications that were given up, by channel";
        registry.register("dg_notification_dead_letters", dead, ours.dead_letters.clone());
        let owned = "Tenants whose notifications this process delivers";
        registry.register("dg_notification_scopes_owned", owned, ours.scopes_owned.clone());
        registry.register("dg_notification_pending", "Deliveries that wait, digests included", ours.pending.clone());
        registry.register("dg_notification_failed", "Deliveries that were given up", ours.failed.clone());
        let lag = "For how long the oldest delivery is due";
        registry.register("dg_notification_lag_seconds", lag, ours.lag_seconds.clone());
        ours
    }

    /// An attempt ended.
    pub(super) fn attempted(&self, channel: Channel, outcome: &'static str, took: Duration) {
        self.attempts.get_or_create(&ByEnd { channel: channel.as_str(), outcome }).inc();
        self.attempt_seconds.observe(took.as_secs_f64());
    }

    pub(super) fn gave_up(&self, channel: Channel) {
        self.dead_letters.get_or_create(&ByChannel { channel: channel.as_str() }).inc();
    }

    pub(super) fn scopes_owned(&self, scopes: usize) {
        self.scopes_owned.set(i64::try_from(scopes).unwrap_or(i64::MAX));
    }

    /// Takes over how everything stands.
    pub(super) fn stand(&self, totals: TellingTotals) {
        self.pending.set(totals.pending);
        self.failed.set(totals.failed);
        self.lag_seconds.set(totals.lag_seconds);
    }
}
