//! How often and how long a call is tried again.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Bounds of trying again: jittered exponential back-off, cut by a number of attempts and a total waiting time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included; 1 never tries again.
    pub attempts: u32,
    /// Ceiling of the first pause; it doubles with each attempt.
    pub first_pause: Duration,
    /// Ceiling of any pause that the service did not ask for.
    pub longest_pause: Duration,
    /// No pause is begun that would bring the sum of pauses above this, not even one the service asked for.
    pub budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(3),
            budget: Duration::from_secs(15),
        }
    }
}

impl RetryPolicy {
    /// Never tries again.
    pub const NEVER: Self =
        Self { attempts: 1, first_pause: Duration::ZERO, longest_pause: Duration::ZERO, budget: Duration::ZERO };

    /// For long jobs that should outlive a restart of the service: up to two minutes of waiting.
    pub const PATIENT: Self = Self {
        attempts: 60,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(5),
        budget: Duration::from_secs(120),
    };

    /// The pause before attempt `failed + 1`, or none when it is time to give up.
    ///
    /// `spent` is the sum of the pauses so far, `random` any number. The pause lies between half its ceiling and its
    /// ceiling, so that callers who failed together do not return together.
    #[must_use]
    pub fn pause(&self, failed: u32, retry_after: Option<Duration>, spent: Duration, random: u64) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let ceiling = self.first_pause.saturating_mul(1 << (failed.saturating_sub(1)).min(16)).min(self.longest_pause);
        let half = ceiling / 2;
        let span = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        let own = half + Duration::from_millis(random % span);
        let pause = own.max(retry_after.unwrap_or_default());
        (spent + pause <= self.budget).then_some(pause)
    }
}

/// A number that differs from call to call; the standard library seeds each hasher anew.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn pauses_double_up_to_the_longest_and_stay_within_their_band() {
        let policy = RetryPolicy { attempts: 20, ..RetryPolicy::default() };
        for random in [0, 1, 49, 50, 51, u64::MAX] {
            for (failed, ceiling) in [(1, 100), (2, 200), (3, 400), (6, 3000), (19, 3000)] {
                let pause = policy.pause(failed, None, Duration::ZERO, random).unwrap();
                assert!(pause >= MS(ceiling / 2) && pause <= MS(ceiling), "{failed}: {pause:?}");
            }
        }
    }

    #[test]
    fn gives_up_after_the_last_attempt_or_when_the_budget_is_spent() {
        let policy = RetryPolicy { attempts: 3, budget: MS(1000), ..RetryPolicy::default() };
        assert!(policy.pause(2, None, Duration::ZERO, 0).is_some());
        assert_eq!(policy.pause(3, None, Duration::ZERO, 0), None);
        assert_eq!(policy.pause(1, None, MS(990), 0), None);
        assert_eq!(RetryPolicy::NEVER.pause(1, None, Duration::ZERO, 0), None);
    }

    #[test]
    fn the_service_may_ask_for_more_but_not_for_more_than_the_budget() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.pause(1, Some(MS(5000)), Duration::ZERO, 7), Some(MS(5000)));
        assert_eq!(policy.pause(1, Some(MS(60_000)), Duration::ZERO, 7), None);
    }
}
