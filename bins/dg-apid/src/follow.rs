//! Hears what other processes say: projections moved, accounts or tenants changed.

use std::time::Duration;

use dg_runtime::CancellationToken;
use dg_runtime::notify::Pulse;
use dg_storage::Channel;
use dg_storage::listener::{Listener, Wake};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::app::App;

/// How often the gauges are brought up to date, and the watchdog hears that requests can still be woken.
const OBSERVE: Duration = Duration::from_secs(1);

/// Who waits for what moves.
#[derive(Debug)]
pub(crate) struct Moved {
    /// Projections.
    pub(crate) projections: watch::Sender<u64>,
    /// Items of review.
    pub(crate) workflow: watch::Sender<u64>,
}

/// Passes nudges on to the requests that wait for them, until `stop`.
pub(crate) async fn run(app: App, listener: Listener, moved: Moved, stop: CancellationToken) {
    let mut projections = listener.follow(&[Channel::Projection]);
    let mut workflow = listener.follow(&[Channel::Workflow]);
    let mut pulse = Pulse::from_env();
    let observe = pulse.interval().map_or(OBSERVE, |interval| interval.min(OBSERVE));
    let mut settings = listener.follow(&[Channel::Config]);
    // A clock of its own: waiting for nudges begins anew with each turn, so its polls would never come in a busy log.
    let mut observe = tokio::time::interval(observe);
    observe.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pulse.beat();
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            _ = observe.tick() => app.metrics.observe(&app.stage, &app.store, &app.streams),
            wake = projections.changed() => if wake == Wake::Nudge {
                moved.projections.send_modify(|count| *count += 1);
            },
            wake = workflow.changed() => if wake == Wake::Nudge {
                moved.workflow.send_modify(|count| *count += 1);
            },
            wake = settings.changed() => if wake == Wake::Nudge {
                app.gate.forget();
            },
        }
    }
    listener.stopped().await;
}
