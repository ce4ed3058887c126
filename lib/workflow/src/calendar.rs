//! Business hours: how long something may take, counted only while somebody is there.
//!
//! A calendar is a time zone, hours by weekday, holidays and single days that are different. Hours are on the clock on the wall. A
//! time that the clock skips counts as the moment of the skip, one that comes twice as its first. So a night when the clock is
//! changed has exactly the open time that passes. Zones come with the program and not from the machine: a deadline is the same
//! everywhere.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use dg_domain::Micros;
use jiff::{ToSpan, civil::Date, tz::TimeZone};

use crate::{command::Hours, wall};

/// Minutes of a day at which one is open: from the first to before the second; 1440 is the end of the day.
type Interval = (i16, i16);

/// The longest that is looked ahead: somebody who closes for longer has no deadline but the plain one.
const LONGEST_LOOK: usize = 3_660;

/// When there is somebody.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    weekly: [Vec<Interval>; 7],
    holidays: BTreeSet<Date>,
    /// Month and day, every year.
    yearly: BTreeSet<(i8, i8)>,
    exceptions: BTreeMap<Date, Vec<Interval>>,
}

impl Calendar {
    /// The open times of a day, in order, as instants.
    fn open(&self, day: Date) -> impl Iterator<Item = (i64, i64)> + '_ {
        let closed = self.holidays.contains(&day) || self.yearly.contains(&(day.month(), day.day()));
        let hours: &[Interval] = match self.exceptions.get(&day) {
            Some(hours) => hours,
            None if closed => &[],
            None => &self.weekly[wall::weekday(day)],
        };
        hours
            .iter()
            .map(move |(from, to)| (self.instant(day, *from), self.instant(day, *to)))
            .filter(|(from, to)| from < to)
    }

    /// The instant at which the wall shows a minute of a day, in microseconds.
    fn instant(&self, day: Date, minute: i16) -> i64 {
        wall::instant(&self.zone, day, minute)
    }

    /// The day that an instant is on.
    fn day(&self, at: Micros) -> Option<Date> {
        wall::day(&self.zone, at)
    }
}

impl Hours for Calendar {
    /// Without any open time in ten years, every hour counts.
    fn add(&self, from: Micros, span_us: i64) -> Micros {
        let plain = Micros::new(from.get().saturating_add(span_us));
        let Some(mut day) = self.day(from) else { return plain };
        let mut left = span_us.max(0);
        for _ in 0..LONGEST_LOOK {
            for (open, close) in self.open(day) {
                let open = open.max(from.get());
                let length = close.saturating_sub(open);
                if length <= 0 {
                    continue;
                }
                if length >= left {
                    return Micros::new(open + left);
                }
                left -= length;
            }
            let Ok(next) = day.checked_add(1.day()) else { return plain };
            day = next;
        }
        plain
    }

    fn between(&self, from: Micros, to: Micros) -> i64 {
        let (Some(mut day), Some(last)) = (self.day(from), self.day(to)) else { return 0 };
        let mut sum: i64 = 0;
        while day <= last {
            for (open, close) in self.open(day) {
                sum = sum.saturating_add((close.min(to.get()) - open.max(from.get())).max(0));
            }
            let Ok(next) = day.checked_add(1.day()) else { return sum };
            day = next;
        }
        sum
    }
}

#[cfg(test)]
mod tests;
