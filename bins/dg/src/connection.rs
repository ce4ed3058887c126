//! Where the service is, with which token and tenant: flags, environment, then the file that `dg up` writes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use dg_client::{Client, Freshness, Options, RetryPolicy};
use serde::{Deserialize, Serialize};

use crate::{
    cli::{FreshnessFlags, Global},
    failure::{Exit, Failure},
};

/// Name of the file within the suite's directory.
pub(crate) const CLIENT_FILE: &str = "client.toml";

/// What `dg up` leaves for the other commands. Holds a token: only its owner may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientFile {
    pub(crate) api_url: String,
    pub(crate) token: String,
    pub(crate) tenant: String,
    /// The schema owner's connection, for `dg doctor`.
    pub(crate) database_url: Option<String>,
}

impl ClientFile {
    /// Reads the file of a suite; none when there is no such file.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, Failure> {
        let path = dir.join(CLIENT_FILE);
        let bad = |reason: String| {
            Failure::new(Exit::Config, "bad_client_file", format!("{} cannot be used: {reason}", path.display()))
                .advise("start the suite again with `dg up`, or give --api-url and --token")
        };
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map(Some).map_err(|error| bad(error.message().to_owned())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(bad(error.to_string())),
        }
    }
}

/// What a command connects with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) api_url: String,
    pub(crate) token: String,
    pub(crate) tenant: Option<String>,
    /// The file that settings came from, if any did.
    pub(crate) file: Option<PathBuf>,
}

impl Settings {
    /// Works them out for a command.
    ///
    /// # Errors
    /// 78 when address or token are nowhere to be found, or the file is broken.
    pub(crate) fn find(global: &Global, tenant: Option<&str>) -> Result<Self, Failure> {
        Self::merge(global, tenant, ClientFile::read(&global.dir)?)
    }

    fn merge(global: &Global, tenant: Option<&str>, file: Option<ClientFile>) -> Result<Self, Failure> {
        let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        let missing = |what: &str, how: &str| {
            Failure::new(Exit::Config, "not_configured", format!("no {what} is known"))
                .advise(format!("{how}, or run this where `dg up` runs (its settings are in {})", global.dir.display()))
        };
        let api_url = given(global.api_url.as_deref());
        // The file's token belongs to the file's service, and is not sent to another.
        let file = file.filter(|file| api_url.as_deref().is_none_or(|url| same_place(url, &file.api_url)));
        let api_url = api_url.or_else(|| file.as_ref().map(|file| file.api_url.clone()));
        let token = given(global.token.as_deref()).or_else(|| file.as_ref().map(|file| file.token.clone()));
        let tenant = given(tenant).or_else(|| file.as_ref().map(|file| file.tenant.clone()));
        Ok(Self {
            api_url: api_url.ok_or_else(|| missing("API address", "give --api-url or DG_API_URL"))?,
            token: token.ok_or_else(|| missing("token", "give DG_TOKEN or --token"))?,
            tenant,
            file: file.map(|_| global.dir.join(CLIENT_FILE)),
        })
    }
}

fn same_place(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// A client for commands that need no tenant.
pub(crate) fn service(global: &Global) -> Result<Client, Failure> {
    let settings = Settings::find(global, None)?;
    Ok(Client::with_options(&settings.api_url, settings.token, options())?)
}

/// A client that sees one tenant.
pub(crate) fn tenant(global: &Global, tenant: Option<&str>) -> Result<Client, Failure> {
    tenant_with(global, tenant, options())
}

/// The same with other bounds on trying again.
pub(crate) fn tenant_with(global: &Global, tenant: Option<&str>, options: Options) -> Result<Client, Failure> {
    let settings = Settings::find(global, tenant)?;
    let tenant = settings.tenant.ok_or_else(|| {
        Failure::new(Exit::Config, "not_configured", "no tenant is known")
            .advise("give --tenant or DG_TENANT; `dg tenants list` shows the tenants")
    })?;
    Ok(Client::with_options(&settings.api_url, settings.token, options)?.tenant(tenant))
}

/// A person waits: try again, but not for long.
pub(crate) fn options() -> Options {
    let retry = RetryPolicy { budget: std::time::Duration::from_secs(5), ..RetryPolicy::default() };
    Options { retry, ..Options::default() }
}

impl FreshnessFlags {
    /// The same for a look back, which waits for its position too.
    pub(crate) fn back_to(mut self, as_of: Option<i64>) -> Freshness {
        self.min_log_seq = self.min_log_seq.max(as_of);
        self.freshness()
    }

    /// What the flags ask for.
    pub(crate) fn freshness(self) -> Freshness {
        match self.min_log_seq {
            _ if self.strict => Freshness::Strict,
            Some(log_seq) => Freshness::AtLeast { log_seq, wait_ms: self.wait_ms },
            None => Freshness::Now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(api_url: Option<&str>, token: Option<&str>) -> Global {
        Global {
            api_url: api_url.map(ToOwned::to_owned),
            token: token.map(ToOwned::to_owned),
            dir: ".dg".into(),
            json: false,
        }
    }

    fn file() -> Option<ClientFile> {
        Some(ClientFile {
            api_url: "http://a:1".into(),
            token: "dg_file".into(),
            tenant: "default".into(),
            database_url: None,
        })
    }

    #[test]
    fn flags_come_before_the_file() {
        let found = Settings::merge(&global(None, Some("dg_flag")), Some("t"), file()).unwrap();
        assert_eq!((found.api_url.as_str(), found.token.as_str()), ("http://a:1", "dg_flag"));
        assert_eq!(found.tenant.as_deref(), Some("t"));
        let found = Settings::merge(&global(Some("http://a:1/"), None), None, file()).unwrap();
        assert_eq!((found.token.as_str(), found.tenant.as_deref()), ("dg_file", Some("default")));
    }

    #[test]
    fn the_token_of_one_service_is_not_sent_to_another() {
        let failure = Settings::merge(&global(Some("http://elsewhere"), None), None, file()).unwrap_err();
        assert_eq!((failure.exit(), failure.code()), (Exit::Config, "not_configured"));
    }

    #[test]
    fn without_anything_it_says_what_is_missing() {
        let failure = Settings::merge(&global(None, None), None, None).unwrap_err();
        assert_eq!(failure.exit(), Exit::Config);
        assert!(failure.advice().unwrap().contains("--api-url"));
    }
}
