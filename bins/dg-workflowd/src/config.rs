//! The settings of dg-workflowd.

use dg_runtime::config::{AdminConfig, LogConfig, Problems, Settings};
use dg_storage::DatabaseConfig;
use serde::Deserialize;

/// What dg-workflowd reads of the shared file.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct WorkflowSettings {
    /// `[log]`
    pub(crate) log: LogConfig,
    /// `[admin]`
    pub(crate) admin: AdminConfig,
    /// `[database]`
    pub(crate) database: DatabaseConfig,
    /// `[workflow]`
    pub(crate) workflow: WorkflowSection,
    /// How long a stop may take.
    pub(crate) grace_ms: u64,
}

/// `[workflow]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WorkflowSection {
    /// How often to look without a nudge.
    pub(crate) poll_every_ms: u64,
}

impl Default for WorkflowSection {
    fn default() -> Self {
        Self { poll_every_ms: 1_000 }
    }
}

impl Default for WorkflowSettings {
    fn default() -> Self {
        Self {
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            database: DatabaseConfig::default(),
            workflow: WorkflowSection::default(),
            grace_ms: 10_000,
        }
    }
}

impl Settings for WorkflowSettings {
    fn log(&self) -> &LogConfig {
        &self.log
    }

    fn check(&self, problems: &mut Problems) {
        self.admin.check(problems);
        problems.require(!self.database.url.is_empty(), "database.url", "is needed");
        let poll_every = self.workflow.poll_every_ms;
        problems.require((10..=60_000).contains(&poll_every), "workflow.poll_every_ms", "must be 10 to 60000");
    }
}
