//! What somebody wants to be told, as settings say it.

use std::collections::BTreeMap;

use dg_domain::{Micros, Problem};
use jiff::{ToSpan, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{Channel, Mode, quiet::Quiet};
use crate::{
    Category,
    problems::problem,
    wall::{self, DAYS},
};

const KEYS: [&str; 7] = ["time_zone", "quiet_hours", "quiet_days", "digest_at", "mode", "channels", "categories"];
/// When a day's digest comes unless something else is said: eight in the morning.
const DIGEST_AT: i16 = 8 * 60;

/// What is done with notifications of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// How soon.
    pub mode: Mode,
    /// By which ways.
    pub channels: Vec<Channel>,
}

/// What somebody wants to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferences {
    name: String,
    zone: TimeZone,
    quiet: Quiet,
    digest_at: i16,
    usual: Choice,
    categories: BTreeMap<Category, Choice>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            name: "UTC".to_owned(),
            zone: TimeZone::UTC,
            quiet: Quiet::default(),
            digest_at: DIGEST_AT,
            usual: Choice { mode: Mode::Immediate, channels: Channel::ALL.to_vec() },
            categories: BTreeMap::new(),
        }
    }
}

impl Preferences {
    /// Reads a definition: `{"time_zone": "Europe/Berlin", "quiet_hours": {"from": "22:00", "to": "07:00"}, "quiet_days":
    /// ["sunday"], "digest_at": "08:00", "mode": "immediate", "channels": ["email"], "categories": {"comment": {"mode":
    /// "daily"}}}`. What is left out is as in the default: UTC, never quiet, everything at once by every way. A category
    /// without channels of its own goes by the usual ones.
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
        unknown(definition, &KEYS, "", &mut wrong);
        let given = |key: &str| definition.get(key).filter(|value| !value.is_null());
        let mut read = Self::default();
        if let Some(value) = given("time_zone") {
            match value.as_str().and_then(|name| Some((name, wall::zone(name)?))) {
                Some((name, zone)) => (read.name, read.zone) = (name.to_owned(), zone),
                None => wrong.push(problem("/time_zone", "is the name of a time zone, for example Europe/Berlin")),
            }
        }
        read.quiet = Quiet {
            hours: given("quiet_hours").and_then(|value| hours(value, &mut wrong)),
            days: given("quiet_days").map(|value| days(value, &mut wrong)).unwrap_or_default(),
        };
        if let Some(value) = given("digest_at") {
            match value.as_str().and_then(wall::minute).filter(|minute| *minute < 1_440) {
                Some(minute) => read.digest_at = minute,
                None => wrong.push(problem("/digest_at", "is HH:MM")),
            }
        }
        let usual = read.usual.clone();
        read.usual = choice(definition, "", &usual, &mut wrong);
        match given("categories") {
            None => {}
            Some(Value::Object(categories)) => {
                for (name, value) in categories {
                    let at = format!("/categories/{name}");
                    let category = Category::ALL.into_iter().find(|category| category.as_str() == name);
                    match (category, value.as_object()) {
                        (Some(category), Some(object)) => {
                            unknown(object, &["mode", "channels"], &at, &mut wrong);
                            let chosen = choice(object, &at, &read.usual, &mut wrong);
                            read.categories.insert(category, chosen);
                        }
                        (None, _) => wrong.push(problem(&at, "is no category of notifications")),
                        (_, None) => wrong.push(problem(&at, "is {mode, channels}")),
                    }
                }
            }
            Some(_) => wrong.push(problem("/categories", "is an object by category")),
        }
        if wrong.is_empty() { Ok(read) } else { Err(wrong) }
    }

    /// The definition of [`Self::read`], with everything that counts.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let names = |channels: &[Channel]| channels.iter().map(|channel| channel.as_str()).collect::<Vec<_>>();
        let categories: Map<String, Value> = self
            .categories
            .iter()
            .map(|(category, choice)| {
                let value = json!({"mode": choice.mode.as_str(), "channels": names(&choice.channels)});
                (category.as_str().to_owned(), value)
            })
            .collect();
        let quiet_days: Vec<&str> =
            DAYS.iter().zip(self.quiet.days).filter_map(|(day, quiet)| quiet.then_some(*day)).collect();
        json!({
            "time_zone": self.name,
            "quiet_hours": self.quiet.hours.map(|(from, to)| json!({"from": wall::shown(from), "to": wall::shown(to)})),
            "quiet_days": quiet_days,
            "digest_at": wall::shown(self.digest_at),
            "mode": self.usual.mode.as_str(),
            "channels": names(&self.usual.channels),
            "categories": categories,
        })
    }

    /// What is done with notifications of a category.
    #[must_use]
    pub fn choice(&self, category: Category) -> &Choice {
        self.categories.get(&category).unwrap_or(&self.usual)
    }

    /// The next time at which the wall shows a full hour.
    pub(super) fn next_hour(&self, now: Micros) -> Micros {
        // Looked for by the minute of the wall, since zones differ from one another by parts of an hour.
        let minute_us = 60_000_000_i64;
        let first = (now.get().div_euclid(minute_us) + 1) * minute_us;
        (0..180)
            .map(|minute| Micros::new(first + minute * minute_us))
            .find(|at| {
                let shown = jiff::Timestamp::from_microsecond(at.get()).map(|at| self.zone.to_datetime(at));
                shown.is_ok_and(|wall| wall.minute() == 0)
            })
            .unwrap_or(Micros::new(now.get().saturating_add(60 * minute_us)))
    }

    /// The next time at which the day's digest is due.
    pub(super) fn next_day(&self, now: Micros) -> Micros {
        let plain = Micros::new(now.get().saturating_add(24 * 3_600_000_000));
        let Some(today) = wall::day(&self.zone, now) else { return plain };
        let days = (0..3).filter_map(|ahead| today.checked_add(ahead.days()).ok());
        days.map(|day| Micros::new(wall::instant(&self.zone, day, self.digest_at)))
            .find(|at| *at > now)
            .unwrap_or(plain)
    }

    /// The first moment from `at` on at which it is not quiet.
    pub(super) fn after_quiet(&self, at: Micros) -> Micros {
        self.quiet.over(&self.zone, at)
    }
}

fn unknown(object: &Map<String, Value>, known: &[&str], at: &str, wrong: &mut Vec<Problem>) {
    for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
        wrong.push(problem(&format!("{at}/{key}"), "is not known here"));
    }
}

fn choice(object: &Map<String, Value>, at: &str, usual: &Choice, wrong: &mut Vec<Problem>) -> Choice {
    let mut read = usual.clone();
    if let Some(value) = object.get("mode").filter(|value| !value.is_null()) {
        match value.as_str().and_then(Mode::from_name) {
            Some(mode) => read.mode = mode,
            None => wrong.push(problem(&format!("{at}/mode"), "is off, immediate, hourly or daily")),
        }
    }
    if let Some(value) = object.get("channels").filter(|value| !value.is_null()) {
        let named = |value: &Value| value.as_str().and_then(Channel::from_name);
        match value.as_array().and_then(|list| list.iter().map(named).collect::<Option<Vec<_>>>()) {
            Some(mut channels) => {
                channels.sort_unstable();
                channels.dedup();
                read.channels = channels;
            }
            None => wrong.push(problem(&format!("{at}/channels"), "is a list of email, webhook and chat")),
        }
    }
    read
}

fn hours(value: &Value, wrong: &mut Vec<Problem>) -> Option<(i16, i16)> {
    let at = |key: &str| value.get(key).and_then(Value::as_str).and_then(wall::minute).filter(|at| *at < 1_440);
    let only = value.as_object().is_some_and(|object| object.keys().all(|key| key == "from" || key == "to"));
    match (at("from"), at("to")) {
        (Some(from), Some(to)) if from != to && only => Some((from, to)),
        _ => {
            wrong.push(problem("/quiet_hours", "is {from, to}, each HH:MM and not the same"));
            None
        }
    }
}

fn days(value: &Value, wrong: &mut Vec<Problem>) -> [bool; 7] {
    let mut quiet = [false; 7];
    let place = |value: &Value| value.as_str().and_then(|name| DAYS.iter().position(|day| *day == name));
    match value.as_array().and_then(|list| list.iter().map(place).collect::<Option<Vec<usize>>>()) {
        Some(places) => {
            for day in places {
                if let Some(day) = quiet.get_mut(day) {
                    *day = true;
                }
            }
            if quiet.iter().all(|day| *day) {
                wrong.push(problem("/quiet_days", "leaves at least one day"));
            }
        }
        None => wrong.push(problem("/quiet_days", "is a list of days: monday, tuesday, … sunday")),
    }
    quiet
}
