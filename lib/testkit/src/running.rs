//! One real daemon under test: started on free ports, asked over its admin listener, stopped by signal.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::guard::Guard;
use crate::{KitError, processes, wait_until};

const DEADLINE: Duration = Duration::from_secs(30);

/// A daemon with a directory of its own. Killed on drop, and when the process that started it is killed.
#[derive(Debug)]
pub struct RunningDaemon {
    dir: PathBuf,
    child: Child,
    _guard: Guard,
}

impl RunningDaemon {
    /// Starts `program` with an empty configuration file and these settings (`DG__SECTION__KEY` and value). Its log is kept.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: impl AsRef<Path>, settings: &[(&str, &str)]) -> Result<Self, KitError> {
        let program = program.as_ref();
        let dir =
            tempfile::Builder::new().prefix("dg-daemon-").tempdir().map_err(KitError::io("cannot make a directory"))?;
        // From here on the guard removes it.
        let dir = dir.keep();
        let guard = Guard::over_daemon(&dir)?;
        let log = std::fs::File::create(dir.join("log")).map_err(KitError::io("cannot make a log"))?;
        std::fs::write(dir.join("dg.toml"), "").map_err(KitError::io("cannot write a configuration"))?;
        let child = Command::new(program)
            .arg("--config")
            .arg(dir.join("dg.toml"))
            .arg("--address-file")
            .arg(dir.join("addresses"))
            .envs(settings.iter().copied())
            .env("DG__LOG__FORMAT", "text")
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(KitError::io(format!("cannot start {}", program.display())))?;
        let daemon = Self { dir, child, _guard: guard };
        daemon.note(program)?;
        Ok(daemon)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    /// The address of a listener once it is bound, such as `http://127.0.0.1:40123` for `admin`.
    ///
    /// # Errors
    /// When it does not come in time; the text has the log.
    pub fn address(&self, listener: &str) -> Result<String, KitError> {
        let path = self.dir.join("addresses");
        let found = wait_until(DEADLINE, "the address file", || {
            let text = std::fs::read_to_string(&path).ok()?;
            let of =
                |line: &str| line.split_once(' ').filter(|(name, _)| *name == listener).map(|(_, to)| to.to_owned());
            text.lines().find_map(of)
        });
        found.map_err(|error| self.with_log(error))
    }

    /// Asks its admin listener: status and body.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn admin(&self, path: &str) -> Result<(u16, String), KitError> {
        let address = self.address("admin")?;
        get(&address, path).map_err(KitError::io(format!("GET {path}")))
    }

    /// Waits until the answer to a GET on the admin listener has this status and contains this text.
    ///
    /// # Errors
    /// When it does not come in time; the text has the last answer and the log.
    pub fn wait_admin(&self, path: &str, status: u16, part: &str) -> Result<String, KitError> {
        let what = format!("{path} to answer {status} with {part:?}");
        let mut last = String::new();
        let waited = wait_until(DEADLINE, &what, || {
            let (found, body) = self.admin(path).ok()?;
            last = format!("{found} {body}");
            (found == status && body.contains(part)).then_some(body)
        });
        waited.map_err(|error| match self.with_log(error) {
            KitError::Deadline { what, waited_ms, last: log } => {
                KitError::Deadline { what, waited_ms, last: format!("{last}\n{log}") }
            }
            other => other,
        })
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        processes::signal(self.child.id(), signal);
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end in time; the text has the log.
    pub fn wait_end(&mut self) -> Result<ExitStatus, KitError> {
        let ended = wait_until(DEADLINE, "the daemon to end", || self.child.try_wait().ok().flatten());
        ended.map_err(|error| self.with_log(error))
    }

    /// Asks it to stop and waits for its end.
    ///
    /// # Errors
    /// As [`RunningDaemon::wait_end`].
    pub fn stop(&mut self) -> Result<ExitStatus, KitError> {
        self.signal(Signal::SIGTERM);
        self.wait_end()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills it and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Tells the guard whom to kill: the id, and the name as the system keeps it.
    fn note(&self, program: &Path) -> Result<(), KitError> {
        let name: String = program.file_name().unwrap_or_default().to_string_lossy().chars().take(15).collect();
        std::fs::write(self.dir.join("pid"), format!("{} {name}\n", self.child.id()))
            .map_err(KitError::io("cannot note the daemon's process"))
    }

    fn with_log(&self, error: KitError) -> KitError {
        match error {
            KitError::Deadline { what, waited_ms, .. } => KitError::Deadline { what, waited_ms, last: self.log() },
            other => other,
        }
    }
}

impl Drop for RunningDaemon {
    fn drop(&mut self) {
        if self.is_running() {
            self.kill();
        }
        let _ = std::fs::remove_file(self.dir.join("pid"));
    }
}

fn get(address: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(DEADLINE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((status, body))
}
