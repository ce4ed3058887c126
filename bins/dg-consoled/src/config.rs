//! What the console reads from the shared configuration file.

use std::{net::SocketAddr, path::PathBuf};

use dg_runtime::config::{AdminConfig, Environment, LogConfig, Problems, Settings};
use serde::Deserialize;

/// The settings of dg-consoled.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct ConsoledConfig {
    /// `dev` allows the development reader.
    pub(crate) environment: Environment,
    /// `[log]`
    pub(crate) log: LogConfig,
    /// `[admin]`
    pub(crate) admin: AdminConfig,
    /// `[console]`
    pub(crate) console: ConsoleConfig,
    /// How long open pages may take to end.
    pub(crate) grace_ms: u64,
}

/// `[console]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConsoleConfig {
    /// Where pages are served; port 0 picks a free one.
    pub(crate) listen: SocketAddr,
    /// Where dg-apid answers.
    pub(crate) api_url: String,
    /// A file with the console's own token, whose account has the permission `principal_assert`: people sign in with name and
    /// password then. Empty for none.
    pub(crate) service_token_file: PathBuf,
    /// Development only: a file with the token that is used while nobody has signed in; empty for none.
    pub(crate) token_file: PathBuf,
    /// A proxy in front terminates TLS: any listen address and host name is accepted, cookies are for https only.
    pub(crate) behind_proxy: bool,
    /// Open pages at one time; more are served without live updates.
    pub(crate) max_live: usize,
    /// Open pages of one person at one time.
    pub(crate) max_live_per_person: usize,
}

impl Default for ConsoledConfig {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            console: ConsoleConfig::default(),
            grace_ms: 10_000,
        }
    }
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4180)),
            api_url: "http://127.0.0.1:4100".to_owned(),
            service_token_file: PathBuf::new(),
            token_file: PathBuf::new(),
            behind_proxy: false,
            max_live: 1000,
            max_live_per_person: 100,
        }
    }
}

impl ConsoledConfig {
    /// The file with the development reader's token, if this installation may have one.
    pub(crate) fn development_token(&self) -> Option<PathBuf> {
        let file = &self.console.token_file;
        let allowed = self.environment == Environment::Dev
            && self.console.listen.ip().is_loopback()
            && !self.console.behind_proxy;
        (allowed && !file.as_os_str().is_empty()).then(|| file.clone())
    }
}

impl Settings for ConsoledConfig {
    fn log(&self) -> &LogConfig {
        &self.log
    }

    fn check(&self, problems: &mut Problems) {
        self.admin.check(problems);
        let console = &self.console;
        if !console.listen.ip().is_loopback() && !console.behind_proxy {
            problems.add(
                "console.listen",
                "pages are served without TLS, so only a loopback address is accepted unless behind_proxy = true",
            );
        }
        if !console.token_file.as_os_str().is_empty() && self.development_token().is_none() {
            problems.add(
                "console.token_file",
                "a development token needs environment = \"dev\", a loopback listener and no proxy",
            );
        }
        if let Err(error) = dg_client::Client::new(&console.api_url, "") {
            problems.add("console.api_url", error);
        }
        for (key, value) in [("max_live", console.max_live), ("max_live_per_person", console.max_live_per_person)] {
            if value == 0 {
                problems.add(format!("console.{key}"), "must be at least 1");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: impl FnOnce(&mut ConsoledConfig)) -> String {
        let mut config = ConsoledConfig::default();
        change(&mut config);
        let mut problems = Problems::default();
        config.check(&mut problems);
        problems.iter().map(|problem| problem.key.clone()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_would_be_unsafe_is_refused() {
        assert_eq!(problems(|_| ()), "");
        assert_eq!(problems(|config| config.console.listen = ([0, 0, 0, 0], 4180).into()), "console.listen");
        assert_eq!(
            problems(|config| {
                config.console.listen = ([0, 0, 0, 0], 4180).into();
                config.console.behind_proxy = true;
            }),
            ""
        );
        assert_eq!(problems(|config| config.console.token_file = "token".into()), "console.token_file");
        assert_eq!(
            problems(|config| {
                config.console.token_file = "token".into();
                config.environment = Environment::Dev;
            }),
            ""
        );
        assert_eq!(problems(|config| config.console.api_url = "https://x".into()), "console.api_url");
        assert_eq!(problems(|config| config.console.max_live = 0), "console.max_live");
    }
}
