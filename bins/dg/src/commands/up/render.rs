//! The configuration files that `dg up` writes: what the daemons read, and the supervisor's table.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::layout::Layout;
use crate::commands::database::{DATABASE, OWNER, database_of};

/// Daemons in the order they are started; each has a file with its addresses.
pub(super) const DAEMONS: [&str; 5] = ["dg-store", "dg-projectord", "dg-apid", "dg-workflowd", "dg-consoled"];

/// The supervisor puts the real directory of the socket here, encoded for a URL.
const SOCKET: &str = "{postgres_socket_dir_encoded}";

/// The superuser of the private server.
const SUPERUSER: &str = "dg_admin";

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) api_port: u16,
    pub(super) console_port: u16,
    /// A server of somebody else's; none for a private one.
    pub(super) database_url: Option<String>,
    /// Where `dg` and the daemons are.
    pub(super) programs: PathBuf,
    /// Whether each child's output goes to a file of its own, and not to standard error.
    pub(super) log_files: bool,
}

#[derive(Serialize)]
struct Config<'a> {
    environment: &'static str,
    api: Api,
    console: Console<'a>,
    workflow: Workflow,
}

#[derive(Serialize)]
struct Api {
    listen: String,
}

#[derive(Serialize)]
struct Console<'a> {
    api_url: String,
    listen: String,
    service_token_file: &'a Path,
    token_file: &'a Path,
}

#[derive(Serialize)]
struct Workflow {
    webhook_allow_private: bool,
}

#[derive(Serialize)]
struct Table {
    #[serde(skip_serializing_if = "Option::is_none")]
    log_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postgres: Option<Postgres>,
    child: Vec<Child>,
}

#[derive(Serialize)]
struct Postgres {
    data_dir: PathBuf,
    socket_dir: PathBuf,
}

#[derive(Serialize)]
struct Child {
    name: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    command: Vec<String>,
    after: Vec<&'static str>,
    env: BTreeMap<&'static str, String>,
}

impl Plan {
    /// Where the API answers.
    pub(super) fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api_port)
    }

    /// The schema owner's connection, once the private server's socket directory is known.
    pub(super) fn owner_url(&self, socket_dir: Option<&Path>) -> Option<String> {
        match &self.database_url {
            Some(url) => Some(url.clone()),
            None => {
                let dir = utf8_percent_encode(socket_dir?.to_str()?, NON_ALPHANUMERIC).to_string();
                Some(private_url(&dir, OWNER))
            }
        }
    }

    /// `dg.toml`.
    pub(super) fn config(&self, layout: &Layout) -> Result<String, toml::ser::Error> {
        let (reader_token, console_token) = (layout.reader_token(), layout.console_token());
        let config = Config {
            environment: "dev",
            api: Api { listen: format!("127.0.0.1:{}", self.api_port) },
            console: Console {
                api_url: self.api_url(),
                listen: format!("127.0.0.1:{}", self.console_port),
                service_token_file: &console_token,
                token_file: &reader_token,
            },
            // Who tries webhooks out receives them on this machine.
            workflow: Workflow { webhook_allow_private: true },
        };
        Ok(format!("{HEAD}{}", toml::to_string(&config)?))
    }

    /// `supervisor.toml`.
    pub(super) fn table(&self, layout: &Layout) -> Result<String, toml::ser::Error> {
        let private = self.database_url.is_none();
        let mut child = Vec::new();
        if private {
            let (name, kind) = ("postgres", "postgres");
            child.push(Child { name, kind, command: Vec::new(), after: Vec::new(), env: BTreeMap::new() });
        }
        child.push(self.init(private));
        child.extend(DAEMONS.map(|name| self.daemon(name, layout)));
        let postgres =
            private.then(|| Postgres { data_dir: layout.postgres_data(), socket_dir: layout.postgres_socket() });
        let table = Table { log_dir: self.log_files.then(|| layout.log_dir()), postgres, child };
        Ok(format!("{HEAD}{}", toml::to_string(&table)?))
    }

    /// Makes roles and database. The address goes through the environment: arguments can be seen by everybody.
    fn init(&self, private: bool) -> Child {
        let url = self
            .database_url
            .clone()
            .unwrap_or_else(|| format!("postgresql:///postgres?host={SOCKET}&user={SUPERUSER}"));
        let database = self.database_url.as_deref().and_then(database_of).unwrap_or_else(|| DATABASE.to_owned());
        let command = [self.program("dg"), "init".into(), "--server-only".into(), "--database".into(), database];
        Child {
            name: "init",
            kind: "oneshot",
            command: command.to_vec(),
            after: if private { vec!["postgres"] } else { Vec::new() },
            env: BTreeMap::from([("DATABASE_URL", url)]),
        }
    }

    fn daemon(&self, name: &'static str, layout: &Layout) -> Child {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let command = [
            self.program(name),
            "--config".to_owned(),
            text(layout.config()),
            "--address-file".to_owned(),
            text(layout.address_file(name)),
        ];
        let role = match name {
            "dg-store" => Some("dg_store"),
            "dg-projectord" => Some("dg_projectord"),
            "dg-apid" => Some("dg_apid"),
            "dg-workflowd" => Some("dg_workflowd"),
            _ => None,
        };
        let mut env = BTreeMap::new();
        if let Some(role) = role {
            self.connect(&mut env, ["DG__DATABASE__URL", "DG__DATABASE__ROLE"], role);
        }
        let after = match name {
            "dg-store" => "init",
            "dg-consoled" => "dg-apid",
            _ => "dg-store",
        };
        if name == "dg-store" {
            self.connect(&mut env, ["DG__STORE__MIGRATE_URL", "DG__STORE__MIGRATE_ROLE"], OWNER);
        }
        Child { name, kind: "daemon", command: command.to_vec(), after: vec![after], env }
    }

    /// On the private server each role signs in by itself; on another one everybody has the same URL and takes a role.
    fn connect(&self, env: &mut BTreeMap<&'static str, String>, keys: [&'static str; 2], role: &str) {
        match &self.database_url {
            Some(url) => {
                env.insert(keys[0], url.clone());
                env.insert(keys[1], role.to_owned());
            }
            None => {
                env.insert(keys[0], private_url(SOCKET, role));
            }
        }
    }

    fn program(&self, name: &str) -> String {
        self.programs.join(name).to_string_lossy().into_owned()
    }
}

const HEAD: &str = "# Written by `dg up` at every start.\n";

fn private_url(encoded_dir: &str, user: &str) -> String {
    format!("postgresql:///{DATABASE}?host={encoded_dir}&user={user}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(database_url: Option<&str>) -> Plan {
        Plan {
            api_port: 1,
            console_port: 2,
            database_url: database_url.map(ToOwned::to_owned),
            programs: "/opt/a b".into(),
            log_files: true,
        }
    }

    fn layout() -> (tempfile::TempDir, Layout) {
        let parent = tempfile::tempdir().unwrap();
        let layout = Layout::make(&parent.path().join("the \"state\"")).unwrap();
        (parent, layout)
    }

    fn children(text: &str) -> Vec<toml::Table> {
        let table: toml::Table = toml::from_str(text).unwrap();
        table["child"].as_array().unwrap().iter().map(|child| child.as_table().unwrap().clone()).collect()
    }

    #[test]
    fn with_a_private_server_each_daemon_signs_in_as_its_role() {
        let (_parent, layout) = layout();
        let text = plan(None).table(&layout).unwrap();
        let children = children(&text);
        let names: Vec<&str> = children.iter().map(|child| child["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["postgres", "init", "dg-store", "dg-projectord", "dg-apid", "dg-workflowd", "dg-consoled"]);
        let apid = &children[4];
        assert_eq!(
            apid["env"]["DG__DATABASE__URL"].as_str().unwrap(),
            "postgresql:///decisiongraph?host={postgres_socket_dir_encoded}&user=dg_apid"
        );
        assert!(apid["env"].get("DG__DATABASE__ROLE").is_none());
        assert_eq!(apid["command"][0].as_str().unwrap(), "/opt/a b/dg-apid");
        assert!(children[6]["env"].as_table().unwrap().is_empty(), "the console knows no database");
        assert!(!text.contains("postgres_socket_dir}"));
    }

    #[test]
    fn with_another_server_everybody_takes_a_role_there() {
        let (_parent, layout) = layout();
        let url = "postgresql://u:p@h/mine?sslmode=disable";
        let children = children(&plan(Some(url)).table(&layout).unwrap());
        assert_eq!(children[0]["name"].as_str().unwrap(), "init");
        assert_eq!(children[0]["command"].as_array().unwrap().last().unwrap().as_str(), Some("mine"));
        assert!(!children[0]["command"].to_string().contains("u:p"), "no password in an argument");
        let store = children[1]["env"].as_table().unwrap();
        assert_eq!(store["DG__DATABASE__ROLE"].as_str(), Some("dg_store"));
        assert_eq!(store["DG__STORE__MIGRATE_ROLE"].as_str(), Some("dg_owner"));
        assert_eq!(store["DG__STORE__MIGRATE_URL"].as_str(), Some(url));
    }

    #[test]
    fn the_daemons_find_each_other() {
        let (_parent, layout) = layout();
        let config: toml::Table = toml::from_str(&plan(None).config(&layout).unwrap()).unwrap();
        assert_eq!(config["api"]["listen"].as_str(), Some("127.0.0.1:1"));
        assert_eq!(config["console"]["api_url"].as_str(), Some("http://127.0.0.1:1"));
        assert!(config["console"]["service_token_file"].as_str().unwrap().contains("the \"state\"/"));
        assert!(config["console"]["token_file"].as_str().unwrap().contains("the \"state\"/"));
    }

    #[test]
    fn the_owner_url_can_be_given_to_psql() {
        let url = plan(None).owner_url(Some(Path::new("/tmp/a b"))).unwrap();
        assert_eq!(url, "postgresql:///decisiongraph?host=%2Ftmp%2Fa%20b&user=dg_owner");
        assert_eq!(plan(None).owner_url(None), None);
        assert_eq!(plan(Some("postgresql://h/d")).owner_url(None).as_deref(), Some("postgresql://h/d"));
    }
}
