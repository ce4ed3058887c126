//! Hours and days at which somebody wants to hear nothing.

use dg_domain::Micros;
use jiff::{ToSpan, civil::Date, tz::TimeZone};

use crate::wall;

/// Nobody is silent for longer: settings that are quiet on all days are refused, so that this only bounds the search.
const LONGEST_LOOK: usize = 40;

/// When it is quiet, by the clock on the wall.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Quiet {
    /// Minutes of the day: from the first to before the second, past midnight when the second is not later.
    pub(super) hours: Option<(i16, i16)>,
    /// Whole days, Monday first.
    pub(super) days: [bool; 7],
}

impl Quiet {
    /// The first moment from `at` on at which it is not quiet.
    pub(super) fn over(&self, zone: &TimeZone, at: Micros) -> Micros {
        let mut now = at;
        for _ in 0..LONGEST_LOOK {
            match self.ends(zone, now) {
                Some(end) if end > now => now = end,
                _ => return now,
            }
        }
        now
    }

    /// When the quiet that `at` is in ends, or a part of it; `None` when it is not quiet.
    fn ends(&self, zone: &TimeZone, at: Micros) -> Option<Micros> {
        let day = wall::day(zone, at)?;
        if self.days.get(wall::weekday(day)).copied().unwrap_or_default() {
            return Some(Micros::new(wall::instant(zone, day, 1_440)));
        }
        let (from, to) = self.hours?;
        // The night that began yesterday may still be going on.
        [day.checked_sub(1.day()).ok(), Some(day)]
            .into_iter()
            .flatten()
            .map(|began| night(zone, began, from, to))
            .find(|(began, end)| *began <= at.get() && at.get() < *end)
            .map(|(_, end)| Micros::new(end))
    }
}

/// The quiet hours that begin on a day, as instants.
fn night(zone: &TimeZone, day: Date, from: i16, to: i16) -> (i64, i64) {
    let last = if to > from { day } else { day.tomorrow().unwrap_or(day) };
    (wall::instant(zone, day, from), wall::instant(zone, last, to))
}
