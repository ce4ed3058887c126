//! The sections that every daemon has, and the names of all others.

use std::net::SocketAddr;
use std::path::PathBuf;

use config::{Map, Value};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::Problems;

/// Every top-level key of the shared file. A daemon ignores those it has no field for.
pub const KNOWN_SECTIONS: &[&str] = &[
    "admin",
    "api",
    "console",
    "database",
    "environment",
    "grace_ms",
    "health",
    "log",
    "projector",
    "store",
    "workflow",
];

/// Names what is on no daemon's list.
pub(super) fn refuse_unknown(table: &Map<String, Value>, problems: &mut Problems) {
    let mut unknown: Vec<_> = table.iter().filter(|(name, _)| !KNOWN_SECTIONS.contains(&name.as_str())).collect();
    unknown.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in unknown {
        let origin = value.origin().map(|origin| format!(" (set in {origin})")).unwrap_or_default();
        problems.add(name, format!("unknown section, expected one of {}{origin}", KNOWN_SECTIONS.join(", ")));
    }
}

/// What kind of installation this is. `dev` allows development tokens on loopback; nothing else depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// The safe default.
    #[default]
    Production,
    /// A developer's machine.
    Dev,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Where the log goes.
    pub format: LogFormat,
    /// `info`, or directives such as `info,dg_storage=debug`. Reloaded on HUP.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned() }
    }
}

impl LogConfig {
    pub(super) fn check(&self, problems: &mut Problems) {
        if let Err(error) = EnvFilter::try_new(&self.level) {
            problems.add("log.level", error);
        }
    }
}

/// The forms a log line can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// The journal when standard error is connected to it, else text.
    #[default]
    Auto,
    /// The journal, with fields as fields.
    Journal,
    /// Lines for people on standard error.
    Text,
    /// A JSON object per line on standard error.
    Json,
}

/// `[admin]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdminConfig {
    /// `127.0.0.1:0` (0 picks a free port) or `unix:/run/{daemon}/admin.sock`, where `{daemon}` becomes the daemon's name,
    /// because all daemons share the file. Only loopback addresses are accepted.
    pub listen: String,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { listen: "127.0.0.1:0".to_owned() }
    }
}

impl AdminConfig {
    /// Reports an address that cannot be read or is open to others.
    pub fn check(&self, problems: &mut Problems) {
        match Listen::parse(&self.listen) {
            Ok(Listen::Tcp(address)) if !address.ip().is_loopback() => {
                problems.add(
                    "admin.listen",
                    "the admin listener has no authentication, so only loopback or unix:/path is accepted",
                );
            }
            Ok(_) => {}
            Err(message) => problems.add("admin.listen", message),
        }
    }
}

/// `[health]`: from when on a projection counts as not well, for whoever reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthConfig {
    /// The age of the oldest missing event from which on it lags.
    pub lagging_after_ms: u64,
    /// The number of missing events beyond which it lags.
    pub lagging_pending: i64,
    /// How long it may stand still while events are missing.
    pub stalled_after_ms: u64,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { lagging_after_ms: 5_000, lagging_pending: 1_000, stalled_after_ms: 30_000 }
    }
}

impl HealthConfig {
    /// Reports values that make no sense.
    pub fn check(&self, problems: &mut Problems) {
        let milliseconds = 1..=86_400_000;
        problems.require(
            milliseconds.contains(&self.lagging_after_ms),
            "health.lagging_after_ms",
            "from 1 to 86400000",
        );
        problems.require(self.lagging_pending >= 0, "health.lagging_pending", "at least 0");
        problems.require(
            milliseconds.contains(&self.stalled_after_ms),
            "health.stalled_after_ms",
            "from 1 to 86400000",
        );
    }
}

/// Where a listener listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An IP address and a port; port 0 picks a free one.
    Tcp(SocketAddr),
    /// A socket file.
    Unix(PathBuf),
}

impl Listen {
    /// Reads `127.0.0.1:4100`, `[::1]:4100` or `unix:/path`.
    ///
    /// # Errors
    /// A sentence for the person who wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) if path.starts_with('/') => Ok(Self::Unix(PathBuf::from(path))),
            Some(_) => Err("a socket path must be absolute: unix:/path".to_owned()),
            None => text.parse().map(Self::Tcp).map_err(|_| format!("{text:?} is not address:port or unix:/path")),
        }
    }
}
