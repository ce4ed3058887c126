//! The numbers of reviews (WF-66).

use std::sync::atomic::AtomicU64;

use dg_runtime::metrics::Metrics;
use dg_runtime::prometheus_client::metrics::counter::Counter;
use dg_runtime::prometheus_client::metrics::family::Family;
use dg_runtime::prometheus_client::metrics::gauge::Gauge;
use dg_storage::workflow::Synced;

type Label = [(&'static str, String); 1];

/// What this process did, and how all items stand.
#[derive(Clone)]
pub(crate) struct ReviewMetrics {
    items: Family<Label, Gauge>,
    overdue: Gauge,
    dead_letters: Gauge,
    escalations: Counter,
    warnings: Counter,
    notifications: Counter,
    lateness: Gauge<f64, AtomicU64>,
    owned: Gauge,
    equal: Family<Label, Gauge>,
}

impl ReviewMetrics {
    /// Adds them to those of the daemon.
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let ours = Self {
            items: Family::default(),
            overdue: Gauge::default(),
            dead_letters: Gauge::default(),
            escalations: Counter::default(),
            warnings: Counter::default(),
            notifications: Counter::default(),
            lateness: Gauge::default(),
            owned: Gauge::default(),
            equal: Family::default(),
        };
        let help = "Whether a tenant's items were what its log says when they were last compared";
        metrics.register("dg_workflow_items_equal", help, ours.equal.clone());
        metrics.register("dg_workflow_items", "Items of review, by where they stand", ours.items.clone());
        metrics.register("dg_workflow_overdue_items", "Open items whose deadline has passed", ours.overdue.clone());
        let help = "Events that no item could take and nobody dealt with";
        metrics.register("dg_workflow_dead_letters", help, ours.dead_letters.clone());
        metrics.register("dg_workflow_escalations", "Escalations by the clock", ours.escalations.clone());
        metrics.register("dg_workflow_warnings", "Warnings of a deadline", ours.warnings.clone());
        metrics.register("dg_workflow_notifications", "Notifications made by this process", ours.notifications.clone());
        let help = "How late the latest of the last timers fired, in seconds";
        metrics.register("dg_workflow_timer_lateness_seconds", help, ours.lateness.clone());
        metrics.register(
            "dg_workflow_scopes_owned",
            "Tenants whose reviews this process works for",
            ours.owned.clone(),
        );
        ours
    }

    /// Takes over how all items stand.
    pub(crate) fn stand(&self, totals: &[(String, i64, i64)], dead_letters: i64) {
        for (status, items, _) in totals {
            self.items.get_or_create(&[("status", status.clone())]).set(*items);
        }
        self.overdue.set(totals.iter().map(|(_, _, overdue)| overdue).sum());
        self.dead_letters.set(dead_letters);
    }

    /// Counts what a step did.
    pub(crate) fn did(&self, did: Synced) {
        let count = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        self.escalations.inc_by(count(did.escalated));
        self.warnings.inc_by(count(did.warned));
        self.notifications.inc_by(count(did.told));
        if did.escalated + did.warned > 0 {
            #[expect(clippy::cast_precision_loss, reason = "seconds for a chart")]
            self.lateness.set(did.latest_us as f64 / 1e6);
        }
    }

    /// Notes how a comparison ended.
    pub(crate) fn compared(&self, tenant: &dg_domain::TenantId, equal: bool) {
        self.equal.get_or_create(&[("tenant", tenant.as_str().to_owned())]).set(i64::from(equal));
    }

    /// How many tenants this process works for.
    pub(crate) fn scopes_owned(&self, owned: usize) {
        self.owned.set(i64::try_from(owned).unwrap_or(i64::MAX));
    }
}
