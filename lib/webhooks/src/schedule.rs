//! When a message that was not taken is tried again.

use std::time::Duration;

use dg_domain::Micros;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

/// The waits after the first failed try, the second, and so on. After the last wait comes the last try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

/// A text that is no schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("1 to 30 waits in milliseconds, each from 1 to 604800000, with commas between them")]
pub struct BadSchedule;

/// What happens to a message after a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is tried again after so long.
    Wait(Duration),
    /// That was the last try: it is a dead letter.
    Dead,
}

/// An endpoint may ask for more time, but not for ever.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);
const LONGEST_MS: u64 = 7 * 24 * 3600 * 1000;

impl Schedule {
    /// Ten tries within three days: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h apart.
    pub const DAYS: &'static str = "5000,300000,1800000,7200000,18000000,36000000,50400000,72000000,86400000";

    /// Reads waits in milliseconds, with commas between them.
    ///
    /// # Errors
    /// [`BadSchedule`].
    pub fn parse(text: &str) -> Result<Self, BadSchedule> {
        let wait = |item: &str| match item.trim().parse::<u64>() {
            Ok(ms) if (1..=LONGEST_MS).contains(&ms) => Ok(Duration::from_millis(ms)),
            _ => Err(BadSchedule),
        };
        let waits = text.split(',').map(wait).collect::<Result<Vec<_>, _>>()?;
        if waits.len() > 30 { Err(BadSchedule) } else { Ok(Self(waits)) }
    }

    /// What to do after `failed` failed tries, the one just made included. `jitter` in 0.0..1.0 adds up to a fifth, so that
    /// what failed together is not tried together; `asked` is the least wait that the endpoint asked for.
    #[must_use]
    pub fn next(&self, failed: u32, jitter: f64, asked: Option<Duration>) -> Next {
        let Some(wait) = usize::try_from(failed.max(1) - 1).ok().and_then(|at| self.0.get(at)) else {
            return Next::Dead;
        };
        let wait = wait.mul_f64(1.0 + 0.2 * jitter.clamp(0.0, 1.0));
        Next::Wait(wait.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::parse(Self::DAYS).expect("the default is a list of milliseconds")
    }
}

/// The wait that a `retry-after` header asks for: seconds, or a date.
#[must_use]
pub fn retry_after(value: &str, now: Micros) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = OffsetDateTime::parse(value, &Rfc2822).ok()?.unix_timestamp();
    let seconds = at.checked_sub(now.get().div_euclid(1_000_000))?;
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(failed: u32, jitter: f64, asked: Option<u64>) -> Next {
        Schedule::default().next(failed, jitter, asked.map(Duration::from_secs))
    }

    const fn seconds(seconds: u64) -> Next {
        Next::Wait(Duration::from_secs(seconds))
    }

    #[test]
    fn ten_tries_within_three_days() {
        assert_eq!(wait(1, 0.0, None), seconds(5));
        assert_eq!(wait(2, 0.0, None), seconds(300));
        assert_eq!(wait(9, 0.0, None), seconds(86_400));
        assert_eq!(wait(10, 0.0, None), Next::Dead);
        assert_eq!(wait(u32::MAX, 0.0, None), Next::Dead);
        let days: Duration = Schedule::default().0.iter().sum();
        assert!((3..4).contains(&(days.as_secs() / 86_400)), "{days:?}");
    }

    #[test]
    fn jitter_adds_at_most_a_fifth() {
        assert_eq!(wait(2, 1.0, None), seconds(360));
        assert_eq!(wait(2, 9.0, None), seconds(360));
        assert_eq!(wait(2, 0.5, None), seconds(330));
    }

    #[test]
    fn what_the_endpoint_asks_for_is_heeded_and_bounded() {
        assert_eq!(wait(1, 0.0, Some(60)), seconds(60));
        assert_eq!(wait(2, 0.0, Some(60)), seconds(300));
        assert_eq!(wait(1, 0.0, Some(u64::MAX)), seconds(86_400));
        assert_eq!(wait(10, 0.0, Some(60)), Next::Dead);
    }

    #[test]
    fn reads_schedules() {
        let waits = Schedule::parse("10, 20").unwrap();
        assert_eq!(waits.next(2, 0.0, None), Next::Wait(Duration::from_millis(20)));
        assert_eq!(waits.next(3, 0.0, None), Next::Dead);
        for bad in ["", "0", "a", "1,,2", "-1", "604800001", &["1"; 31].join(",")] {
            assert_eq!(Schedule::parse(bad), Err(BadSchedule), "{bad}");
        }
    }

    #[test]
    fn reads_what_is_asked_for() {
        let now = Micros::new(784_111_700_000_000);
        let check = |value| retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(check("120"), Some(120));
        assert_eq!(check("Sun, 06 Nov 1994 08:49:37 GMT"), Some(77));
        assert_eq!(check("Sat, 06 Nov 1993 08:49:37 GMT"), Some(0));
        assert_eq!((check("soon"), check("")), (None, None));
    }
}
