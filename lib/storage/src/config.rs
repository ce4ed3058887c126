//! How to reach the database.

use std::time::Duration;

use serde::Deserialize;

/// The `[database]` section of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// A PostgreSQL URL. A unix socket is `postgresql:///name?host=%2Fdir&user=dg_apid`; several hosts are tried in order.
    pub url: String,
    /// Taken with `SET ROLE` after connecting, where the URL names another user. Empty counts as absent.
    pub role: Option<String>,
    /// Connections for short statements. Listener, notifier, locks and the append stage have their own beside it.
    pub pool_size: usize,
    /// How long connecting may take, and how long a caller waits for a free connection.
    pub connect_timeout_ms: u64,
    /// How long one statement may run.
    pub statement_timeout_ms: u64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: String::new(), role: None, pool_size: 8, connect_timeout_ms: 5_000, statement_timeout_ms: 30_000 }
    }
}

impl DatabaseConfig {
    /// The defaults for a URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The same database under another role.
    #[must_use]
    pub fn with_role(mut self, role: &str) -> Self {
        self.role = (!role.is_empty()).then(|| role.to_owned());
        self
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms.max(1))
    }

    /// How long we wait for the answer to a statement. Longer than the server's own limit, which is the usual one to
    /// strike; this one is for a server that stopped answering.
    pub(crate) fn answer_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms.max(1)) + Duration::from_secs(5)
    }
}
