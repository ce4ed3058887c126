//! Sends a load over all connections at once, and waits for the projections to hold it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dg_domain::{LogSeq, TenantId};
use dg_projections::Projection;
use dg_storage::Store;
use futures_util::future::try_join_all;

use super::{
    Plan,
    figures::Times,
    http::{Connection, accept},
    load::{EVENTS_PER_TRACE, Lengths, Share},
    scratch::{Suite, tenant_id},
};
use crate::failure::{Exit, Failure};

/// The tenant that is filled and measured.
pub(super) const TENANT: &str = "bench";

/// A projector that has not moved for so long does not move.
const STANDSTILL: Duration = Duration::from_secs(60);

/// How long sending took, and each request.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) spent: Duration,
    pub(super) requests: Times,
}

/// Sends everything from all connections at once, each waiting for its answers, and checks that the log holds it. The
/// bodies are there before the first request, so that making them costs nothing of what is measured.
pub(super) async fn send(suite: &Suite, plan: &Plan) -> Result<Sent, Failure> {
    let shares: Vec<_> =
        shares(plan, Lengths::Short).map(|share| share.bodies(plan.batch).collect::<Vec<_>>()).collect();
    send_shares(suite, plan, shares).await
}

/// The same with some long decisions, each body made when it is sent: for a log that is only there to be read.
pub(super) async fn fill(suite: &Suite, plan: &Plan) -> Result<Sent, Failure> {
    send_shares(suite, plan, shares(plan, Lengths::Mixed).map(|share| share.bodies(plan.batch))).await
}

/// What each connection sends.
pub(super) fn shares(plan: &Plan, lengths: Lengths) -> impl Iterator<Item = Share> + use<> {
    let Plan { events, connections, payload_bytes, .. } = *plan;
    let (share, apart) = (events / connections, events / EVENTS_PER_TRACE + 1);
    (0..connections).map(move |at| {
        let events = if at == 0 { events - share * (connections - 1) } else { share };
        Share { first_trace: at * apart, events, lengths, payload_bytes }
    })
}

async fn send_shares<B>(suite: &Suite, plan: &Plan, shares: impl IntoIterator<Item = B>) -> Result<Sent, Failure>
where
    B: IntoIterator<Item = Bytes, IntoIter: Send> + Send + 'static,
{
    let mut work = Vec::with_capacity(plan.connections);
    for bodies in shares {
        work.push((Connection::open(suite, TENANT).await?, bodies));
    }
    let path = if plan.batch == 1 { "/api/v1/events" } else { "/api/v1/events:batch" };
    let started = Instant::now();
    let tasks = work.into_iter().map(|(connection, bodies)| tokio::spawn(send_all(connection, path, bodies)));
    let joined =
        try_join_all(tasks).await.map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
    let spent = started.elapsed();
    let times = joined.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    check_head(suite.store()?.head(&tenant_id(TENANT)?).await?, plan.events)?;
    Ok(Sent { spent, requests: Times::of(times) })
}

async fn send_all<B>(mut connection: Connection, path: &'static str, bodies: B) -> Result<Vec<Duration>, Failure>
where
    B: IntoIterator<Item = Bytes>,
{
    let mut times = Vec::new();
    for body in bodies {
        let started = Instant::now();
        let (status, answer) = connection.post(path, body).await?;
        times.push(started.elapsed());
        accept(status, &answer)?;
    }
    Ok(times)
}

/// Fails unless the log ends where it should.
pub(super) fn check_head(head: LogSeq, events: usize) -> Result<(), Failure> {
    if usize::try_from(head.get()).is_ok_and(|head| head == events) {
        return Ok(());
    }
    let message = format!("{events} events were acknowledged, the log holds {head}");
    Err(Failure::new(Exit::Software, "events_missing", message))
}

/// Waits until every projection holds the whole log; answers the times between two positions of the slowest one.
pub(super) async fn projected(store: &Store, tenant: &TenantId) -> Result<(LogSeq, Times), Failure> {
    let mut times = Vec::new();
    let (mut position, mut moved) = (LogSeq::START, Instant::now());
    loop {
        let cursors = store.cursors(tenant).await?;
        let applied =
            Projection::ALL.iter().map(|projection| cursors.of(*projection).applied).min().unwrap_or_default();
        if applied > position {
            times.push(moved.elapsed());
            (position, moved) = (applied, Instant::now());
        }
        if applied == cursors.head {
            return Ok((position, Times::of(times)));
        }
        if moved.elapsed() > STANDSTILL {
            return Err(Failure::new(Exit::Unavailable, "storage", "the projector has not moved for a minute"));
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
