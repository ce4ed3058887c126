//! Speaks the sd_notify protocol.

use std::io;
use std::time::Duration;

use sd_notify::NotifyState;

pub(crate) fn send(lines: &[&str]) -> io::Result<()> {
    let states: Vec<NotifyState<'_>> = lines.iter().map(|line| NotifyState::Custom(line)).collect();
    sd_notify::notify(&states)
}

pub(crate) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}
