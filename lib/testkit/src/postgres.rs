//! Throw-away PostgreSQL servers: own directory, unix socket only, gone with the process that started them.
//!
//! A server is a copy of one `initdb` result kept in the target directory, so that starting one costs a fraction of a
//! second. It is stopped by its own pid, on drop or, for the shared one and after a kill, by its guard.

mod binaries;
mod cluster;
mod owner;

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio_postgres::{Client, NoTls};

pub use binaries::Binaries;

use crate::guard::Guard;
use crate::{KitError, wait_until};
use owner::Owner;

/// The superuser of every test server, as of a private server.
pub const ADMIN: &str = "dg_admin";

const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// Whether commits survive a crash of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// No fsync: fast, for tests that never kill the server.
    Fast,
    /// PostgreSQL's own defaults, for drills.
    Durable,
}

/// One running server with its data and socket in a directory of its own.
#[derive(Debug)]
pub struct Postgres {
    binaries: Binaries,
    owner: Owner,
    durability: Durability,
    dir: PathBuf,
    postmaster: Mutex<Option<Child>>,
    template: Mutex<Option<String>>,
    preparing: tokio::sync::Mutex<()>,
    _guard: Guard,
}

impl Postgres {
    /// Starts a server that forgets on a crash.
    ///
    /// # Errors
    /// When no server is installed or it does not come up; the text has the end of its log.
    pub fn start() -> Result<Self, KitError> {
        Self::start_with(Durability::Fast)
    }

    /// Starts a server with durable commits, for kill drills.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn durable() -> Result<Self, KitError> {
        Self::start_with(Durability::Durable)
    }

    fn start_with(durability: Durability) -> Result<Self, KitError> {
        let binaries = Binaries::find()?;
        let owner = Owner::pick();
        let dir = cluster::new_directory()?;
        let guard = Guard::over_server(&dir)?;
        cluster::create(&binaries, owner, &dir)?;
        let server = Self {
            binaries,
            owner,
            durability,
            dir,
            postmaster: Mutex::new(None),
            template: Mutex::new(None),
            preparing: tokio::sync::Mutex::new(()),
            _guard: guard,
        };
        server.start_again()?;
        Ok(server)
    }

    /// The one server of this test process, started on first use.
    ///
    /// # Panics
    /// When it cannot be started: a test without its server has nothing to say.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| match Self::start() {
            Ok(server) => server,
            #[expect(clippy::panic, reason = "a test without its server has nothing to say")]
            Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
        })
    }

    /// Connection string for one database and role, in the form psql takes.
    #[must_use]
    pub fn url(&self, database: &str, user: &str) -> String {
        let host = self.dir.to_string_lossy().replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
        format!("postgresql:///{database}?host={host}&user={user}")
    }

    /// The administrator's connection to the maintenance database.
    #[must_use]
    pub fn admin_url(&self) -> String {
        self.url("postgres", ADMIN)
    }

    /// The directory of the unix socket.
    #[must_use]
    pub fn socket_dir(&self) -> &Path {
        &self.dir
    }

    /// Creates a database whose name begins with `name` (lower case letters, digits, `_`) and answers its
    /// administrator URL. It is a copy of the template when one is set.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn database(&self, name: &str) -> Result<String, KitError> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let unique = format!("{name}_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let template = lock(&self.template).clone().unwrap_or_else(|| "template1".to_owned());
        let admin = self.admin().await?;
        admin
            .batch_execute(&format!("CREATE DATABASE \"{unique}\" TEMPLATE \"{template}\""))
            .await
            .map_err(KitError::sql(format!("cannot create database {unique}")))?;
        Ok(self.url(&unique, ADMIN))
    }

    /// Runs statements as the administrator, in the maintenance database.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn execute(&self, sql: &str) -> Result<(), KitError> {
        self.admin().await?.batch_execute(sql).await.map_err(KitError::sql(format!("cannot run {sql}")))
    }

    /// Makes later databases copies of `database` (a name); nobody may be connected to it while they are made.
    pub fn set_template(&self, database: &str) {
        *lock(&self.template) = Some(database.to_owned());
    }

    /// Makes the template once per server: creates a database and lets `prepare` fill it through its administrator URL.
    ///
    /// # Errors
    /// When the database cannot be created, or whatever `prepare` answers.
    pub async fn template<E, F>(&self, prepare: F) -> Result<(), E>
    where
        E: From<KitError>,
        F: AsyncFnOnce(String) -> Result<(), E>,
    {
        let _one_at_a_time = self.preparing.lock().await;
        if lock(&self.template).is_some() {
            return Ok(());
        }
        let url = self.database("dg_template").await?;
        prepare(url.clone()).await?;
        if let Some(name) = url.strip_prefix("postgresql:///").and_then(|rest| rest.split('?').next()) {
            self.set_template(name);
        }
        Ok(())
    }

    /// Drops a database made by [`Postgres::database`], with whoever is still connected to it.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn drop_database(&self, name: &str) -> Result<(), KitError> {
        let admin = self.admin().await?;
        admin
            .batch_execute(&format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))
            .await
            .map_err(KitError::sql(format!("cannot drop database {name}")))
    }

    /// The postmaster's process id while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        lock(&self.postmaster).as_ref().map(Child::id)
    }

    /// Kills the postmaster with SIGKILL; what it had not made durable is lost.
    pub fn kill9(&self) {
        self.end(Signal::SIGKILL);
    }

    /// Stops the server in order ("fast": open transactions are rolled back).
    pub fn stop(&self) {
        self.end(Signal::SIGINT);
    }

    /// Starts the stopped or killed server on the same data and waits until it takes connections.
    ///
    /// # Errors
    /// When it does not come up in time; the text has the end of its log.
    pub fn start_again(&self) -> Result<(), KitError> {
        let mut postmaster = lock(&self.postmaster);
        if postmaster.is_none() {
            *postmaster = Some(cluster::launch(&self.binaries, self.owner, self.durability, &self.dir)?);
        }
        Ok(())
    }

    /// [`Postgres::stop`], then [`Postgres::start_again`].
    ///
    /// # Errors
    /// As [`Postgres::start_again`].
    pub fn restart(&self) -> Result<(), KitError> {
        self.stop();
        self.start_again()
    }

    /// What the server wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        cluster::read_log(&self.dir)
    }

    fn end(&self, signal: Signal) {
        let Some(mut child) = lock(&self.postmaster).take() else { return };
        if let Ok(pid) = i32::try_from(child.id()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
        let ended = wait_until(STOP_DEADLINE, "the test server to stop", || child.try_wait().ok().flatten());
        if ended.is_err() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    async fn admin(&self) -> Result<Client, KitError> {
        let (client, connection) = tokio_postgres::connect(&self.admin_url(), NoTls)
            .await
            .map_err(KitError::sql("cannot reach the test server"))?;
        // Ends by itself when the client is dropped.
        tokio::spawn(connection);
        Ok(client)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.end(Signal::SIGQUIT);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
