//! The table of children, as written by an operator or by `dg up`.

mod check;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dg_runtime::config::Problems;
use serde::Deserialize;

/// A whole table. Paths in it are absolute.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// Each child's output is appended to `<name>.log` here; without it, it joins the supervisor's own standard error.
    pub(crate) log_dir: Option<PathBuf>,
    /// The private server, when a child has the kind `postgres`.
    pub(crate) postgres: Option<PostgresSection>,
    /// The children in the order they are listed in the status file.
    #[serde(rename = "child", default)]
    pub(crate) children: Vec<Child>,
}

/// One supervised process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Child {
    /// Unique; names the log file.
    pub(crate) name: String,
    /// Program and arguments; empty for `postgres`, whose command line the supervisor knows.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    #[serde(default)]
    pub(crate) kind: Kind,
    /// Added to the supervisor's own environment.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Children that must be up before this one is started.
    #[serde(default)]
    pub(crate) after: Vec<String>,
    /// How it is known to be up; by default what fits its kind.
    pub(crate) ready: Option<Ready>,
    #[serde(default)]
    pub(crate) stop_signal: StopSignal,
    /// After this long it is killed; by default a little more than the daemons' own grace period.
    #[serde(default = "twelve_seconds")]
    pub(crate) stop_grace_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Runs until it is stopped.
    #[default]
    Daemon,
    /// Is repeated until it ends well, once.
    Oneshot,
    /// The private server of the `[postgres]` section.
    Postgres,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Daemon => "daemon",
            Self::Oneshot => "oneshot",
            Self::Postgres => "postgres",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ready {
    /// It sends `READY=1` to its `NOTIFY_SOCKET`.
    Notify,
    /// It ends with 0.
    Exit,
    /// The status line of `postmaster.pid` says so.
    Postgres,
    /// It runs; for programs that tell nobody.
    Spawned,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum StopSignal {
    #[default]
    Term,
    Int,
    Quit,
}

/// The private PostgreSQL server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostgresSection {
    /// Made with `initdb` when it is not there.
    pub(crate) data_dir: PathBuf,
    /// Where its socket goes; mode 0700.
    pub(crate) socket_dir: PathBuf,
    /// Names the socket; nothing listens on the network.
    #[serde(default = "standard_port")]
    pub(crate) port: u16,
    /// Where `postgres` and `initdb` are; empty means to look for them.
    #[serde(default)]
    pub(crate) bin_dir: PathBuf,
    /// The account it runs under when the supervisor is root; by default `postgres`, else `nobody`.
    #[serde(default)]
    pub(crate) run_as: String,
    /// Server settings over the suite's defaults.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, String>,
}

impl Child {
    pub(crate) fn ready(&self) -> Ready {
        self.ready.unwrap_or(match self.kind {
            Kind::Daemon => Ready::Notify,
            Kind::Oneshot => Ready::Exit,
            Kind::Postgres => Ready::Postgres,
        })
    }
}

impl Table {
    /// Reads and checks a table.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(crate) fn load(path: &Path) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        match std::fs::read_to_string(path) {
            Ok(text) => return Self::parse(&text),
            Err(error) => problems.add(path.display().to_string(), error),
        }
        Err(problems)
    }

    fn parse(text: &str) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        match toml::from_str::<Self>(text) {
            Ok(table) => {
                check::check(&table, &mut problems);
                if problems.is_empty() { Ok(table) } else { Err(problems) }
            }
            Err(error) => {
                problems.add("table", error);
                Err(problems)
            }
        }
    }

    /// For each child, the positions of those it comes after. The table has been checked, so all names are there.
    pub(crate) fn predecessors(&self) -> Vec<Vec<usize>> {
        let position = |name: &String| self.children.iter().position(|child| child.name == *name);
        self.children.iter().map(|child| child.after.iter().filter_map(position).collect()).collect()
    }
}

const fn twelve_seconds() -> u64 {
    12_000
}

const fn standard_port() -> u16 {
    5432
}

#[cfg(test)]
mod tests;
