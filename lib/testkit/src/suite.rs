//! The real suite, started the way an operator starts it: `dg up` in a directory of its own, on free ports.

mod ready;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::guard::Guard;
use crate::processes::{self, Process};
use crate::{KitError, paths, wait_until};

const START_DEADLINE: Duration = Duration::from_secs(90);
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// How a suite is started.
#[derive(Clone, Debug, Default)]
pub struct SuiteOptions {
    /// Whether the demo tenant is seeded.
    pub demo: bool,
    /// More environment, such as `DG__PROJECTOR__BATCH_EVENTS`.
    pub env: Vec<(String, String)>,
}

/// A running suite. Dropping it sends TERM to `dg` and waits until every process is gone.
#[derive(Debug)]
pub struct Suite {
    dg: Child,
    dir: PathBuf,
    options: SuiteOptions,
    /// Base URL of dg-apid, without a slash at the end.
    pub api_url: String,
    /// Base URL of dg-consoled, without a slash at the end.
    pub console_url: String,
    /// Bearer token of an administrator of all tenants.
    pub admin_token: String,
    /// With which the first person is made.
    pub setup_code: String,
    /// Owner's connection to the suite's database.
    pub database_url: String,
    guard: Option<Guard>,
}

impl Suite {
    /// Starts a suite without the demo and waits until it says that it is ready.
    ///
    /// # Errors
    /// When the daemons are not built, or the suite is not ready in time; the text has the end of its log.
    pub fn start() -> Result<Self, KitError> {
        Self::start_with(SuiteOptions::default())
    }

    /// Starts a suite as told.
    ///
    /// # Errors
    /// As [`Suite::start`].
    pub fn start_with(options: SuiteOptions) -> Result<Self, KitError> {
        let dir = new_directory()?;
        let guard = Guard::over_suite(&dir)?;
        let mut suite = Self {
            dg: launch(&dir, &options)?,
            dir,
            options,
            api_url: String::new(),
            console_url: String::new(),
            admin_token: String::new(),
            setup_code: String::new(),
            database_url: String::new(),
            guard: Some(guard),
        };
        suite.await_ready()?;
        Ok(suite)
    }

    /// Starts `dg up` again in the same directory, after [`Suite::stop`] or [`Suite::kill_everything`]. URLs and token
    /// may be others than before.
    ///
    /// # Errors
    /// As [`Suite::start`].
    pub fn start_again(&mut self) -> Result<(), KitError> {
        self.dg = launch(&self.dir, &self.options)?;
        self.await_ready()
    }

    /// Kills `dg up` and every process below it with SIGKILL, and waits until they are gone.
    ///
    /// # Errors
    /// When one of them stays.
    pub fn kill_everything(&mut self) -> Result<(), KitError> {
        let family = self.processes();
        processes::signal(self.dg.id(), Signal::SIGKILL);
        for process in &family {
            processes::signal(process.pid, Signal::SIGKILL);
        }
        let _ = self.dg.wait();
        wait_until(STOP_DEADLINE, "killed processes to be gone", || {
            (!family.iter().any(|process| processes::is_alive(process.pid))).then_some(())
        })
    }

    fn await_ready(&mut self) -> Result<(), KitError> {
        let line = ready::await_line(&mut self.dg, &self.dir, START_DEADLINE).map_err(|reason| KitError::Program {
            program: "dg up".to_owned(),
            output: format!("{reason}\n{}", self.log_tail(60)),
        })?;
        let text = |key: &str| line[key].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
        self.api_url = text("api_url");
        self.console_url = text("console_url");
        self.admin_token = text("admin_token");
        self.setup_code = text("setup_code");
        self.database_url = text("database_url");
        Ok(())
    }

    /// The directory the suite was started in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Process id of `dg up`.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.dg.id()
    }

    /// Every process below `dg up`.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        processes::descendants(self.dg.id())
    }

    /// The process id of one daemon (`dg-apid`), or of the postmaster (`postgres`).
    #[must_use]
    pub fn pid_of(&self, name: &str) -> Option<u32> {
        let all = self.processes();
        all.iter()
            .find(|process| process.name == name && !all.iter().any(|p| p.pid == process.parent && p.name == name))
            .map(|process| process.pid)
    }

    /// Sends a signal to one daemon and answers the process id it had.
    ///
    /// # Errors
    /// When no such process is there within a few seconds.
    pub fn signal(&self, name: &str, signal: Signal) -> Result<u32, KitError> {
        let pid = wait_until(Duration::from_secs(10), &format!("a running {name}"), || self.pid_of(name))?;
        processes::signal(pid, signal);
        Ok(pid)
    }

    /// What `dg up` and its children wrote to stderr.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read(self.dir.join("suite.log"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The last lines of [`Suite::log`].
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> String {
        let log = self.log();
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// Sends TERM to `dg` and waits for its end.
    ///
    /// # Errors
    /// When it is still there after half a minute.
    pub fn stop(&mut self) -> Result<ExitStatus, KitError> {
        if self.dg.try_wait().ok().flatten().is_none() {
            processes::signal(self.dg.id(), Signal::SIGTERM);
        }
        wait_until(STOP_DEADLINE, "the suite to stop", || self.dg.try_wait().ok().flatten())
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        if self.stop().is_err() {
            let _ = self.kill_everything();
        }
        if std::thread::panicking() {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "--- end of the suite's log ---\n{}", self.log_tail(60));
        }
        drop(self.guard.take());
    }
}

/// The path of a built daemon: beside the test binary, or in the directory that `DG_BIN_DIR` names.
///
/// # Errors
/// [`KitError::Program`] when it has not been built.
pub fn daemon(name: &str) -> Result<PathBuf, KitError> {
    let dir = std::env::var_os("DG_BIN_DIR").map(PathBuf::from).or_else(paths::binary_dir);
    let path = dir.map(|dir| dir.join(name)).filter(|path| path.is_file());
    path.ok_or_else(|| KitError::Program {
        program: name.to_owned(),
        output: "not built; run `cargo build --workspace --bins` first".to_owned(),
    })
}

fn launch(dir: &Path, options: &SuiteOptions) -> Result<Child, KitError> {
    let log = OpenOptions::new().create(true).append(true).open(dir.join("suite.log"));
    let mut command = Command::new(daemon("dg")?);
    command.arg("up").arg("--dir").arg(dir.join("the state"));
    command.args(["--api-port", "0", "--console-port", "0", "--json"]);
    command.args((!options.demo).then_some("--no-demo"));
    command.env_remove("DATABASE_URL").env_remove("NOTIFY_SOCKET").envs(options.env.iter().cloned());
    command.current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(log.map_err(KitError::io("cannot open the suite's log"))?);
    let dg = command.spawn().map_err(KitError::io("cannot start dg"))?;
    fs::write(dir.join("pid"), dg.id().to_string()).map_err(KitError::io("cannot note the suite's process"))?;
    Ok(dg)
}

fn new_directory() -> Result<PathBuf, KitError> {
    let dir =
        tempfile::Builder::new().prefix("dg-suite-").tempdir().map_err(KitError::io("cannot make a directory"))?;
    let dir = dir.keep();
    // The private server may run as another account, which has to get through.
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).map_err(KitError::io("cannot open the directory"))?;
    Ok(dir)
}
