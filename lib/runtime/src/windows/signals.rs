//! Ctrl-C and the service manager's stop, which arrives as one.

use std::io;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

pub(crate) fn cancel_on_stop(stop: CancellationToken) -> io::Result<()> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        interrupt.recv().await;
        stop.cancel();
        interrupt.recv().await;
        std::process::exit(i32::from(Exit::Retry.code()));
    });
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "the Unix room can fail here")]
pub(crate) fn count_reloads(counter: watch::Sender<u64>) -> io::Result<()> {
    // Nothing signals a reload; the channel stays open so that waiters wait.
    tokio::spawn(async move { counter.closed().await });
    Ok(())
}
