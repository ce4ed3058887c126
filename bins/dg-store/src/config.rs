//! The settings of dg-store.

use dg_runtime::config::{AdminConfig, LogConfig, Problems, Settings};
use dg_storage::DatabaseConfig;
use serde::Deserialize;

/// What dg-store reads of the shared file.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(crate) struct StoreSettings {
    /// `[log]`
    pub(crate) log: LogConfig,
    /// `[admin]`
    pub(crate) admin: AdminConfig,
    /// `[database]`
    pub(crate) database: DatabaseConfig,
    /// `[store]`
    pub(crate) store: StoreSection,
    /// How long a stop may take.
    pub(crate) grace_ms: u64,
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StoreSection {
    /// The schema owner's connection, for migrations and for giving space back. Empty means that of `[database]`.
    pub(crate) migrate_url: String,
    /// Taken with `SET ROLE` on that connection, where its user is not the owner itself.
    pub(crate) migrate_role: String,
    /// How often the registry is looked over.
    pub(crate) look_every_ms: u64,
    /// How often to look for slots whose space can be given back, and for files that nobody named.
    pub(crate) space_every_ms: u64,
}

impl Default for StoreSection {
    fn default() -> Self {
        Self { migrate_url: String::new(), migrate_role: String::new(), look_every_ms: 5_000, space_every_ms: 5_000 }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            log: LogConfig::default(),
            admin: AdminConfig::default(),
            database: DatabaseConfig::default(),
            store: StoreSection::default(),
            grace_ms: 10_000,
        }
    }
}

impl StoreSettings {
    /// How to connect as the schema owner.
    pub(crate) fn migrating(&self) -> DatabaseConfig {
        let mut migrating = self.database.clone().with_role(&self.store.migrate_role);
        if !self.store.migrate_url.is_empty() {
            migrating.url.clone_from(&self.store.migrate_url);
        }
        migrating
    }
}

impl Settings for StoreSettings {
    fn log(&self) -> &LogConfig {
        &self.log
    }

    fn check(&self, problems: &mut Problems) {
        self.admin.check(problems);
        problems.require(!self.database.url.is_empty(), "database.url", "is needed");
        for (key, every) in
            [("store.look_every_ms", self.store.look_every_ms), ("store.space_every_ms", self.store.space_every_ms)]
        {
            problems.require((100..=3_600_000).contains(&every), key, "must be 100 to 3600000");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(migrate_url: &str, migrate_role: &str, expected: (&str, Option<&str>)) {
        let mut settings =
            StoreSettings { database: DatabaseConfig::new("own").with_role("dg_store"), ..StoreSettings::default() };
        settings.store.migrate_url = migrate_url.to_owned();
        settings.store.migrate_role = migrate_role.to_owned();
        let migrating = settings.migrating();
        assert_eq!((migrating.url.as_str(), migrating.role.as_deref()), expected);
    }

    #[test]
    fn migrations_use_their_own_connection_and_role() {
        check("owner", "", ("owner", None));
        check("", "dg_owner", ("own", Some("dg_owner")));
        check("owner", "dg_owner", ("owner", Some("dg_owner")));
    }
}
