//! What the daemon tells the service manager, systemd or dg-supervisor alike.
//!
//! All calls do nothing when nobody listens. A lost message is never worth failing for, so it is logged and forgotten.

use std::time::{Duration, Instant};

use crate::os;

/// The first real work can be done. `status` is a short phrase for people, such as "projecting".
pub fn ready(status: &str) {
    tell(&["READY=1", &format!("STATUS={}", one_line(status))]);
}

/// The daemon has begun to stop.
pub fn stopping() {
    tell(&["STOPPING=1"]);
}

/// What the daemon is doing, for `systemctl status`.
pub fn status(status: &str) {
    tell(&[&format!("STATUS={}", one_line(status))]);
}

/// The watchdog: proof that the loop that does the work still turns.
///
/// Give it to that loop, call [`beat`](Self::beat) on each turn, and wait no longer than [`interval`](Self::interval) for
/// work. It costs nothing when no watchdog is configured.
#[derive(Debug)]
pub struct Pulse {
    every: Option<Duration>,
    last: Option<Instant>,
}

impl Pulse {
    /// The watchdog the service manager asked for, if it did.
    #[must_use]
    pub fn from_env() -> Self {
        Self { every: os::notify::watchdog().map(|timeout| timeout / 3), last: None }
    }

    /// How often a ping is due: a third of the time-out. `None` without a watchdog.
    #[must_use]
    pub fn interval(&self) -> Option<Duration> {
        self.every
    }

    /// Sends a ping when one is due.
    pub fn beat(&mut self) {
        let Some(every) = self.every else { return };
        if self.last.is_none_or(|last| last.elapsed() >= every / 2) {
            self.last = Some(Instant::now());
            tell(&["WATCHDOG=1"]);
        }
    }
}

fn tell(lines: &[&str]) {
    if let Err(error) = os::notify::send(lines) {
        tracing::debug!(%error, "the service manager did not take a message");
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}
