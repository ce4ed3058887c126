//! A calendar as settings say it.

use std::collections::{BTreeMap, BTreeSet};

use dg_domain::Problem;
use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{Calendar, Interval};
use crate::{
    problems::problem,
    wall::{self, DAYS, minute},
};

const KEYS: [&str; 4] = ["time_zone", "weekly", "holidays", "exceptions"];
/// More than anybody has.
const MOST_DAYS: usize = 2_000;
const MOST_INTERVALS: usize = 24;

impl Calendar {
    /// Reads a definition: `{"time_zone": "Europe/Berlin", "weekly": {"monday": [["09:00", "17:30"]], …}, "holidays":
    /// ["2026-05-01", "12-25"], "exceptions": {"2026-12-24": [["09:00", "12:00"]]}}`. A day that is not named in `weekly` is
    /// closed; a holiday without a year comes every year; an exception counts before everything else.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read(definition: &Value) -> Result<Self, Vec<Problem>> {
        let mut wrong = Vec::new();
        let empty = Map::new();
        let definition = definition.as_object().unwrap_or_else(|| {
            wrong.push(problem("", "is an object"));
            &empty
        });
        for key in definition.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            wrong.push(problem(&format!("/{key}"), "is not known here"));
        }
        let zone = definition.get("time_zone").and_then(Value::as_str);
        let zone = zone.and_then(wall::zone);
        if zone.is_none() {
            wrong.push(problem("/time_zone", "is the name of a time zone, for example Europe/Berlin"));
        }
        let weekly = weekly(definition.get("weekly"), &mut wrong);
        let (holidays, yearly) = holidays(definition.get("holidays"), &mut wrong);
        let exceptions = exceptions(definition.get("exceptions"), &mut wrong);
        if wrong.is_empty() && weekly.iter().all(Vec::is_empty) {
            wrong.push(problem("/weekly", "has to be open at some time"));
        }
        match zone {
            Some(zone) if wrong.is_empty() => Ok(Self { zone, weekly, holidays, yearly, exceptions }),
            _ => Err(wrong),
        }
    }
}

fn weekly(given: Option<&Value>, wrong: &mut Vec<Problem>) -> [Vec<Interval>; 7] {
    let mut weekly: [Vec<Interval>; 7] = Default::default();
    let Some(days) = given.and_then(Value::as_object) else {
        wrong.push(problem("/weekly", "is an object with the days that are open"));
        return weekly;
    };
    for (name, hours) in days {
        let at = format!("/weekly/{name}");
        match DAYS.iter().position(|day| day == name) {
            Some(day) => weekly[day] = intervals(hours, &at, wrong),
            None => wrong.push(problem(&at, "is a day: monday, tuesday, … sunday")),
        }
    }
    weekly
}

fn intervals(given: &Value, at: &str, wrong: &mut Vec<Problem>) -> Vec<Interval> {
    let Some(list) = given.as_array().filter(|list| list.len() <= MOST_INTERVALS) else {
        wrong.push(problem(at, "is a list of [from, to]"));
        return Vec::new();
    };
    let mut found: Vec<Interval> = Vec::new();
    for (number, pair) in list.iter().enumerate() {
        let at = format!("{at}/{number}");
        let minute = |place: usize| pair.get(place).and_then(Value::as_str).and_then(minute);
        let two = pair.as_array().is_some_and(|pair| pair.len() == 2);
        match (minute(0), minute(1)) {
            (Some(from), Some(to)) if two && from < to => match found.last() {
                Some((_, before)) if from < *before => wrong.push(problem(&at, "comes after the one before it")),
                _ => found.push((from, to)),
            },
            _ => wrong.push(problem(&at, "is [from, to], each HH:MM, the second later; 24:00 is the end of the day")),
        }
    }
    found
}

fn holidays(given: Option<&Value>, wrong: &mut Vec<Problem>) -> (BTreeSet<Date>, BTreeSet<(i8, i8)>) {
    let (mut once, mut yearly) = (BTreeSet::new(), BTreeSet::new());
    let list = match given {
        None | Some(Value::Null) => return (once, yearly),
        Some(Value::Array(list)) if list.len() <= MOST_DAYS => list,
        Some(_) => {
            wrong.push(problem("/holidays", "is a list of days"));
            return (once, yearly);
        }
    };
    for (number, day) in list.iter().enumerate() {
        let text = day.as_str().unwrap_or_default();
        // A leap year, so that the 29th of February is a day.
        let every = format!("2000-{text}");
        match (date(text), date(&every)) {
            (Some(day), _) => drop(once.insert(day)),
            (None, Some(day)) => drop(yearly.insert((day.month(), day.day()))),
            (None, None) => {
                wrong.push(problem(&format!("/holidays/{number}"), "is YYYY-MM-DD, or MM-DD for every year"))
            }
        }
    }
    (once, yearly)
}

fn exceptions(given: Option<&Value>, wrong: &mut Vec<Problem>) -> BTreeMap<Date, Vec<Interval>> {
    let days = match given {
        None | Some(Value::Null) => return BTreeMap::new(),
        Some(Value::Object(days)) if days.len() <= MOST_DAYS => days,
        Some(_) => {
            wrong.push(problem("/exceptions", "is an object by day"));
            return BTreeMap::new();
        }
    };
    let mut found = BTreeMap::new();
    for (day, hours) in days {
        let at = format!("/exceptions/{day}");
        match date(day) {
            Some(date) => drop(found.insert(date, intervals(hours, &at, wrong))),
            None => wrong.push(problem(&at, "is YYYY-MM-DD")),
        }
    }
    found
}

/// `YYYY-MM-DD` and nothing else.
fn date(text: &str) -> Option<Date> {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if form { text.parse().ok() } else { None }
}
