//! Going on with a demo until somebody has seen enough.

use std::time::Duration;

use dg_client::Client;
use serde::Serialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::seed::Seeded;
use crate::{demo::Live, failure::Failure, output::Output};

/// What was appended.
#[derive(Debug, Default, Serialize)]
pub(super) struct Appended {
    events: usize,
    /// Position of the last one.
    last_log_seq: Option<i64>,
    /// Traces that began.
    traces: usize,
}

/// Appends one event after the other until it is told to stop.
///
/// # Errors
/// The service's; what was appended until then is in the log.
pub(super) async fn go_on(
    client: &Client,
    seed: u64,
    interval: Duration,
    stop: &CancellationToken,
    out: &mut Output<'_>,
) -> Result<Appended, Failure> {
    let mut live = Live::new(seed, now());
    let mut done = Appended::default();
    while !stop.is_cancelled() {
        let event = live.next(now());
        // An event on its way is waited for, so that what is told is what is there.
        let stored = client.append(&event).await?.event;
        done.events += 1;
        done.last_log_seq = Some(stored.log_seq);
        done.traces += usize::from(stored.trace_seq == 0);
        if !out.is_json() {
            out.line(format!(
                "{:>8}  {}  {:<18}  {}",
                stored.log_seq, stored.occurred_at, stored.event_type, stored.trace_id
            ))?;
            out.flush()?;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(interval) => {}
        }
    }
    Ok(done)
}

/// Says what was appended.
///
/// # Errors
/// It cannot be written.
pub(super) fn tell(done: &Appended, seeded: &Seeded, tenant: &str, out: &mut Output<'_>) -> Result<(), Failure> {
    if out.is_json() {
        return out.document(&json!({"live": done, "seeded": seeded, "tenant_id": tenant}));
    }
    Ok(out.line(format!("Appended to {tenant}: {} events; traces begun: {}.", done.events, done.traces))?)
}

fn now() -> i64 {
    dg_runtime::clock::now().get().div_euclid(1_000_000)
}
