//! The supervisor as a child process: started, waited for, and never left behind.

use std::{
    fs::OpenOptions,
    io,
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::process::{Child, Command};

use super::layout::Layout;
use crate::failure::{Exit, Failure};

/// Longer than the grace of every child in turn.
const STOP: Duration = Duration::from_secs(60);

/// A running supervisor.
#[derive(Debug)]
pub(super) struct Supervisor {
    child: Child,
}

impl Supervisor {
    /// Starts it. It has a process group of its own, so that Ctrl-C reaches `dg up` alone and everything stops in order;
    /// when `dg up` is killed, the kernel tells it to stop.
    pub(super) fn start(program: &Path, layout: &Layout, log_files: bool) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::new(Exit::Unavailable, "io", format!("cannot start {}: {error}", program.display()))
        };
        let mut command = Command::new(program);
        command.arg("--config").arg(layout.table()).arg("--status-file").arg(layout.status_file());
        command.stdin(Stdio::null()).stdout(Stdio::null()).process_group(0);
        if log_files {
            let path = layout.log_of("dg-supervisor");
            let log = OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(failed)?;
            command.stderr(log);
        }
        stop_with_parent(&mut command);
        Ok(Self { child: command.spawn().map_err(failed)? })
    }

    /// Waits until it ends by itself.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Stops everything in order.
    ///
    /// # Errors
    /// When it had to be killed, or ended in another way than asked.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw) else {
            return Ok(());
        };
        // Fails only when it is gone already.
        let _ = kill(pid, Signal::SIGTERM);
        match tokio::time::timeout(STOP, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(ended) => Err(Failure::new(Exit::Software, "bad_stop", format!("the supervisor {}", how(&ended?)))),
            Err(_) => {
                self.child.kill().await?;
                let message = format!("the supervisor did not stop within {} s and was killed", STOP.as_secs());
                Err(Failure::new(Exit::Software, "bad_stop", message))
            }
        }
    }
}

/// `ended with exit code 75`, `was ended by signal 9`
pub(super) fn how(status: &ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// Asks the kernel for a TERM when the thread that starts this command ends. That is the main thread, which drives the
/// command's future until the program ends.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "only the child itself can ask for its parent-death signal, between fork and exec")]
fn stop_with_parent(command: &mut Command) {
    use nix::{
        sys::prctl::set_pdeathsig,
        unistd::{getpid, getppid},
    };
    let parent = getpid();
    let ask = move || {
        set_pdeathsig(Signal::SIGTERM)?;
        // The parent may have ended before the question.
        if getppid() == parent { Ok(()) } else { Err(nix::errno::Errno::ESRCH.into()) }
    };
    // SAFETY: prctl and getppid are async-signal-safe and nothing is allocated.
    unsafe { command.pre_exec(ask) };
}

/// Other systems have no such signal: there a killed `dg up` leaves its supervisor running, and the next one says so.
#[cfg(not(target_os = "linux"))]
fn stop_with_parent(_command: &mut Command) {}
