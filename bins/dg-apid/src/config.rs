//! The settings of dg-apid.

use std::time::Duration;

use dg_http::edge::AccessLog;
use dg_http::limits::LimitSettings;
use dg_http::serve::Bounds;
use dg_projections::Thresholds;
use dg_runtime::config::{AdminConfig, HealthConfig, Listen, LogConfig, Problems, Settings};
use dg_storage::DatabaseConfig;
use dg_webhooks::Reach;
use serde::Deserialize;

use crate::oidc::OidcConfig;

/// The sections that dg-apid uses.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct ApidConfig {
    pub(crate) log: LogConfig,
    pub(crate) admin: AdminConfig,
    pub(crate) database: DatabaseConfig,
    pub(crate) api: ApiConfig,
    pub(crate) health: HealthConfig,
    pub(crate) workflow: WorkflowConfig,
    /// How long requests may go on after a TERM.
    pub(crate) grace_ms: u64,
}

/// Of `[workflow]`, what dg-apid has to know too; the rest of the section is dg-workflowd's.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WorkflowConfig {
    webhook_allow_private: bool,
}

/// `[api]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ApiConfig {
    /// `127.0.0.1:4100` (port 0 picks a free one) or `unix:/run/dg-apid/api.sock`.
    pub(crate) listen: String,
    /// Says that something in front speaks TLS, so that listening beyond loopback is meant.
    pub(crate) behind_proxy: bool,
    pub(crate) max_events_per_batch: usize,
    pub(crate) max_event_bytes: usize,
    pub(crate) max_batch_bytes: usize,
    /// How long a request may take, waiting for freshness included.
    pub(crate) request_timeout_ms: u64,
    /// How much may wait to be stored before appends are refused with 429.
    pub(crate) queue_events: usize,
    pub(crate) queue_bytes: usize,
    pub(crate) max_connections: usize,
    /// How long a connection may idle between requests, or take to send the head of one.
    pub(crate) idle_timeout_ms: u64,
    pub(crate) access_log: AccessLogConfig,
    /// Streams at the same time; each holds a connection.
    pub(crate) max_streams: usize,
    /// How long a client may take nothing of an answer or a stream before it is cut off.
    pub(crate) stall_ms: u64,
    /// Whether operators may have projections rebuilt.
    pub(crate) allow_rebuild: bool,
    /// After so long without use a person has to sign in again; after the second one in any case.
    pub(crate) session_idle_s: i64,
    pub(crate) session_max_s: i64,
    /// How much one account, tenant and address may ask for.
    pub(crate) limits: LimitSettings,
    /// Where people prove who they are, beside a password.
    pub(crate) oidc: OidcConfig,
}

/// Which requests leave a line in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AccessLogConfig {
    /// Each.
    All,
    /// Those answered with a status of 500 or above.
    #[default]
    Failures,
}

impl Default for ApidConfig {
    fn default() -> Self {
        Self {
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            database: DatabaseConfig::default(),
            api: ApiConfig::default(),
            health: HealthConfig::default(),
            workflow: WorkflowConfig::default(),
            grace_ms: 10_000,
        }
    }
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:4100".to_owned(),
            behind_proxy: false,
            max_events_per_batch: 1_000,
            max_event_bytes: 1 << 20,
            max_batch_bytes: 8 << 20,
            request_timeout_ms: 65_000,
            queue_events: 32_768,
            queue_bytes: 64 << 20,
            max_connections: 2_048,
            idle_timeout_ms: 75_000,
            access_log: AccessLogConfig::Failures,
            max_streams: 512,
            stall_ms: 30_000,
            allow_rebuild: true,
            session_idle_s: 1_800,
            session_max_s: 43_200,
            limits: LimitSettings::default(),
            oidc: OidcConfig::default(),
        }
    }
}

impl Settings for ApidConfig {
    fn log(&self) -> &LogConfig {
        &self.log
    }

    fn check(&self, problems: &mut Problems) {
        self.admin.check(problems);
        let known = !self.database.url.is_empty();
        problems.require(known, "database.url", "set the URL of the database, such as postgresql:///decisiongraph");
        self.api.check(problems);
        self.health.check(problems);
    }
}

impl WorkflowConfig {
    /// Where webhooks may lead.
    pub(crate) const fn reach(self) -> Reach {
        Reach::of(self.webhook_allow_private)
    }
}

impl ApidConfig {
    /// From when on a projection counts as not well.
    pub(crate) fn thresholds(&self) -> Thresholds {
        Thresholds {
            lagging_after: Duration::from_millis(self.health.lagging_after_ms),
            lagging_pending: self.health.lagging_pending,
            stalled_after: Duration::from_millis(self.health.stalled_after_ms),
        }
    }
}

impl ApiConfig {
    fn check(&self, problems: &mut Problems) {
        match Listen::parse(&self.listen) {
            Ok(Listen::Tcp(address)) if !address.ip().is_loopback() && !self.behind_proxy => problems.add(
                "api.listen",
                "the API speaks no TLS, so it listens on loopback or unix:/path only; put a proxy that does in front of it \
                 and set api.behind_proxy = true to listen wider",
            ),
            Ok(_) => {}
            Err(message) => problems.add("api.listen", message),
        }
        let batch = (1..=1_000).contains(&self.max_events_per_batch);
        problems.require(batch, "api.max_events_per_batch", "from 1 to 1000");
        let event = (1_024..=1 << 20).contains(&self.max_event_bytes);
        problems.require(event, "api.max_event_bytes", "from 1024 to 1048576");
        let body = (self.max_event_bytes..=64 << 20).contains(&self.max_batch_bytes);
        problems.require(body, "api.max_batch_bytes", "from api.max_event_bytes to 67108864");
        let request = (1_000..=600_000).contains(&self.request_timeout_ms);
        problems.require(request, "api.request_timeout_ms", "from 1000 to 600000");
        let idle = (1_000..=3_600_000).contains(&self.idle_timeout_ms);
        problems.require(idle, "api.idle_timeout_ms", "from 1000 to 3600000");
        let idle = (60..=604_800).contains(&self.session_idle_s);
        problems.require(idle, "api.session_idle_s", "from 60 to 604800");
        let most = (self.session_idle_s..=2_592_000).contains(&self.session_max_s);
        problems.require(most, "api.session_max_s", "from api.session_idle_s to 2592000");
        problems.require(self.max_connections > 0, "api.max_connections", "at least 1");
        let streams = (1..=self.max_connections).contains(&self.max_streams);
        problems.require(streams, "api.max_streams", "from 1 to api.max_connections");
        let stall = (100..=600_000).contains(&self.stall_ms);
        problems.require(stall, "api.stall_ms", "from 100 to 600000");
        problems.require(self.queue_events > 0, "api.queue_events", "at least 1");
        problems.require(self.queue_bytes > 0, "api.queue_bytes", "at least 1");
        self.limits.check(problems);
        self.oidc.check(problems);
    }

    /// The bounds on connections.
    pub(crate) fn bounds(&self, grace: Duration) -> Bounds {
        Bounds {
            connections: self.max_connections,
            head_timeout: Duration::from_millis(self.idle_timeout_ms),
            stall: Duration::from_millis(self.stall_ms),
            head_bytes: 16 << 10,
            grace,
        }
    }

    /// Which requests leave a line in the log.
    pub(crate) fn access_log(&self) -> AccessLog {
        match self.access_log {
            AccessLogConfig::All => AccessLog::All,
            AccessLogConfig::Failures => AccessLog::Failures,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut ApidConfig)) -> Vec<String> {
        let mut config = ApidConfig::default();
        config.database.url = "postgresql:///x".to_owned();
        change(&mut config);
        let mut problems = Problems::default();
        config.check(&mut problems);
        problems.iter().map(|problem| problem.key.clone()).collect()
    }

    #[test]
    fn the_defaults_are_good() {
        assert!(check(|_| ()).is_empty());
    }

    #[test]
    fn listens_wider_only_behind_a_proxy() {
        let listen = |text: &'static str, behind_proxy| {
            check(move |config| {
                config.api.listen = text.to_owned();
                config.api.behind_proxy = behind_proxy;
            })
        };
        for good in ["127.0.0.1:0", "[::1]:4100", "unix:/run/api.sock"] {
            assert!(listen(good, false).is_empty(), "{good}");
        }
        for wide in ["0.0.0.0:4100", "[::]:4100", "192.168.1.5:80"] {
            assert_eq!(listen(wide, false), ["api.listen"], "{wide}");
            assert!(listen(wide, true).is_empty(), "{wide}");
        }
        assert_eq!(listen("localhost:4100", true), ["api.listen"]);
    }

    #[test]
    fn names_every_problem() {
        let keys = check(|config| {
            config.database.url.clear();
            config.api.max_events_per_batch = 0;
            config.api.max_batch_bytes = 1;
            config.health.stalled_after_ms = 0;
        });
        let bad = ["database.url", "api.max_events_per_batch", "api.max_batch_bytes", "health.stalled_after_ms"];
        assert_eq!(keys, bad);
    }
}
