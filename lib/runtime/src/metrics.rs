//! The numbers a daemon shows on `/metrics`.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

use crate::clock;

/// A registry of metrics, cheap to clone. Names start with `dg_`; counters get `_total` from the encoder.
#[derive(Clone)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// A registry that already tells the daemon's name, version and start.
    #[must_use]
    pub fn new(daemon: &'static str, version: &'static str) -> Self {
        let metrics = Self(Arc::default());
        metrics.register("dg_build", "What is running", Info::new([("daemon", daemon), ("version", version)]));
        let started: Gauge = Gauge::default();
        started.set(clock::now().get() / 1_000_000);
        metrics.register("dg_start_time_seconds", "When the daemon started, Unix time", started);
        metrics
    }

    /// Adds a metric; keep a clone of it to update it. `help` is a phrase without a full stop.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).register(name, help, metric);
    }

    /// Everything in the OpenMetrics text format.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        let registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a String cannot fail, only a metric's own encoder could.
        if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
            tracing::warn!("a metric could not be encoded");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_registered_is_encoded() {
        let metrics = Metrics::new("dg-test", "1.2.3");
        let depth: Gauge = Gauge::default();
        metrics.register("dg_queue_depth", "Events waiting", depth.clone());
        depth.set(7);
        let text = metrics.encode();
        assert!(text.contains("dg_build_info{daemon=\"dg-test\",version=\"1.2.3\"} 1"), "{text}");
        assert!(text.contains("dg_queue_depth 7"), "{text}");
    }
}
