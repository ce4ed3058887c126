//! When an endpoint that keeps failing is left alone, and when it is given up.

use std::time::Duration;

/// How patient the sender is with an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// An endpoint that took nothing for so long, while it was tried, is disabled.
    pub disable_after: Duration,
}

/// What becomes of an endpoint after a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The next message may be sent at once.
    GoOn,
    /// Nothing is sent for so long, and then one message to see.
    Rest(Duration),
    /// Nothing is sent until somebody says so; with the reason.
    Disable(String),
}

/// After so many failures in a row an endpoint counts as away, and not a message as bad.
const PATIENCE: u32 = 10;
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(300);

impl Policy {
    /// Judges an endpoint after a failed try: `failures` in a row, the first of them `failing_for` ago; `gone` when it
    /// answered 410.
    #[must_use]
    pub fn judge(&self, failures: u32, failing_for: Duration, gone: bool) -> Verdict {
        if gone {
            return Verdict::Disable("the endpoint answered 410 Gone".to_owned());
        }
        if failing_for >= self.disable_after {
            let tries = if failures == 1 { "try" } else { "tries" };
            return Verdict::Disable(format!("nothing was taken in {failures} {tries} within {}", spoken(failing_for)));
        }
        match failures.checked_sub(PATIENCE) {
            None => Verdict::GoOn,
            Some(more) => {
                Verdict::Rest(FIRST_REST.saturating_mul(2_u32.saturating_pow(more.min(20))).min(LONGEST_REST))
            }
        }
    }

    /// Whether an endpoint that takes a message after `failures` in a row had been away, so that what waits for it is due.
    #[must_use]
    pub fn was_away(failures: u32) -> bool {
        failures >= PATIENCE
    }
}

fn spoken(span: Duration) -> String {
    match span.as_secs() {
        seconds @ 172_800.. => format!("{} days", seconds / 86_400),
        seconds @ 7_200.. => format!("{} hours", seconds / 3_600),
        seconds @ 120.. => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { disable_after: Duration::from_secs(5 * 86_400) };

    fn check(failures: u32, failing_s: u64) -> Verdict {
        POLICY.judge(failures, Duration::from_secs(failing_s), false)
    }

    #[test]
    fn some_failures_are_the_messages_and_many_are_the_endpoints() {
        assert_eq!(check(1, 0), Verdict::GoOn);
        assert_eq!(check(9, 3_600), Verdict::GoOn);
        assert_eq!(check(10, 3_600), Verdict::Rest(Duration::from_secs(1)));
        assert_eq!(check(12, 3_600), Verdict::Rest(Duration::from_secs(4)));
        assert_eq!(check(u32::MAX, 3_600), Verdict::Rest(Duration::from_secs(300)));
        assert!(!Policy::was_away(9) && Policy::was_away(10));
    }

    #[test]
    fn days_of_failure_disable() {
        let disabled = Verdict::Disable("nothing was taken in 400 tries within 5 days".to_owned());
        assert_eq!(check(400, 5 * 86_400), disabled);
        assert_ne!(check(400, 5 * 86_400 - 1), disabled);
    }

    #[test]
    fn gone_disables_at_once() {
        let gone = POLICY.judge(1, Duration::ZERO, true);
        assert_eq!(gone, Verdict::Disable("the endpoint answered 410 Gone".to_owned()));
    }
}
