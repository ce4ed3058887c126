//! Reads that are sent to a filled suite: one by one, or as a steady load beside something else.

mod kinds;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use dg_runtime::CancellationToken;
use tokio::task::JoinSet;

pub(super) use kinds::{Corpus, Kind};

use super::{
    figures::Times,
    fill::TENANT,
    http::{Answer, Connection, contains},
    pace::Pace,
    scratch::Suite,
};
use crate::failure::{Exit, Failure};

/// Connections of a steady load. Enough that a slow answer holds up no other.
const CONNECTIONS: usize = 16;
/// Asked of each kind before anything counts.
const WARM_UP: usize = 20;

/// Asks one kind again and again on one connection, for so long and at least a few times. Answers the times at the client and
/// those at the service.
pub(super) async fn one_by_one(suite: &Suite, kind: &Kind, lasting: Duration) -> Result<(Times, Times), Failure> {
    let mut connection = Connection::open(suite, TENANT).await?;
    let (mut times, mut at_server) = (Vec::new(), Vec::new());
    let mut started = Instant::now();
    for number in 0.. {
        if number == WARM_UP {
            times.clear();
            at_server.clear();
            started = Instant::now();
        }
        if number > WARM_UP && started.elapsed() >= lasting {
            break;
        }
        let answer = ask(&mut connection, kind, number).await?;
        times.push(answer.took);
        at_server.extend(answer.at_server);
    }
    Ok((Times::of(times), Times::of(at_server)))
}

async fn ask(connection: &mut Connection, kind: &Kind, number: usize) -> Result<Answer, Failure> {
    let path = kind.path(number);
    let answer = connection.get_timed(path).await?;
    let (status, body) = (answer.status, &answer.body);
    if status.is_success() && contains(body, kind.proof().as_bytes()) {
        return Ok(answer);
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
    Err(Failure::new(Exit::Data, "unexpected_answer", format!("{path} was answered with {status}: {text}")))
}

/// A steady load of reads, all kinds in turn.
pub(super) struct SteadyLoad {
    stop: CancellationToken,
    readers: JoinSet<Answered>,
}

/// What came of a steady load.
#[derive(Debug, Default)]
pub(super) struct Answered {
    times: Vec<Duration>,
    /// Answers that were no success, or not what was asked for, and connections that broke.
    pub(super) failed: usize,
    /// What the first of them said.
    pub(super) first_failure: Option<String>,
}

impl Answered {
    pub(super) fn times(&self) -> Times {
        Times::of(self.times.clone())
    }
}

impl SteadyLoad {
    pub(super) async fn start(suite: &Suite, kinds: &Arc<[Kind]>, per_second: u32) -> Result<Self, Failure> {
        let (stop, next) = (CancellationToken::new(), Arc::new(AtomicU64::new(0)));
        let mut readers = JoinSet::new();
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(suite, TENANT).await?);
        }
        let pace = Pace::start(per_second);
        for connection in connections {
            readers.spawn(read(connection, Arc::clone(kinds), pace, Arc::clone(&next), stop.clone()));
        }
        Ok(Self { stop, readers })
    }

    /// Lets the reads under way end.
    pub(super) async fn stop(mut self) -> Result<Answered, Failure> {
        self.stop.cancel();
        let mut all = Answered::default();
        while let Some(ended) = self.readers.join_next().await {
            let one = ended.map_err(|error| Failure::new(Exit::Software, "internal_error", error.to_string()))?;
            all.times.extend(one.times);
            all.failed += one.failed;
            all.first_failure = all.first_failure.or(one.first_failure);
        }
        Ok(all)
    }
}

/// One connection of a steady load: takes the next read, waits until it is due, asks.
async fn read(
    mut connection: Connection,
    kinds: Arc<[Kind]>,
    pace: Pace,
    next: Arc<AtomicU64>,
    stop: CancellationToken,
) -> Answered {
    let mut answered = Answered::default();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let due = tokio::select! {
            biased;
            () = stop.cancelled() => return answered,
            due = pace.due(number) => due,
        };
        let number = usize::try_from(number).unwrap_or(0);
        let asked = ask(&mut connection, &kinds[number % kinds.len()], number / kinds.len()).await;
        answered.times.push(due.elapsed());
        let Err(failure) = asked else { continue };
        answered.failed += 1;
        answered.first_failure.get_or_insert_with(|| failure.message().to_owned());
        if failure.exit() == Exit::Unavailable && connection.reopen().await.is_err() {
            return answered;
        }
    }
}
