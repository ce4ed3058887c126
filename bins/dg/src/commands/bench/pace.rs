//! An open loop: when each request is due, however long the ones before it take.

use std::time::{Duration, Instant};

/// A steady rate since a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    started: Instant,
    per_second: u32,
}

impl Pace {
    pub(super) fn start(per_second: u32) -> Self {
        Self { started: Instant::now(), per_second: per_second.max(1) }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Waits until a request is due and says from when on it is to be timed: a request that could not be sent when it was
    /// due has waited already. The timer's own lateness is not the service's.
    pub(super) async fn due(&self, number: u64) -> Instant {
        let at = self.at(number);
        if at <= Instant::now() {
            return at;
        }
        tokio::time::sleep_until(at.into()).await;
        Instant::now()
    }

    fn at(&self, number: u64) -> Instant {
        let rate = u64::from(self.per_second);
        self.started
            + Duration::from_secs(number / rate)
            + Duration::from_secs(1) / self.per_second * u32::try_from(number % rate).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_evenly_spread() {
        let pace = Pace::start(2_000);
        assert_eq!(pace.at(0), pace.started);
        assert_eq!(pace.at(1) - pace.started, Duration::from_micros(500));
        assert_eq!(pace.at(4_001) - pace.started, Duration::from_micros(2_000_500));
    }
}
