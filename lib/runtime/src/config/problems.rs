//! Collects everything that is wrong with a configuration.

use std::fmt;

use config::{Map, Value, ValueKind};
use serde::de::DeserializeOwned;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting, `projector.batch_events`.
    pub key: String,
    /// What is wrong with it, and where it was set when that is known.
    pub message: String,
}

/// Everything that is wrong, in the order it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem with one setting.
    pub fn add(&mut self, key: impl Into<String>, message: impl fmt::Display) {
        self.0.push(Problem { key: key.into(), message: message.to_string() });
    }

    /// Adds a problem unless `good` holds.
    pub fn require(&mut self, good: bool, key: &str, message: &str) {
        if !good {
            self.add(key, message);
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The problems one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

/// One line per problem.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}: {}", problem.key, problem.message)?;
        }
        Ok(())
    }
}

/// Deserialises every key of the first two levels alone, so that each bad one is named.
pub(super) fn try_each_key<C: DeserializeOwned>(table: &Map<String, Value>, problems: &mut Problems) {
    let mut sections: Vec<_> = table.iter().collect();
    sections.sort_by_key(|(name, _)| name.as_str());
    for (section, value) in sections {
        let ValueKind::Table(settings) = &value.kind else {
            try_one::<C>(section, single(section, value.clone()), value, problems);
            continue;
        };
        let mut settings: Vec<_> = settings.iter().collect();
        settings.sort_by_key(|(name, _)| name.as_str());
        for (key, setting) in settings {
            let alone = Value::new(None, ValueKind::Table(single(key, setting.clone())));
            try_one::<C>(&format!("{section}.{key}"), single(section, alone), setting, problems);
        }
    }
}

/// Deserialises a whole table.
pub(super) fn deserialize<C: DeserializeOwned>(table: Map<String, Value>) -> Result<C, String> {
    Value::new(None, ValueKind::Table(table)).try_deserialize().map_err(|error| error.to_string())
}

fn try_one<C: DeserializeOwned>(key: &str, table: Map<String, Value>, value: &Value, problems: &mut Problems) {
    if let Err(message) = deserialize::<C>(table) {
        match value.origin() {
            Some(origin) if !message.contains(origin) => problems.add(key, format!("{message} (set in {origin})")),
            _ => problems.add(key, message),
        }
    }
}

fn single(key: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value)])
}
