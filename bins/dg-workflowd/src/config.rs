//! The settings of dg-workflowd.

use std::time::Duration;

use dg_runtime::config::{AdminConfig, LogConfig, Problems, Settings};
use dg_storage::DatabaseConfig;
use dg_webhooks::Schedule;
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
    /// Whether webhooks may lead to this machine and private networks, and go by http. dg-apid reads it too.
    pub(crate) webhook_allow_private: bool,
    /// The waits between the attempts for one message, in milliseconds, with commas between them.
    pub(crate) webhook_retry_ms: String,
    /// For connecting to an endpoint.
    pub(crate) webhook_connect_timeout_ms: u64,
    /// For a whole attempt, from looking the name up to the answer.
    pub(crate) webhook_timeout_ms: u64,
    /// Attempts at one endpoint at the same time.
    pub(crate) webhook_at_once: usize,
    /// An endpoint that took nothing for so long is disabled.
    pub(crate) webhook_disable_after_ms: u64,
}

impl Default for WorkflowSection {
    fn default() -> Self {
        Self {
            poll_every_ms: 1_000,
            webhook_allow_private: false,
            webhook_retry_ms: Schedule::DAYS.to_owned(),
            webhook_connect_timeout_ms: 5_000,
            webhook_timeout_ms: 15_000,
            webhook_at_once: 8,
            webhook_disable_after_ms: 432_000_000,
        }
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
        self.workflow.check(problems);
    }
}

impl WorkflowSection {
    fn check(&self, problems: &mut Problems) {
        problems.require((10..=60_000).contains(&self.poll_every_ms), "workflow.poll_every_ms", "must be 10 to 60000");
        if let Err(error) = Schedule::parse(&self.webhook_retry_ms) {
            problems.add("workflow.webhook_retry_ms", error);
        }
        let whole = 100..=120_000;
        let within = whole.contains(&self.webhook_timeout_ms);
        problems.require(within, "workflow.webhook_timeout_ms", "must be 100 to 120000");
        let connect = (50..=self.webhook_timeout_ms).contains(&self.webhook_connect_timeout_ms);
        let key = "workflow.webhook_connect_timeout_ms";
        problems.require(connect, key, "must be 50 to workflow.webhook_timeout_ms");
        problems.require((1..=64).contains(&self.webhook_at_once), "workflow.webhook_at_once", "must be 1 to 64");
        let disable = (1_000..=2_592_000_000).contains(&self.webhook_disable_after_ms);
        problems.require(disable, "workflow.webhook_disable_after_ms", "must be 1000 to 2592000000");
    }

    /// When a message is tried again.
    pub(crate) fn schedule(&self) -> Schedule {
        Schedule::parse(&self.webhook_retry_ms).unwrap_or_default()
    }

    /// How often to look without a nudge.
    pub(crate) const fn poll_every(&self) -> Duration {
        Duration::from_millis(self.poll_every_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut WorkflowSection)) -> Vec<String> {
        let mut section = WorkflowSection::default();
        change(&mut section);
        let mut problems = Problems::default();
        section.check(&mut problems);
        problems.iter().map(|problem| problem.key.clone()).collect()
    }

    #[test]
    fn the_defaults_are_good_and_bad_values_are_named() {
        assert!(check(|_| ()).is_empty());
        assert_eq!(check(|section| section.webhook_retry_ms = "soon".to_owned()), ["workflow.webhook_retry_ms"]);
        assert_eq!(
            check(|section| section.webhook_connect_timeout_ms = 20_000),
            ["workflow.webhook_connect_timeout_ms"]
        );
        assert_eq!(check(|section| section.webhook_at_once = 0), ["workflow.webhook_at_once"]);
        assert_eq!(check(|section| section.webhook_disable_after_ms = 1), ["workflow.webhook_disable_after_ms"]);
    }
}
