//! Several real dg-projectord processes on one database, each of which can be killed, paused and started again.

use std::process::ExitStatus;

use nix::sys::signal::Signal;

use crate::processes::{self, Usage};
use crate::{KitError, RunningDaemon, daemon};

const PROGRAM: &str = "dg-projectord";

/// The processes, in the order they were added. Nothing of them is left when this is gone.
#[derive(Debug)]
pub struct Projectors {
    settings: Vec<(String, String)>,
    processes: Vec<Projector>,
}

#[derive(Debug)]
struct Projector {
    url: String,
    running: RunningDaemon,
}

impl Projectors {
    /// None yet. Every process gets these settings (`DG__PROJECTOR__WORKERS` and value) beside its database and its role.
    #[must_use]
    pub fn new(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Self { settings, processes: Vec::new() }
    }

    /// Starts this many on the database of this URL, whose user may take the projector's role.
    ///
    /// # Errors
    /// When the daemon is not built or cannot be started.
    pub fn start(url: &str, count: usize, settings: &[(&str, &str)]) -> Result<Self, KitError> {
        let mut projectors = Self::new(settings);
        for _ in 0..count {
            projectors.add(url)?;
        }
        Ok(projectors)
    }

    /// Starts one more, possibly through another way to the database, and answers its number.
    ///
    /// # Errors
    /// As [`Projectors::start`].
    pub fn add(&mut self, url: &str) -> Result<usize, KitError> {
        let running = self.launch(url)?;
        self.processes.push(Projector { url: url.to_owned(), running });
        Ok(self.processes.len() - 1)
    }

    /// Kills one with SIGKILL and waits until it is gone.
    pub fn kill(&mut self, number: usize) {
        self.processes[number].running.kill();
    }

    /// Starts one again as it was started first; one that still runs is killed before.
    ///
    /// # Errors
    /// As [`Projectors::start`].
    pub fn restart(&mut self, number: usize) -> Result<(), KitError> {
        self.kill(number);
        let running = self.launch(&self.processes[number].url)?;
        self.processes[number].running = running;
        Ok(())
    }

    /// Changes a setting of every process that is started from now on.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.retain(|(known, _)| known != key);
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    /// Pauses one with SIGSTOP.
    pub fn pause(&self, number: usize) {
        self.signal(number, Signal::SIGSTOP);
    }

    /// Lets a paused one go on.
    pub fn resume(&self, number: usize) {
        self.signal(number, Signal::SIGCONT);
    }

    /// Asks one to stop and waits for its end.
    ///
    /// # Errors
    /// When it does not end in time; the text has its log.
    pub fn stop(&mut self, number: usize) -> Result<ExitStatus, KitError> {
        self.processes[number].running.stop()
    }

    /// Sends one a signal.
    pub fn signal(&self, number: usize, signal: Signal) {
        self.processes[number].running.signal(signal);
    }

    /// How many there are, running or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.processes.len()
    }

    /// The process id of one.
    #[must_use]
    pub fn pid(&self, number: usize) -> u32 {
        self.processes[number].running.pid()
    }

    /// Whether one has not ended.
    pub fn is_running(&mut self, number: usize) -> bool {
        self.processes[number].running.is_running()
    }

    /// What one has logged since its last start.
    #[must_use]
    pub fn log(&self, number: usize) -> String {
        self.processes[number].running.log()
    }

    /// What one has used since its last start.
    #[must_use]
    pub fn usage(&self, number: usize) -> Option<Usage> {
        processes::usage(self.pid(number))
    }

    /// The daemon itself, for its admin listener.
    #[must_use]
    pub fn daemon(&self, number: usize) -> &RunningDaemon {
        &self.processes[number].running
    }

    fn launch(&self, url: &str) -> Result<RunningDaemon, KitError> {
        let own = [("DG__DATABASE__URL", url), ("DG__DATABASE__ROLE", "dg_projectord")];
        let all = self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        RunningDaemon::start(daemon(PROGRAM)?, &own.into_iter().chain(all).collect::<Vec<_>>())
    }
}

impl Drop for Projectors {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        use std::io::Write;
        for (number, process) in self.processes.iter().enumerate() {
            let log = process.running.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(25)..].join("\n");
            let _ = writeln!(std::io::stderr(), "--- end of the log of {PROGRAM} {number} ---\n{tail}");
        }
    }
}
