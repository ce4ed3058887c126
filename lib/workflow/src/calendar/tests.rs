use jiff::{
    Timestamp,
    civil::{DateTime, Weekday},
    tz::TimeZoneDatabase,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;

fn at(text: &str) -> Micros {
    Micros::parse_rfc3339(text).unwrap()
}

fn calendar(zone: &str) -> Calendar {
    let day = json!([["09:00", "12:30"], ["13:15", "17:30"]]);
    Calendar::read(&json!({
        "time_zone": zone,
        "weekly": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": [["09:00", "14:00"]],
                   "saturday": [["22:00", "24:00"]], "sunday": [["00:00", "04:00"]]},
        "holidays": ["12-25", "12-26", "02-29", "2027-05-17"],
        "exceptions": {"2027-12-24": [["09:00", "12:00"]], "2028-01-01": []},
    }))
    .unwrap()
}

#[test]
fn a_weekend_and_a_holiday_are_passed_over() {
    let calendar = calendar("Europe/Berlin");
    let check = |from: &str, hours: i64, to: &str| assert_eq!(calendar.add(at(from), hours * HOUR), at(to), "{from}");
    check("2026-11-25T10:00:00+01:00", 1, "2026-11-25T11:00:00+01:00");
    check("2026-11-25T12:00:00+01:00", 1, "2026-11-25T13:45:00+01:00");
    check("2026-11-25T03:00:00+01:00", 1, "2026-11-25T10:00:00+01:00");
    check("2026-11-25T17:00:00+01:00", 1, "2026-11-26T09:30:00+01:00");
    // Friday afternoon: the night from Saturday to Sunday is open.
    check("2026-11-27T13:00:00+01:00", 2, "2026-11-28T23:00:00+01:00");
    check("2026-11-27T13:00:00+01:00", 8, "2026-11-30T10:00:00+01:00");
    // Christmas, and the night after it; the day before is short in one year.
    check("2026-12-24T17:00:00+01:00", 1, "2026-12-27T00:30:00+01:00");
    check("2027-12-24T11:30:00+01:00", 1, "2027-12-27T09:30:00+01:00");
}

#[test]
fn the_night_when_the_clock_is_changed_has_the_time_that_passes() {
    let calendar = calendar("Europe/Berlin");
    // Spring: from midnight to four are three hours. Autumn: five.
    let spring = calendar.between(at("2026-03-29T00:00:00+01:00"), at("2026-03-29T12:00:00+02:00"));
    let autumn = calendar.between(at("2026-10-25T00:00:00+02:00"), at("2026-10-25T12:00:00+01:00"));
    assert_eq!((spring, autumn), (3 * HOUR, 5 * HOUR));
    assert_eq!(calendar.add(at("2026-03-28T23:00:00+01:00"), 3 * HOUR), at("2026-03-29T03:00:00+02:00"));
    assert_eq!(calendar.add(at("2026-10-24T23:00:00+02:00"), 5 * HOUR), at("2026-10-25T03:00:00+01:00"));
}

/// Whether the wall of a zone shows an open minute, asked minute by minute and without any arithmetic of ours.
fn is_open(zone: &TimeZone, at: i64) -> bool {
    let wall: DateTime = zone.to_datetime(Timestamp::from_microsecond(at).unwrap());
    let (year, month, day) = (wall.year(), wall.month(), wall.day());
    let minute = i64::from(wall.hour()) * 60 + i64::from(wall.minute());
    let within = |from: i64, to: i64| (from..to).contains(&minute);
    match (year, month, day) {
        (2027, 12, 24) => return within(540, 720),
        (2028, 1, 1) | (_, 12, 25 | 26) | (_, 2, 29) | (2027, 5, 17) => return false,
        _ => {}
    }
    match wall.weekday() {
        Weekday::Saturday => within(1_320, 1_440),
        Weekday::Sunday => within(0, 240),
        Weekday::Friday => within(540, 840),
        _ => within(540, 750) || within(795, 1_050),
    }
}

/// A simulated year and more, with a leap day and changes of the clock in both directions: every timer is at the right instant.
#[test]
fn every_timer_of_a_year_is_at_the_right_instant() {
    for name in [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/St_Johns",
        "Africa/Casablanca",
        "Pacific/Chatham",
        "America/Asuncion",
        "UTC",
    ] {
        let (zone, calendar) = (TimeZoneDatabase::bundled().get(name).unwrap(), calendar(name));
        let (start, end) = (at("2027-02-20T00:00:00Z").get(), at("2028-04-10T00:00:00Z").get());
        // The open minutes of the time, one by one.
        let mut open: Vec<i64> = Vec::new();
        let mut minute = start;
        while minute < end {
            if is_open(&zone, minute) {
                open.push(minute);
            }
            minute += MINUTE;
        }
        // A timer set at any time, for any number of open minutes, is due when that many have passed.
        let (mut timers, mut from) = (0, start);
        while from < end - 60 * 24 * HOUR {
            let first = open.partition_point(|open| *open < from);
            for span in [1_i64, 59, 60, 240, 481, 1_440, 6_000] {
                let last = open[first + usize::try_from(span).unwrap() - 1];
                let due = calendar.add(Micros::new(from), span * MINUTE);
                assert_eq!(due.get(), last + MINUTE, "{name}: {span} minutes from {}", Micros::new(from));
                assert_eq!(calendar.between(Micros::new(from), due), span * MINUTE, "{name}: back from {due}");
                timers += 1;
            }
            from += 7 * HOUR + 11 * MINUTE;
        }
        assert!(timers > 8_000, "{timers}");
    }
}

#[test]
fn days_that_never_were_are_closed() {
    // Samoa went from the 29th to the 31st of December 2011.
    let day = json!([["00:00", "24:00"]]);
    let all = json!({"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day, "saturday": day,
        "sunday": day});
    let calendar = Calendar::read(&json!({"time_zone": "Pacific/Apia", "weekly": all})).unwrap();
    let (before, after) = (at("2011-12-29T12:00:00-10:00"), at("2011-12-31T12:00:00+14:00"));
    assert_eq!(calendar.between(before, after), after.get() - before.get());
    assert_eq!(calendar.add(before, 24 * HOUR).get(), before.get() + 24 * HOUR);
}

#[test]
fn everything_that_is_wrong_is_said() {
    let check = |definition: Value, expected: &[&str]| {
        let wrong = Calendar::read(&definition).unwrap_err();
        let at: Vec<&str> = wrong.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(at, expected, "{definition}");
    };
    check(json!([]), &["", "/time_zone", "/weekly"]);
    check(json!({"time_zone": "Mars/Olympus", "weekly": {}, "zones": 1}), &["/zones", "/time_zone"]);
    check(json!({"time_zone": "UTC", "weekly": {}}), &["/weekly"]);
    check(
        json!({"time_zone": "UTC", "weekly": {
            "friday": [["9:00", "10:00"], ["10:00", "10:00"], ["09:00", "24:01"], ["09:00"], 7],
            "monday": [["09:00", "12:00"], ["11:00", "13:00"]], "someday": []},
            "holidays": ["2026-02-29", "13-01", 7, "02-29"], "exceptions": {"tomorrow": []}}),
        &[
            "/weekly/friday/0",
            "/weekly/friday/1",
            "/weekly/friday/2",
            "/weekly/friday/3",
            "/weekly/friday/4",
            "/weekly/monday/1",
            "/weekly/someday",
            "/holidays/0",
            "/holidays/1",
            "/holidays/2",
            "/exceptions/tomorrow",
        ],
    );
}

proptest! {
    #[test]
    fn adding_and_counting_are_one_thing_seen_from_both_sides(
        from in 1_700_000_000_000_000_i64..1_900_000_000_000_000,
        span in 1..5_000_i64,
        more in 0..5_000_i64,
    ) {
        let calendar = calendar("America/New_York");
        let from = Micros::new(from);
        let due = calendar.add(from, span * MINUTE);
        prop_assert!(due > from);
        prop_assert_eq!(calendar.between(from, due), span * MINUTE);
        prop_assert_eq!(calendar.add(due, more * MINUTE), calendar.add(from, (span + more) * MINUTE).max(due));
        let later = calendar.add(from, (span + more) * MINUTE);
        prop_assert!(later >= due);
        prop_assert_eq!(calendar.between(from, due) + calendar.between(due, later), calendar.between(from, later));
    }
}
