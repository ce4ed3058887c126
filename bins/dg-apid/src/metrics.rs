//! The numbers of ingest, beside those of HTTP.

use crate::stream::Streams;
use dg_domain::Violation;
use dg_domain::append::Outcome;
use dg_runtime::metrics::Metrics;
use dg_storage::Store;
use dg_storage::log::AppendStage;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// What became of an event that somebody sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// New in the log.
    Stored,
    /// In the log since an earlier request.
    Replayed,
    /// Refused.
    Rejected,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

/// Counters of events, gauges of what waits.
#[derive(Clone, Debug)]
pub(crate) struct ApiMetrics {
    events: Family<Ended, Counter>,
    commits: Counter,
    queued_events: Gauge,
    queued_bytes: Gauge,
    connections_in_use: Gauge,
    connections_waiting: Gauge,
    streams: Gauge,
    acts: Family<Act, Counter>,
}

/// A command on a workflow item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Act {
    action: &'static str,
    outcome: &'static str,
}

impl ApiMetrics {
    /// Adds the metrics to those of the daemon.
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let ours = Self {
            events: Family::default(),
            commits: Counter::default(),
            queued_events: Gauge::default(),
            queued_bytes: Gauge::default(),
            connections_in_use: Gauge::default(),
            connections_waiting: Gauge::default(),
            streams: Gauge::default(),
            acts: Family::default(),
        };
        metrics.register("dg_workflow_actions", "Commands on workflow items, by outcome", ours.acts.clone());
        metrics.register("dg_event_streams", "Open streams of events", ours.streams.clone());
        metrics.register("dg_append_events", "Events received, by what became of them", ours.events.clone());
        metrics.register("dg_append_commits", "Commits of the append stage", ours.commits.clone());
        metrics.register("dg_append_queued_events", "Events waiting to be stored", ours.queued_events.clone());
        metrics.register("dg_append_queued_bytes", "Bytes waiting to be stored", ours.queued_bytes.clone());
        metrics.register(
            "dg_database_connections_in_use",
            "Pooled connections in use",
            ours.connections_in_use.clone(),
        );
        // Rates are right from the first event on only where the series was there before it.
        for fate in [Fate::Stored, Fate::Replayed, Fate::Rejected] {
            ours.decided(fate, 0);
        }
        let help = "Requests waiting for a pooled connection";
        metrics.register("dg_database_connections_waiting", help, ours.connections_waiting.clone());
        ours
    }

    /// Counts a command on a workflow item: `accepted`, `replayed` or `refused`.
    pub(crate) fn acted(&self, action: &'static str, outcome: &'static str) {
        self.acts.get_or_create(&Act { action, outcome }).inc();
    }

    /// Counts `count` events of one fate.
    pub(crate) fn decided(&self, fate: Fate, count: u64) {
        let outcome = match fate {
            Fate::Stored => "stored",
            Fate::Replayed => "replayed",
            Fate::Rejected => "rejected",
        };
        self.events.get_or_create(&Ended { outcome }).inc_by(count);
    }

    /// Counts the events of a batch.
    pub(crate) fn batch(&self, decided: &[Result<Outcome, Violation>]) {
        let mut counts = [(Fate::Stored, 0), (Fate::Replayed, 0), (Fate::Rejected, 0)];
        for item in decided {
            let at = match item {
                Ok(Outcome::Stored(_)) => 0,
                Ok(Outcome::Replayed(_)) => 1,
                Ok(Outcome::Rejected(_)) | Err(_) => 2,
            };
            counts[at].1 += 1;
        }
        for (fate, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            self.decided(fate, count);
        }
    }

    /// Takes over what the append stage and the pool say now.
    pub(crate) fn observe(&self, stage: &AppendStage, store: &Store, streams: &Streams) {
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let (stats, pool) = (stage.stats(), store.pool_status());
        self.commits.inner().store(stats.batches, std::sync::atomic::Ordering::Relaxed);
        self.queued_events.set(count(stats.queued_events));
        self.queued_bytes.set(count(stats.queued_bytes));
        self.connections_in_use.set(count(pool.in_use));
        self.connections_waiting.set(count(pool.waiting));
        self.streams.set(count(streams.open()));
    }
}
