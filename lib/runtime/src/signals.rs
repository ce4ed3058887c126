//! Turns signals into things tasks can wait for.

use std::io;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::os;

/// A token that TERM or INT cancels (Ctrl-C on Windows). A second one ends the process at once with 75, even when the
/// runtime is stuck.
///
/// # Errors
/// The handlers cannot be installed.
pub fn stop_token() -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    os::signals::cancel_on_stop(stop.clone())?;
    Ok(stop)
}

/// Counts the HUP signals received; each change asks to reload what can be reloaded. Never changes on Windows.
///
/// # Errors
/// The handler cannot be installed.
pub fn reload() -> io::Result<watch::Receiver<u64>> {
    let (sender, receiver) = watch::channel(0);
    os::signals::count_reloads(sender)?;
    Ok(receiver)
}
