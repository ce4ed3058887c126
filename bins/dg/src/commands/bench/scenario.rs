//! What is done to the scratch suite, and how long it took.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use bytes::Bytes;
use dg_domain::{LogSeq, TenantId};
use dg_projections::Projection;
use dg_storage::{DatabaseConfig, Store};
use futures_util::future::try_join_all;
use hyper::StatusCode;

use super::{
    Plan,
    http::Connection,
    load::{self, EVENTS_PER_TRACE},
    scratch::Suite,
};
use crate::failure::{Exit, Failure};

const TENANT: &str = "bench";

/// What came out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) events_per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    /// What the two times belong to.
    pub(super) timed: &'static str,
}

/// Sends everything from all connections at once, each waiting for its answers.
pub(super) async fn append(suite: &Suite, plan: &Plan) -> Result<Measured, Failure> {
    suite.create_tenant(TENANT).await?;
    let (spent, times) = send(suite, plan).await?;
    Ok(Measured { timed: "request", ..figures(plan.events, spent, times) })
}

/// Fills the log while the projector is stopped, then lets it run and watches its cursors.
pub(super) async fn catch_up(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Measured, Failure> {
    suite.create_tenant(TENANT).await?;
    suite.pause_projector()?;
    let sent = send(suite, plan).await;
    let started = Instant::now();
    suite.resume_projector()?;
    sent?;
    writeln!(notes, "catch-up: the log is filled; the projector runs …")?;
    let store = Store::open(&DatabaseConfig::new(suite.database_url()))?;
    let tenant =
        TenantId::new(TENANT).map_err(|error| Failure::new(Exit::Software, "internal_error", error.message))?;
    let mut times = Vec::new();
    let (mut position, mut moved) = (LogSeq::START, started);
    loop {
        let cursors = store.cursors(&tenant).await?;
        let applied =
            Projection::ALL.iter().map(|projection| cursors.of(*projection).applied).min().unwrap_or_default();
        if applied > position {
            times.push(moved.elapsed());
            (position, moved) = (applied, Instant::now());
        }
        if applied == cursors.head {
            break;
        }
        if moved.elapsed() > Duration::from_secs(60) {
            return Err(Failure::new(Exit::Unavailable, "storage", "the projector has not moved for a minute"));
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let spent = started.elapsed();
    check_head(position, plan.events)?;
    Ok(Measured { timed: "projected batch", ..figures(plan.events, spent, times) })
}

async fn send(suite: &Suite, plan: &Plan) -> Result<(Duration, Vec<Duration>), Failure> {
    let share = plan.events / plan.connections;
    let mut work = Vec::with_capacity(plan.connections);
    for at in 0..plan.connections {
        let events = if at == 0 { plan.events - share * (plan.connections - 1) } else { share };
        let first_trace = at * (plan.events / EVENTS_PER_TRACE + 1);
        let bodies = load::bodies(first_trace, events, plan.batch, plan.payload_bytes);
        work.push((Connection::open(suite, TENANT).await?, bodies));
    }
    let path = if plan.batch == 1 { "/api/v1/events" } else { "/api/v1/events:batch" };
    let started = Instant::now();
    let tasks = work.into_iter().map(|(connection, bodies)| tokio::spawn(send_all(connection, path, bodies)));
    let joined =
        try_join_all(tasks).await.map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
    let spent = started.elapsed();
    let times = joined.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    let store = Store::open(&DatabaseConfig::new(suite.database_url()))?;
    let tenant =
        TenantId::new(TENANT).map_err(|error| Failure::new(Exit::Software, "internal_error", error.message))?;
    check_head(store.head(&tenant).await?, plan.events)?;
    Ok((spent, times))
}

async fn send_all(
    mut connection: Connection,
    path: &'static str,
    bodies: Vec<Bytes>,
) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::with_capacity(bodies.len());
    for body in bodies {
        let started = Instant::now();
        let (status, answer) = connection.post(path, body).await?;
        times.push(started.elapsed());
        let refused = !matches!(status, StatusCode::OK | StatusCode::CREATED) || contains(&answer, b"\"rejected\",");
        if refused {
            let text = String::from_utf8_lossy(&answer[..answer.len().min(400)]).into_owned();
            return Err(Failure::new(
                Exit::Data,
                "unexpected_answer",
                format!("the scratch suite answered {status}: {text}"),
            ));
        }
    }
    Ok(times)
}

fn contains(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}

fn check_head(head: LogSeq, events: usize) -> Result<(), Failure> {
    if usize::try_from(head.get()).is_ok_and(|head| head == events) {
        return Ok(());
    }
    let message = format!("{events} events were acknowledged, the log holds {head}");
    Err(Failure::new(Exit::Software, "events_missing", message))
}

fn figures(events: usize, spent: Duration, mut times: Vec<Duration>) -> Measured {
    times.sort_unstable();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list of measured times"
        )]
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, Duration::as_secs_f64) * 1000.0
    };
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
    let events = events as f64;
    Measured {
        events_per_second: events / spent.as_secs_f64().max(f64::EPSILON),
        p50_ms: at(0.50),
        p99_ms: at(0.99),
        timed: "request",
    }
}
