//! Follows what the supervisor says and tells a person what changes.

use std::{
    io::Write,
    process::ExitStatus,
    time::{Duration, Instant},
};

use dg_runtime::{CancellationToken, backoff::Backoff};

use super::{
    layout::Layout,
    status::{Child, Status},
    supervisor::how,
};
use crate::failure::{Exit, Failure};

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A supervisor that lived this long had a chance.
const LONG_LIFE: Duration = Duration::from_secs(30);

/// How much of a log is shown when something does not start.
const LINES: usize = 15;

/// The supervisor's words so far.
pub(super) struct Watch {
    layout: Layout,
    log_files: bool,
    seen: Option<Status>,
    began: Instant,
    /// When the present supervisor was started.
    born: Instant,
    deaths: u32,
}

impl Watch {
    pub(super) fn new(layout: Layout, log_files: bool) -> Self {
        let now = Instant::now();
        Self { layout, log_files, seen: None, began: now, born: now, deaths: 0 }
    }

    /// The next status that differs from the one before; its news have been told.
    pub(super) async fn changed(&mut self) -> Status {
        loop {
            match Status::read(&self.layout) {
                Some(status) if self.seen.as_ref() != Some(&status) => {
                    for line in status.news(self.seen.as_ref()) {
                        self.say(&line);
                    }
                    self.seen = Some(status.clone());
                    return status;
                }
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// One line on standard error.
    pub(super) fn say(&self, line: &str) {
        let seconds = self.began.elapsed().as_secs_f32();
        // A closed standard error is no reason to end the suite.
        let _ = writeln!(anstream::stderr().lock(), "dg up {seconds:6.1} s  {line}");
    }

    /// A child that will not come up: what it said last, and what to do.
    pub(super) fn explain(&self, child: &Child) -> Failure {
        let last = child.last_exit.as_deref().unwrap_or("no exit code");
        let said = child.status.as_deref().map(|text| format!(", said: {text}")).unwrap_or_default();
        let message = format!("{} does not start: {last}{said}", child.name);
        let log = self.layout.log_of(&child.name);
        let failure = Failure::new(Exit::Config, "not_started", message);
        if child.name == "postgres" {
            return failure.advise(
                "if the server programs are missing, `apt-get install postgresql`, or set DATABASE_URL to a server you run",
            );
        }
        if !self.log_files {
            return failure.advise("its log above says why");
        }
        let text = std::fs::read(&log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        for line in &all[all.len().saturating_sub(LINES)..] {
            self.say(&format!("{}: {}", child.name, crate::output::printable(line)));
        }
        failure.advise(format!("the end of {} is above and says why", log.display()))
    }

    /// The supervisor ended although nobody asked, and took its children with it. Pauses before it is started again.
    ///
    /// # Errors
    /// When starting it again would end the same way.
    pub(super) async fn survive(&mut self, status: &ExitStatus, stop: &CancellationToken) -> Result<(), Failure> {
        let message = format!("the supervisor {}", how(status));
        if matches!(status.code(), Some(64 | 70 | 78)) {
            let log = self.layout.log_of("dg-supervisor");
            let advice =
                if self.log_files { format!("look into {}", log.display()) } else { "its log is above".to_owned() };
            return Err(Failure::new(Exit::Software, "supervisor_ended", message).advise(advice));
        }
        self.deaths = if self.born.elapsed() > LONG_LIFE { 1 } else { self.deaths + 1 };
        self.say(&format!("{message}; starting everything again"));
        self.seen = None;
        if self.deaths > 1 {
            // A stop meanwhile is noticed when the new one has been started.
            Backoff::NETWORK.pause(self.deaths, stop).await;
        }
        self.born = Instant::now();
        Ok(())
    }
}
