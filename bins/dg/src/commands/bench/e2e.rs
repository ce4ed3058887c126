//! `e2e`: appends at a steady rate, one by one or in small batches, and how long until all projections hold each event.
//!
//! One follower hears what a waiting read hears, the projector's nudges, and reads the four cursors after each, with a look
//! every few milliseconds in between. So every event is timed and not a sample, and it costs the suite one statement per
//! projected batch; a read that waits per event would cost several. The times are at most a statement and a nudge too long.

use std::{
    io::Write,
    iter,
    time::{Duration, Instant},
};

use bytes::Bytes;
use dg_domain::TenantId;
use dg_projections::Projection;
use dg_runtime::CancellationToken;
use dg_storage::{Channel, Store, listener::Listener};
use futures_util::future::try_join_all;

use super::{
    Plan,
    figures::{Figures, Times},
    fill::{self, TENANT},
    http::{Connection, accept},
    load::{EVENTS_PER_TRACE, Lengths, Share},
    pace::Pace,
    scratch::{Suite, tenant_id},
};
use crate::failure::{Exit, Failure};

/// How often the cursors are read without a nudge.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Decisions are numbered from here, those of the warm-up from 0.
const BEHIND_WARM_UP: usize = 1_000_000;
/// What is asked of append to visible, in milliseconds.
const TARGET_P50_MS: u32 = 20;
const TARGET_P99_MS: u32 = 100;

/// An acknowledged request.
pub(super) struct Appended {
    /// The position of its last event: what a caller who waits for the whole request waits for.
    pub(super) log_seq: i64,
    pub(super) events: usize,
    /// When it was due.
    pub(super) sent: Instant,
    took: Duration,
}

/// What one connection sends, in order: so many events in each request, fewer in the last.
pub(super) struct Load {
    pub(super) events: usize,
    batch: usize,
    bodies: Vec<Bytes>,
}

/// All projections held everything up to a position.
struct Seen {
    log_seq: i64,
    at: Instant,
}

pub(super) async fn run(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Figures, Failure> {
    suite.create_tenant(TENANT).await?;
    let (store, tenant) = (suite.store()?, tenant_id(TENANT)?);
    let warm = Plan { events: EVENTS_PER_TRACE * plan.connections, batch: 1, ..*plan };
    fill::send(suite, &warm).await?;
    fill::projected(&store, &tenant).await?;
    let loads = loads(plan);
    let events: usize = loads.iter().map(|load| load.events).sum();
    writeln!(notes, "e2e: sending {events} events, {} per second …", plan.per_second)?;

    let stop = CancellationToken::new();
    let listener = Listener::start(suite.database(), &[Channel::Projection], stop.clone());
    let following = tokio::spawn(follow(store.clone(), tenant.clone(), listener, stop.clone()));
    let sent = append(suite, plan, loads).await;
    // Stopping the follower lets it look once more, when everything is there.
    let settled = fill::projected(&store, &tenant).await;
    stop.cancel();
    let seen = following.await.map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))??;
    let (appended, spent) = sent?;
    fill::check_head(settled?.0, warm.events + events)?;

    let appends = Times::of(appended.iter().map(|event| event.took).collect());
    let visible = Times::of(
        appended
            .iter()
            .filter_map(|one| Some(iter::repeat_n(visible_after(one, &seen)?, one.events)))
            .flatten()
            .collect(),
    );
    if visible.count() != events {
        let message = format!("{events} events were acknowledged, {} were seen in the projections", visible.count());
        return Err(Failure::new(Exit::Software, "events_missing", message));
    }
    let (p50_ms, p99_ms) = (visible.p50_ms(), visible.p99_ms());
    let met = p50_ms <= f64::from(TARGET_P50_MS) && p99_ms <= f64::from(TARGET_P99_MS);
    Ok(Figures::default()
        .rate(events, spent)
        .with("append_p50_ms", appends.p50_ms())
        .with("append_p99_ms", appends.p99_ms())
        .with("batch", plan.batch)
        .with("connections", plan.connections)
        .with("events", events)
        .with("met", met)
        .with("rate", plan.per_second)
        .with("target_p50_ms", TARGET_P50_MS)
        .with("target_p99_ms", TARGET_P99_MS)
        .with("timed", "append sent to visible in all projections")
        .with("visible_max_ms", visible.max_ms())
        .with("visible_p50_ms", p50_ms)
        .with("visible_p99_ms", p99_ms))
}

/// What each connection sends: decisions of its own, so that their events stay in order.
pub(super) fn loads(plan: &Plan) -> Vec<Load> {
    let seconds = usize::try_from(plan.lasting.as_secs()).unwrap_or(usize::MAX);
    let events = (seconds * plan.per_second as usize).div_ceil(plan.connections);
    let first_trace = |at: usize| BEHIND_WARM_UP + at * (events / EVENTS_PER_TRACE + 1);
    (0..plan.connections)
        .map(|at| Share {
            first_trace: first_trace(at),
            events,
            lengths: Lengths::Staggered(at % EVENTS_PER_TRACE),
            payload_bytes: plan.payload_bytes,
        })
        .map(|share| Load { events, batch: plan.batch, bodies: share.bodies(plan.batch).collect() })
        .collect()
}

/// Sends every event when it is due; answers what was acknowledged and how long all of it took.
pub(super) async fn append(suite: &Suite, plan: &Plan, loads: Vec<Load>) -> Result<(Vec<Appended>, Duration), Failure> {
    let mut work = Vec::with_capacity(loads.len());
    for load in loads {
        work.push((Connection::open(suite, TENANT).await?, load));
    }
    let pace = Pace::start(plan.per_second);
    let connections = work.len();
    let tasks = work
        .into_iter()
        .enumerate()
        .map(|(at, (connection, load))| tokio::spawn(append_some(connection, pace, (at..).step_by(connections), load)));
    let joined =
        try_join_all(tasks).await.map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
    let spent = pace.elapsed();
    let appended: Vec<Vec<Appended>> = joined.into_iter().collect::<Result<_, _>>()?;
    Ok((appended.into_iter().flatten().collect(), spent))
}

async fn append_some(
    mut connection: Connection,
    pace: Pace,
    numbers: impl Iterator<Item = usize> + Send,
    load: Load,
) -> Result<Vec<Appended>, Failure> {
    // A batch says where its last event is, a single append where the event is.
    let (path, name) = if load.batch == 1 {
        ("/api/v1/events", "\"log_seq\":")
    } else {
        ("/api/v1/events:batch", "\"last_log_seq\":")
    };
    let mut appended = Vec::with_capacity(load.bodies.len());
    let mut left = load.events;
    for (number, body) in numbers.zip(load.bodies) {
        let events = left.min(load.batch);
        left -= events;
        let sent = pace.due((number * load.batch) as u64).await;
        let (status, answer) = connection.post(path, body).await?;
        let took = sent.elapsed();
        accept(status, &answer)?;
        appended.push(Appended { log_seq: position(&answer, name)?, events, sent, took });
    }
    Ok(appended)
}

/// The position that an answer tells under `name`.
fn position(answer: &[u8], name: &str) -> Result<i64, Failure> {
    let text = std::str::from_utf8(answer).unwrap_or_default();
    let digits = text.split_once(name).map(|(_, rest)| rest.trim_start()).unwrap_or_default();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let missing = |_| Failure::new(Exit::Data, "unexpected_answer", format!("no {name} in {text}"));
    digits[..end].parse().map_err(missing)
}

/// Notes each position that all projections have reached, until `stop`, and once more then.
async fn follow(
    store: Store,
    tenant: TenantId,
    listener: Listener,
    stop: CancellationToken,
) -> Result<Vec<Seen>, Failure> {
    let mut nudges = listener.follow(&[Channel::Projection]).poll_every(LOOK_EVERY);
    let mut seen: Vec<Seen> = Vec::new();
    loop {
        let last = stop.is_cancelled();
        let cursors = store.cursors(&tenant).await?;
        let applied = Projection::ALL.iter().map(|one| cursors.of(*one).applied.get()).min().unwrap_or_default();
        if seen.last().is_none_or(|before| before.log_seq < applied) {
            seen.push(Seen { log_seq: applied, at: Instant::now() });
        }
        if last {
            return Ok(seen);
        }
        tokio::select! {
            () = stop.cancelled() => {}
            _ = nudges.changed() => {}
        }
    }
}

fn visible_after(request: &Appended, seen: &[Seen]) -> Option<Duration> {
    let first = seen.partition_point(|seen| seen.log_seq < request.log_seq);
    Some(seen.get(first)?.at.saturating_duration_since(request.sent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_position_is_read_from_the_answer() {
        let name = "\"log_seq\":";
        assert_eq!(position(br#"{"data":{"event":{"log_seq":4711,"x":1}}}"#, name).unwrap(), 4711);
        assert!(position(b"{}", name).is_err());
    }

    #[test]
    fn an_event_is_visible_with_the_first_position_behind_it() {
        let sent = Instant::now();
        let seen = [(3, 10), (7, 20)].map(|(log_seq, after)| Seen { log_seq, at: sent + Duration::from_millis(after) });
        let after = |log_seq| visible_after(&Appended { log_seq, events: 1, sent, took: Duration::ZERO }, &seen);
        assert_eq!(after(3), Some(Duration::from_millis(10)));
        assert_eq!(after(4), Some(Duration::from_millis(20)));
        assert_eq!(after(8), None);
    }
}
