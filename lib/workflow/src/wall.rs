//! The clock on the wall of a time zone. Zones come with the program and not from the machine: an instant is the same everywhere.

use dg_domain::Micros;
use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};

/// The days of a week as settings name them.
pub(crate) const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The zone of that name, for example `Europe/Berlin`.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The instant at which the wall shows a minute of a day, in microseconds. A time that the clock skips is the moment of the skip,
/// one that comes twice its first; 1440 is the end of the day.
pub(crate) fn instant(zone: &TimeZone, day: Date, minute: i16) -> i64 {
    let (day, minute) = if minute >= 1_440 { (day.tomorrow().unwrap_or(day), 0) } else { (day, minute) };
    let hour = i8::try_from(minute / 60).unwrap_or_default();
    let time = Time::constant(hour, i8::try_from(minute % 60).unwrap_or_default(), 0, 0);
    let shown = zone.to_ambiguous_timestamp(day.to_datetime(time));
    let skipped = matches!(shown.offset(), AmbiguousOffset::Gap { .. });
    let Ok(first) = shown.earlier() else { return i64::MAX };
    if !skipped {
        return first.as_microsecond();
    }
    // What is skipped is the moment of the skip, which is the first change of the clock behind it.
    let skip = zone.following(first).next();
    skip.map_or(first, |change| change.timestamp()).as_microsecond()
}

/// The day that an instant is on.
pub(crate) fn day(zone: &TimeZone, at: Micros) -> Option<Date> {
    Some(zone.to_datetime(Timestamp::from_microsecond(at.get()).ok()?).date())
}

/// The place of a day in [`DAYS`].
pub(crate) fn weekday(day: Date) -> usize {
    match day.weekday() {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

/// `HH:MM` as a minute of the day; `24:00` is its end.
pub(crate) fn minute(text: &str) -> Option<i16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| -> Option<i16> {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60 || hour == 24 && minute == 0).then_some(hour * 60 + minute)
}

/// The text of [`minute()`].
pub(crate) fn shown(minute: i16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
