//! How long to wait before connecting again.

use std::{hash::BuildHasher, time::Duration};

const FIRST: Duration = Duration::from_millis(50);
const LAST: Duration = Duration::from_secs(2);

/// Doubling waits with jitter, so that many processes do not come back in one instant.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next wait: between half and all of 50 ms, 100 ms … 2 s.
    pub(crate) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(LAST);
        // Each hasher state is seeded afresh; that is random enough for jitter.
        let random = std::collections::hash_map::RandomState::new().hash_one(());
        let share = u32::try_from(random % 512).unwrap_or(0) + 512;
        wait * share / 1024
    }

    pub(crate) const fn reset(&mut self) {
        self.next = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_cap() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = (0..10).map(|_| backoff.next()).collect();
        assert!(waits[0] >= FIRST / 2 && waits[0] < FIRST);
        assert!(waits[9] >= LAST / 2 && waits[9] < LAST);
        backoff.reset();
        assert!(backoff.next() < FIRST);
    }
}
