//! The settings of dg-workflowd.

use std::path::PathBuf;
use std::time::Duration;

use dg_runtime::config::{AdminConfig, LogConfig, Problems, Settings};
use dg_storage::DatabaseConfig;
use dg_webhooks::Schedule;
use serde::Deserialize;

use crate::telling::{Encryption, MailConfig, Mailer, is_loopback};

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
    /// The waits between the attempts for one message about notifications, as `webhook_retry_ms`.
    pub(crate) notify_retry_ms: String,
    /// Messages about a tenant's notifications on their way at the same time.
    pub(crate) notify_at_once: usize,
    /// For how long notifications are kept, in days.
    pub(crate) notify_keep_days: u32,
    /// Where people find an item, with `{tenant_id}` and `{workflow_id}` in it; empty for no links.
    pub(crate) item_url: String,
    /// The mail server; empty for none.
    pub(crate) smtp_host: String,
    /// 0 for 587, 465 with `tls`, 25 with `none`.
    pub(crate) smtp_port: u16,
    pub(crate) smtp_tls: Encryption,
    pub(crate) smtp_user: String,
    /// Read anew for each message.
    pub(crate) smtp_password_file: PathBuf,
    /// Whom mail is from: an address, or a name with one in angle brackets.
    pub(crate) smtp_from: String,
    /// For a whole message, from connecting to the server's last answer.
    pub(crate) smtp_timeout_ms: u64,
}

/// Six attempts within fifteen hours: 1 min, 5 min, 30 min, 2 h and 12 h apart (WF-47).
const NOTIFY_RETRY_MS: &str = "60000,300000,1800000,7200000,43200000";

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
            notify_retry_ms: NOTIFY_RETRY_MS.to_owned(),
            notify_at_once: 16,
            notify_keep_days: 180,
            item_url: String::new(),
            smtp_host: String::new(),
            smtp_port: 0,
            smtp_tls: Encryption::Starttls,
            smtp_user: String::new(),
            smtp_password_file: PathBuf::new(),
            smtp_from: String::new(),
            smtp_timeout_ms: 30_000,
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
        self.check_telling(problems);
    }

    fn check_telling(&self, problems: &mut Problems) {
        if let Err(error) = Schedule::parse(&self.notify_retry_ms) {
            problems.add("workflow.notify_retry_ms", error);
        }
        problems.require((1..=256).contains(&self.notify_at_once), "workflow.notify_at_once", "must be 1 to 256");
        let days = (1..=36_500).contains(&self.notify_keep_days);
        problems.require(days, "workflow.notify_keep_days", "must be 1 to 36500");
        let link =
            self.item_url.is_empty() || self.item_url.starts_with("https://") || self.item_url.starts_with("http://");
        problems.require(link, "workflow.item_url", "an address that begins with https:// or http://");
        let within = (1_000..=600_000).contains(&self.smtp_timeout_ms);
        problems.require(within, "workflow.smtp_timeout_ms", "must be 1000 to 600000");
        if self.smtp_host.is_empty() {
            let meant = !self.smtp_from.is_empty() || !self.smtp_user.is_empty();
            problems.require(!meant, "workflow.smtp_host", "set it, or nothing else that begins with smtp_");
            return;
        }
        let from = self.smtp_from.parse::<lettre::message::Mailbox>().is_ok();
        problems.require(from, "workflow.smtp_from", "an address, or a name with one in angle brackets");
        let open = self.smtp_tls == Encryption::None && !is_loopback(&self.smtp_host);
        problems.require(!open, "workflow.smtp_tls", "none is for a server on this machine");
        let password = self.smtp_user.is_empty() == self.smtp_password_file.as_os_str().is_empty();
        problems.require(password, "workflow.smtp_password_file", "goes together with workflow.smtp_user");
    }

    /// How mail goes; `None` without a server.
    pub(crate) fn mailer(&self) -> Option<Mailer> {
        Mailer::new(MailConfig {
            host: self.smtp_host.clone(),
            port: self.smtp_port,
            tls: self.smtp_tls,
            user: self.smtp_user.clone(),
            password_file: self.smtp_password_file.clone(),
            from: self.smtp_from.clone(),
            timeout: Duration::from_millis(self.smtp_timeout_ms),
        })
    }

    /// When a message about notifications is tried again.
    pub(crate) fn notify_schedule(&self) -> Schedule {
        Schedule::parse(&self.notify_retry_ms).unwrap_or_default()
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
        assert_eq!(check(|section| section.notify_retry_ms = "often".to_owned()), ["workflow.notify_retry_ms"]);
        assert_eq!(check(|section| section.item_url = "dg.example.org".to_owned()), ["workflow.item_url"]);
        assert_eq!(check(|section| section.smtp_from = "a@example.org".to_owned()), ["workflow.smtp_host"]);
    }

    #[test]
    fn a_password_leaves_the_machine_encrypted_or_not_at_all() {
        let mail = |host: &str, tls: Encryption| {
            check(|section| {
                (section.smtp_host, section.smtp_tls) = (host.to_owned(), tls);
                section.smtp_from = "DecisionGraph <dg@example.org>".to_owned();
            })
        };
        assert!(
            mail("mail.example.org", Encryption::Starttls).is_empty() && mail("127.0.0.1", Encryption::None).is_empty()
        );
        assert_eq!(mail("mail.example.org", Encryption::None), ["workflow.smtp_tls"]);
        let wrong = check(|section| {
            section.smtp_host = "localhost".to_owned();
            section.smtp_user = "dg".to_owned();
        });
        assert_eq!(wrong, ["workflow.smtp_from", "workflow.smtp_password_file"]);
    }
}
