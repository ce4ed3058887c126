//! Guards that clean up when the process that started something is gone, however it went.
//!
//! A static is never dropped, and a test killed by its runner drops nothing. So a small shell waits on a pipe whose
//! other end only the owner holds; the end of the owner is the end of the pipe.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::KitError;

/// Kills by the pid in `postmaster.pid`, and only if that process is a postgres; then removes the directory.
const END_SERVER: &str = r#"
read -r _ || true
dir=$1
if [ -r "$dir/data/postmaster.pid" ]; then
    read -r pid < "$dir/data/postmaster.pid"
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
        postgres*)
            kill -QUIT "$pid" 2>/dev/null
            n=0
            while [ -e "/proc/$pid" ] && [ $n -lt 100 ]; do sleep 0.05; n=$((n + 1)); done ;;
    esac
fi
rm -rf -- "$dir"
"#;

/// Asks the `dg` whose id is in the file `pid` to end and waits until it has, at most 20 seconds; then removes the directory.
const END_SUITE: &str = r#"
read -r _ || true
dir=$1 pid=$(cat "$1/pid" 2>/dev/null)
running() { [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dg ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; }
if running; then
    kill -TERM "$pid" 2>/dev/null
    n=0
    while running && [ $n -lt 400 ]; do sleep 0.05; n=$((n + 1)); done
fi
rm -rf -- "$dir"
"#;

/// Kills the daemon whose id is in the file `pid`, if that process has the name beside it; then removes the directory.
const END_DAEMON: &str = r#"
read -r _ || true
dir=$1
if read -r pid name < "$dir/pid" && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ]; then
    kill -KILL "$pid" 2>/dev/null
fi
rm -rf -- "$dir"
"#;

/// The shell that waits; dropping it makes it do its work and waits for the end of that.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
    line: Option<ChildStdin>,
}

impl Guard {
    pub(crate) fn over_server(dir: &Path) -> Result<Self, KitError> {
        Self::start(END_SERVER, dir)
    }

    pub(crate) fn over_suite(dir: &Path) -> Result<Self, KitError> {
        Self::start(END_SUITE, dir)
    }

    pub(crate) fn over_daemon(dir: &Path) -> Result<Self, KitError> {
        Self::start(END_DAEMON, dir)
    }

    fn start(script: &str, dir: &Path) -> Result<Self, KitError> {
        let mut shell = Command::new("sh")
            .args(["-c", script, "dg-testkit-guard"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .map_err(KitError::io("cannot start the guard of a test process"))?;
        let line = shell.stdin.take();
        Ok(Self { shell, line })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.line.take());
        // A failure leaves only a directory under the temporary root behind.
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgotten_daemon_is_killed_and_a_stranger_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        for (name, killed) in [("dg-other", false), ("sleep", true)] {
            std::fs::create_dir_all(dir.path()).unwrap();
            std::fs::write(dir.path().join("pid"), format!("{} {name}\n", child.id())).unwrap();
            drop(Guard::over_daemon(dir.path()).unwrap());
            assert!(!dir.path().exists());
            let ended = crate::wait_until(std::time::Duration::from_secs(1), "an end", || child.try_wait().unwrap());
            assert_eq!(ended.is_ok(), killed, "{name}");
        }
    }
}
