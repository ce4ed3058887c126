//! The guard that removes a server when the process that started it is gone, however it went.
//!
//! A static is never dropped, and a test killed by its runner drops nothing. So a small shell waits on a pipe whose
//! other end only the owner holds; the end of the owner is the end of the pipe.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::KitError;

/// Kills by the pid in `postmaster.pid`, and only if that process is a postgres; then removes the directory.
const SCRIPT: &str = r#"
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

#[derive(Debug)]
pub(super) struct Guard {
    shell: Child,
    line: Option<ChildStdin>,
}

impl Guard {
    pub(super) fn over(dir: &Path) -> Result<Self, KitError> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "dg-testkit-guard"])
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .map_err(KitError::io("cannot start the guard of a test server"))?;
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
