//! What the projector counts.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

/// The projector's metrics. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Metrics {
    events: Counter<u64, AtomicU64>,
    batches: Counter<u64, AtomicU64>,
    failed: Counter<u64, AtomicU64>,
    behind: Gauge<i64, AtomicI64>,
    owned: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// Registers them.
    #[must_use]
    pub(crate) fn register(registry: &dg_runtime::metrics::Metrics) -> Self {
        let metrics = Self::default();
        registry.register("dg_projector_events", "Events applied, once per projection", metrics.events.clone());
        registry.register("dg_projector_batches", "Batches committed", metrics.batches.clone());
        registry.register(
            "dg_projector_catch_ups_failed",
            "Catch-ups that ended with an error",
            metrics.failed.clone(),
        );
        registry.register(
            "dg_projector_tenants_behind",
            "Tenants behind their log at the last look",
            metrics.behind.clone(),
        );
        registry.register("dg_projector_scopes_owned", "Tenants this process owns", metrics.owned.clone());
        metrics
    }

    pub(crate) fn applied(&self, events: usize, projections: usize) {
        self.events.inc_by((events * projections) as u64);
        self.batches.inc();
    }

    pub(crate) fn catch_up_failed(&self) {
        self.failed.inc();
    }

    pub(crate) fn tenants_behind(&self, tenants: usize) {
        self.behind.set(i64::try_from(tenants).unwrap_or(i64::MAX));
    }

    pub(crate) fn scopes_owned(&self, scopes: usize) {
        self.owned.set(i64::try_from(scopes).unwrap_or(i64::MAX));
    }
}
