//! How long a lock outlives its holder's silence: the holder stops first, then the server lets go.
//!
//! A process that is paused, or cut off from the network, cannot say goodbye: its connection looks alive for hours. So the
//! holder asks the server something every [`ASK_EVERY`], and the server ends a session that asked nothing for
//! [`FREED_AFTER`]. What counts on the holder's side is when the last answered question was *sent*: the server has heard
//! nothing older, so after [`LOST_AFTER`] the holder knows that the lock is still its own and stops in time.

use std::time::Duration;

use tokio::time::Instant;

/// Between two questions.
pub const ASK_EVERY: Duration = Duration::from_secs(2);

/// From sending a question that was answered until the holder counts its locks as lost, if no later one is answered.
pub const LOST_AFTER: Duration = Duration::from_secs(6);

/// From the last question that the server got until it ends the session, and frees its locks. What is written under a
/// lock has to end as soon when its writer falls silent.
pub const FREED_AFTER: Duration = Duration::from_secs(10);

const _: () =
    assert!(ASK_EVERY.as_millis() < LOST_AFTER.as_millis() && LOST_AFTER.as_millis() < FREED_AFTER.as_millis());

/// What the server is told.
pub(crate) fn server_setting() -> String {
    format!("SET idle_session_timeout = {}", FREED_AFTER.as_millis())
}

/// Until when the holder may count on its locks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    answered: Instant,
}

impl Lease {
    /// After an answer to a question that was sent `at`.
    pub(crate) const fn since(at: Instant) -> Self {
        Self { answered: at }
    }

    /// When to ask again.
    pub(crate) fn next_question(self) -> Instant {
        self.answered + ASK_EVERY
    }

    /// When the locks count as lost.
    pub(crate) fn end(self) -> Instant {
        self.answered + LOST_AFTER
    }

    /// Whether that was before `now`.
    pub(crate) fn is_over(self, now: Instant) -> bool {
        now >= self.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_stops_before_the_server_lets_go() {
        let sent = Instant::now();
        let lease = Lease::since(sent);
        assert!(!lease.is_over(lease.next_question()));
        assert!(lease.is_over(lease.end()) && lease.is_over(sent + FREED_AFTER));
        assert!(FREED_AFTER - LOST_AFTER >= Duration::from_secs(3), "room for a process that is slow to notice");
    }
}
