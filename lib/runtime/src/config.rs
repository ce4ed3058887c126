//! Loads settings in five layers: defaults, file with `conf.d`, credentials, environment, flags.
//!
//! All daemons share one file, so each one's struct names the sections it uses; sections that belong to another daemon are
//! known by name and passed over. Anything else is an error, and all errors are reported together. To name every bad key
//! and not just the first, each key is first deserialised alone over the defaults: serde stops at the first problem of a
//! document, and a document of one key has at most one.

mod credentials;
mod layers;
mod problems;
mod sections;

use serde::de::DeserializeOwned;

pub use self::layers::Layers;
pub use self::problems::{Problem, Problems};
pub use self::sections::{AdminConfig, Environment, HealthConfig, KNOWN_SECTIONS, Listen, LogConfig, LogFormat};
use crate::flags::Flags;

/// Where packages put the configuration.
pub const DEFAULT_PATH: &str = "/etc/decisiongraph/dg.toml";

/// The settings of one daemon.
///
/// The implementing struct derives `Deserialize` and `Default` with `#[serde(default)]` and has a field for each section it
/// uses: `log: LogConfig` and `admin: AdminConfig` always, `environment: Environment` and `grace_ms: u64` when needed. Each
/// section's struct says `#[serde(default, deny_unknown_fields)]`. Do not use `flatten`: it loses the conversion of
/// environment text to numbers.
pub trait Settings: DeserializeOwned + Default + Send + 'static {
    /// The `[log]` section.
    fn log(&self) -> &LogConfig;

    /// Reports what the types cannot: ranges, combinations, addresses. Add every problem, not just the first.
    fn check(&self, problems: &mut Problems) {
        let _ = problems;
    }
}

/// Loads and checks the settings that the process's flags and environment describe.
///
/// # Errors
/// Every problem found, at least one.
pub fn load<C: Settings>(flags: &Flags) -> Result<C, Problems> {
    load_from(&Layers::of_process(flags))
}

/// The same from given layers; nothing is read but the files they name.
///
/// # Errors
/// Every problem found, at least one.
pub fn load_from<C: Settings>(layers: &Layers) -> Result<C, Problems> {
    let mut problems = Problems::default();
    let Some(table) = layers.merge(&mut problems) else { return Err(problems) };
    sections::refuse_unknown(&table, &mut problems);
    problems::try_each_key::<C>(&table, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    match problems::deserialize::<C>(table) {
        Ok(settings) => {
            settings.log().check(&mut problems);
            settings.check(&mut problems);
            if problems.is_empty() { Ok(settings) } else { Err(problems) }
        }
        Err(message) => {
            problems.add("configuration", message);
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests;
