//! How many requests were served, how, and how fast.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use dg_runtime::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

/// Counters by route template, never by path: their number is that of the routes.
#[derive(Clone, Debug)]
pub struct HttpMetrics {
    requests: Family<Served, Counter>,
    seconds: Family<Timed, Histogram>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    route: String,
}

impl HttpMetrics {
    /// Adds the metrics to those of the daemon.
    pub fn register(metrics: &Metrics) -> Self {
        let requests = Family::default();
        let seconds = Family::<Timed, Histogram>::new_with_constructor(|| {
            Histogram::new([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0])
        });
        metrics.register("dg_http_requests", "Requests served, by route template and status", requests.clone());
        metrics.register("dg_http_request_seconds", "Time to answer, by route template", seconds.clone());
        Self { requests, seconds }
    }

    pub(crate) fn served(&self, route: &str, method: &Method, status: StatusCode, elapsed: Duration) {
        let method = match *method {
            Method::GET => "GET",
            Method::POST => "POST",
            Method::PATCH => "PATCH",
            Method::HEAD => "HEAD",
            _ => "other",
        };
        self.requests.get_or_create(&Served { method, route: route.to_owned(), status: status.as_u16() }).inc();
        self.seconds.get_or_create(&Timed { route: route.to_owned() }).observe(elapsed.as_secs_f64());
    }
}
