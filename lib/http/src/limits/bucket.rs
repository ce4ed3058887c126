//! A bucket of tokens: what may be done at once, and how fast that comes back.

use std::time::Duration;

use tokio::time::Instant;

/// How fast tokens come back, and how many there can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    pub(super) per_second: f64,
    pub(super) most: f64,
}

impl Rate {
    /// So many a second, saved up for so long; `None` for none at all, which means no limit.
    pub(super) fn new(per_second: u32, saved: Duration) -> Option<Self> {
        let per_second = f64::from(per_second);
        let most = (per_second * saved.as_secs_f64()).max(1.0);
        (per_second > 0.0).then_some(Self { per_second, most })
    }
}

/// Tokens as they were at a moment. Begins full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.most, at: now }
    }

    /// What there is now; below zero when something larger than the bucket was let through.
    pub(super) fn tokens(&self, rate: Rate, now: Instant) -> f64 {
        let back = now.saturating_duration_since(self.at).as_secs_f64() * rate.per_second;
        (self.tokens + back).min(rate.most)
    }

    /// How long until `cost` can be taken; zero when it can be now. What costs more than the bucket holds is let through
    /// when it is full, and owed.
    pub(super) fn wait(&self, rate: Rate, cost: f64, now: Instant) -> Duration {
        let missing = cost.min(rate.most) - self.tokens(rate, now);
        if missing <= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(missing / rate.per_second) }
    }

    pub(super) fn take(&mut self, rate: Rate, cost: f64, now: Instant) {
        *self = Self { tokens: self.tokens(rate, now) - cost, at: now };
    }

    /// Whether it says nothing that a new one would not say.
    pub(super) fn is_full(&self, rate: Rate, now: Instant) -> bool {
        self.tokens(rate, now) >= rate.most
    }

    /// How long until it is full again.
    pub(super) fn refill(&self, rate: Rate, now: Instant) -> Duration {
        Duration::from_secs_f64((rate.most - self.tokens(rate, now)) / rate.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(takes: &[(u64, f64)]) -> Vec<u64> {
        let (rate, start) = (Rate::new(10, Duration::from_secs(2)).unwrap(), Instant::now());
        let mut bucket = Bucket::full(rate, start);
        let waits = takes.iter().map(|(at_ms, cost)| {
            let now = start + Duration::from_millis(*at_ms);
            let wait = bucket.wait(rate, *cost, now);
            if wait.is_zero() {
                bucket.take(rate, *cost, now);
            }
            u64::try_from(wait.as_millis()).unwrap()
        });
        waits.collect()
    }

    #[test]
    fn gives_back_steadily_what_was_taken() {
        assert_eq!(check(&[(0, 20.0), (0, 1.0), (50, 1.0), (100, 1.0), (100, 1.0)]), [0, 100, 50, 0, 100]);
        assert_eq!(check(&[(0, 20.0), (60_000, 20.0), (60_000, 1.0)]), [0, 0, 100], "no more than it holds");
    }

    #[test]
    fn what_is_larger_than_the_bucket_waits_for_a_full_one_and_is_owed() {
        assert_eq!(check(&[(0, 1.0), (0, 100.0), (100, 100.0), (100, 1.0)]), [0, 100, 0, 8_100]);
    }

    #[test]
    fn nothing_a_second_is_no_limit() {
        assert_eq!(Rate::new(0, Duration::from_secs(9)), None);
        assert_eq!(Rate::new(1, Duration::ZERO).unwrap().most, 1.0);
    }
}
