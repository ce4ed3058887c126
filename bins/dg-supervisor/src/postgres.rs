//! Makes and runs a private PostgreSQL server: unix socket only, no password, durable.
//!
//! The socket's directory is open to one account alone, which is what makes `trust` safe. PostgreSQL refuses to run as root; then
//! the server gets an account of its own, and directories where that account can reach them.

mod account;
mod binaries;
mod cluster;
mod leftover;
mod places;
mod settings;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::Pid;
use tokio::process::Command;

use crate::table::PostgresSection;
use account::Account;
use binaries::Binaries;
pub(crate) use places::Places;

/// How often a server that starts is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why the server cannot be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServerError {
    #[error("no PostgreSQL server {0} found; install one (Debian: apt-get install postgresql) or set postgres.bin_dir")]
    NoBinaries(String),
    #[error("there is no account {0} to run PostgreSQL under; set postgres.run_as")]
    NoAccount(String),
    #[error("{path}: {why}")]
    Place { path: PathBuf, why: &'static str },
    #[error("{program} failed: {output}")]
    Program { program: &'static str, output: String },
    #[error("{what} {path}")]
    File {
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot run {program}")]
    Run {
        program: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("an earlier server, process {0}, still holds the data directory")]
    Occupied(i32),
}

impl ServerError {
    /// Whether another try cannot help until a person has changed something.
    pub(crate) fn is_hopeless(&self) -> bool {
        matches!(self, Self::NoBinaries(_) | Self::NoAccount(_) | Self::Place { .. })
    }

    fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { what, path, source }
    }
}

/// A server that can be started, with its data directory made.
#[derive(Debug)]
pub(crate) struct Server {
    binaries: Binaries,
    account: Option<Account>,
    places: Places,
    arguments: Vec<String>,
}

impl Server {
    /// Finds the programs, settles the directories and makes the cluster when there is none.
    ///
    /// # Errors
    /// As the variants say.
    pub(crate) async fn prepare(section: &PostgresSection) -> Result<Self, ServerError> {
        let account = Account::pick(&section.run_as)?;
        let places = places::settle(section, account.as_ref())?;
        let binaries = Binaries::find(&section.bin_dir, cluster::version(&places.data_dir)?).await?;
        cluster::create_if_missing(&binaries, account.as_ref(), &places.data_dir).await?;
        let arguments = settings::arguments(section, &places, &binaries, account.as_ref()).await;
        tracing::info!(data_dir = %places.data_dir.display(), version = binaries.major(), "private PostgreSQL {} in {}",
            binaries.major(), places.data_dir.display());
        Ok(Self { binaries, account, places, arguments })
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Ends a server that an earlier supervisor left on the same data.
    ///
    /// # Errors
    /// It does not end; trying again is right.
    pub(crate) async fn clear_the_way(&self) -> Result<(), ServerError> {
        places::open_socket_dir(&self.places.socket_dir, self.account.as_ref())?;
        leftover::end(&self.places.data_dir).await
    }

    /// The server itself, to be the supervised process.
    pub(crate) fn command(&self) -> Command {
        let mut command = program(&self.binaries.program("postgres"), self.account.as_ref());
        command.arg("-D").arg(&self.places.data_dir).args(&self.arguments);
        command
    }

    /// Returns once the server with this process id takes connections; never for one that does not. Safe to drop.
    pub(crate) async fn up(&self, pid: Pid) {
        loop {
            let file = leftover::PidFile::read(&self.places.data_dir);
            if file.is_some_and(|file| file.pid == pid.as_raw() && file.ready) {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A command under the server's account, in a directory that account can enter, speaking English.
fn program(path: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(path);
    command.current_dir("/").env("LC_MESSAGES", "C").env_remove("LC_ALL").env_remove("PGDATA");
    if let Some(account) = account {
        command.uid(account.uid.as_raw()).gid(account.gid.as_raw()).env("HOME", "/");
    }
    command
}
