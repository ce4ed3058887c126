//! Runs a supervisor over a table in a directory of its own and watches it through its status file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use dg_testkit::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    supervisor: Child,
}

impl Bench {
    /// `{dir}` in the table becomes the directory, `{me}` this test program.
    pub(crate) fn start(table: &str) -> Self {
        let dir = tempfile::Builder::new().prefix("dg supervisor ").tempdir().unwrap();
        let me = std::env::current_exe().unwrap();
        let table =
            table.replace("{dir}", &dir.path().display().to_string()).replace("{me}", &me.display().to_string());
        fs::write(dir.path().join("table.toml"), table).unwrap();
        let supervisor = launch(dir.path());
        Self { dir, supervisor }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn status(&self) -> Option<Value> {
        let status: Value = serde_json::from_str(&fs::read_to_string(self.path("status.json")).ok()?).ok()?;
        // What an earlier supervisor wrote does not count.
        (status["pid"] == u64::from(self.supervisor.id())).then_some(status)
    }

    pub(crate) fn child(&self, name: &str) -> Option<Value> {
        self.status()?["children"].as_array()?.iter().find(|child| child["name"] == name).cloned()
    }

    pub(crate) fn pid(&self, name: &str) -> Pid {
        let pid = self.child(name).and_then(|child| child["pid"].as_i64()).unwrap();
        Pid::from_raw(i32::try_from(pid).unwrap())
    }

    /// Waits until `found` answers something for the child's entry in the status file.
    pub(crate) fn wait_child<T>(&self, name: &str, found: impl Fn(&Value) -> Option<T>) -> T {
        wait_until(DEADLINE, &format!("{name}, now {:?}", self.child(name)), || found(&self.child(name)?)).unwrap()
    }

    pub(crate) fn wait_state(&self, state: &str) {
        let seen = wait_until(DEADLINE, "the suite's state", || (self.status()?["state"] == state).then_some(()));
        assert!(seen.is_ok(), "not {state}: {:?}\n{}", self.status(), self.log());
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.supervisor.id()).unwrap()), signal).unwrap();
    }

    pub(crate) fn wait_end(&mut self) -> ExitStatus {
        wait_until(DEADLINE, "the supervisor to end", || self.supervisor.try_wait().unwrap()).unwrap()
    }

    /// Kills the supervisor as nothing can be caught.
    pub(crate) fn kill9(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait_end();
    }

    pub(crate) fn start_again(&mut self) {
        self.supervisor = launch(self.dir.path());
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn log(&self) -> String {
        self.read("supervisor.log")
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Ok(None) = self.supervisor.try_wait() {
            self.signal(Signal::SIGTERM);
            let _ = wait_until(DEADLINE, "the supervisor to end", || self.supervisor.try_wait().ok().flatten());
            let _ = self.supervisor.kill();
            let _ = self.supervisor.wait();
        }
    }
}

fn launch(dir: &Path) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(dir.join("supervisor.log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_dg-supervisor"))
        .arg("--config")
        .arg(dir.join("table.toml"))
        .arg("--status-file")
        .arg(dir.join("status.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Whether a process is there and not just waiting to be reaped.
pub(crate) fn alive(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

pub(crate) fn wait_gone(pid: Pid) {
    wait_until(DEADLINE, &format!("process {pid} to end"), || (!alive(pid)).then_some(())).unwrap();
}
