//! How many frames a browser may send.

use std::time::{Duration, Instant};

/// A bucket that fills with time.
#[derive(Debug)]
pub(super) struct Rate {
    left: f64,
    at: Instant,
}

impl Rate {
    const MOST: f64 = 60.0;
    const PER_SECOND: f64 = 20.0;

    /// A full bucket.
    pub(super) fn new(now: Instant) -> Self {
        Self { left: Self::MOST, at: now }
    }

    /// Takes one; false when none is left.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let passed: Duration = now.saturating_duration_since(self.at);
        self.at = now;
        self.left = (self.left + passed.as_secs_f64() * Self::PER_SECOND).min(Self::MOST);
        if self.left < 1.0 {
            return false;
        }
        self.left -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_pass_and_floods_do_not() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        assert_eq!((0..1000).filter(|_| rate.take(start)).count(), 60);
        assert!(rate.take(start + Duration::from_millis(60)));
        assert!(!rate.take(start + Duration::from_millis(60)));
        assert_eq!((0..1000).filter(|_| rate.take(start + Duration::from_secs(3600))).count(), 60);
    }
}
