//! TERM, INT and HUP.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

pub(crate) fn cancel_on_stop(stop: CancellationToken) -> io::Result<()> {
    let asked = Arc::new(AtomicBool::new(false));
    for number in [SIGTERM, SIGINT] {
        // The order matters: the first signal finds the flag down and raises it, the second finds it up and exits.
        signal_hook::flag::register_conditional_shutdown(number, i32::from(Exit::Retry.code()), Arc::clone(&asked))?;
        signal_hook::flag::register(number, Arc::clone(&asked))?;
    }
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        let name = tokio::select! { _ = term.recv() => "TERM", _ = interrupt.recv() => "INT" };
        tracing::info!(signal = name, "stopping");
        stop.cancel();
    });
    Ok(())
}

pub(crate) fn count_reloads(counter: watch::Sender<u64>) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            counter.send_modify(|count| *count += 1);
        }
    });
    Ok(())
}
