//! Times and rates as numbers that fit a line.

use std::time::Duration;

use serde_json::{Map, Value};

/// What a scenario found, under the names it has in the answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures(Map<String, Value>);

impl Figures {
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Events per second. Every scenario that has a rate has it under the same name, so that it can be compared with the
    /// ceiling.
    pub(super) fn rate(self, events: usize, spent: Duration) -> Self {
        self.with(RATE, round(per_second(events, spent), 0))
    }

    /// The rate, if the scenario has one.
    pub(super) fn events_per_second(&self) -> Option<f64> {
        self.0.get(RATE).and_then(Value::as_f64)
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

const RATE: &str = "events_per_second";

/// Measured times, shortest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Times(Vec<Duration>);

impl Times {
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn p50_ms(&self) -> f64 {
        self.at(0.50)
    }

    pub(super) fn p95_ms(&self) -> f64 {
        self.at(0.95)
    }

    pub(super) fn p99_ms(&self) -> f64 {
        self.at(0.99)
    }

    pub(super) fn max_ms(&self) -> f64 {
        self.at(1.0)
    }

    fn at(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list of measured times"
        )]
        let place = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(place).map_or(0.0, |time| millis(*time))
    }
}

/// Milliseconds to the microsecond.
pub(super) fn millis(time: Duration) -> f64 {
    round(time.as_secs_f64() * 1000.0, 3)
}

#[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
pub(super) fn per_second(events: usize, spent: Duration) -> f64 {
    events as f64 / spent.as_secs_f64().max(f64::EPSILON)
}

/// One number by another; 0 when there is nothing to compare with.
pub(super) fn ratio(value: f64, by: f64) -> f64 {
    if by > 0.0 { round(value / by, 3) } else { 0.0 }
}

pub(super) fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_times() {
        let times = Times::of((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!((times.p50_ms(), times.p99_ms(), times.max_ms()), (101.0, 199.0, 200.0));
        assert_eq!(Times::default().p99_ms(), 0.0);
    }

    #[test]
    fn a_rate_is_found_again() {
        assert_eq!(Figures::default().events_per_second(), None);
        let figures = Figures::default().rate(1_000, Duration::from_millis(500)).with("batch", 100);
        assert_eq!(figures.events_per_second(), Some(2_000.0));
    }
}
