//! Ends a server that an earlier supervisor left behind.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{LOOK_EVERY, ServerError};

/// How long each kind of request may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What `postmaster.pid` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: i32,
    pub(super) ready: bool,
}

impl PidFile {
    /// `None` when there is no such file, or it is being written.
    pub(super) fn read(data_dir: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(data_dir.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        Some(Self { pid, ready: lines.nth(6).is_some_and(|status| status.trim() == "ready") })
    }
}

/// Stops the server whose pid file is in `data_dir`, gently and then less so. Does nothing when the process is gone or is
/// another program that got the same number: PostgreSQL looks after a stale file itself.
pub(super) async fn end(data_dir: &Path) -> Result<(), ServerError> {
    let Some(file) = PidFile::read(data_dir) else { return Ok(()) };
    if !serves(file.pid, data_dir) {
        return Ok(());
    }
    tracing::warn!(pid = file.pid, "a server of an earlier run still holds the data directory; ending it");
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        match kill(Pid::from_raw(file.pid), signal) {
            Ok(()) => {}
            Err(Errno::ESRCH) => return Ok(()),
            Err(_) => return Err(ServerError::Occupied(file.pid)),
        }
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            if !serves(file.pid, data_dir) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    Err(ServerError::Occupied(file.pid))
}

/// A server works inside its data directory, which tells it from any other process.
fn serves(pid: i32, data_dir: &Path) -> bool {
    let cwd = std::fs::read_link(format!("/proc/{pid}/cwd"));
    match (cwd, data_dir.canonicalize()) {
        (Ok(cwd), Ok(data_dir)) => cwd == data_dir,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::PidFile;

    #[test]
    fn the_eighth_line_tells_the_state() {
        let text = "4711\n/data\n1700000000\n5432\n/run\n\n  123 456\nready   \n";
        assert_eq!(PidFile::parse(text), Some(PidFile { pid: 4711, ready: true }));
        assert_eq!(PidFile::parse("4711\n/data\n"), Some(PidFile { pid: 4711, ready: false }));
        assert_eq!(PidFile::parse(&text.replace("ready   ", "starting")).map(|file| file.ready), Some(false));
        assert_eq!(PidFile::parse(""), None);
    }
}
