//! How long to wait before the next attempt.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::chance;

/// Doubling waits between `first` and `cap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// No wait is longer.
    pub cap: Duration,
}

impl Backoff {
    /// 100 ms doubling to 5 s: for a database or a peer that is away for a moment.
    pub const NETWORK: Self = Self { first: Duration::from_millis(100), cap: Duration::from_secs(5) };

    /// The wait after `attempt` failures before this one (0 after the first failure). `jitter` in 0.0..1.0 takes away
    /// up to a quarter, so that many waiters do not come back together; 0.0 takes away nothing. Pure.
    #[must_use]
    pub fn delay(&self, attempt: u32, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempt.min(31)));
        doubled.min(self.cap).mul_f64(1.0 - 0.25 * jitter.clamp(0.0, 1.0))
    }

    /// Waits [`delay`](Self::delay) with drawn jitter. Answers `false` at once when `stop` comes first.
    pub async fn pause(&self, attempt: u32, stop: &CancellationToken) -> bool {
        tokio::select! {
            biased;
            () = stop.cancelled() => false,
            () = tokio::time::sleep(self.delay(attempt, chance::fraction())) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(10) };

    fn check(attempt: u32, jitter: f64, expected_ms: u64) {
        assert_eq!(BACKOFF.delay(attempt, jitter), Duration::from_millis(expected_ms), "attempt {attempt}");
    }

    #[test]
    fn doubles_up_to_the_cap() {
        check(0, 0.0, 100);
        check(1, 0.0, 200);
        check(6, 0.0, 6_400);
        check(7, 0.0, 10_000);
        check(u32::MAX, 0.0, 10_000);
    }

    #[test]
    fn jitter_takes_away_at_most_a_quarter() {
        check(0, 1.0, 75);
        check(0, 7.0, 75);
        check(7, 0.5, 8_750);
    }

    #[tokio::test]
    async fn a_stop_ends_the_pause() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(!Backoff { first: Duration::from_secs(3600), cap: Duration::from_secs(3600) }.pause(0, &stop).await);
    }
}
