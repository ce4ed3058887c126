//! Deadlines that pass: at a steady rate beside people's work, in an outage, and while dg-workflowd is killed.

use std::{
    collections::HashMap,
    io::Write,
    time::{Duration, Instant},
};

use dg_domain::Micros;
use dg_runtime::{CancellationToken, clock};
use dg_storage::{Store, bench::Escalation};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::task::{JoinError, JoinHandle};

use super::{
    asks::{self, TARGET_ACTION_P95_MS, TARGET_INBOX_P95_MS},
    load::{Asked, Deadlines, Stretch, seconds_us, tenant},
};
use crate::{
    commands::bench::{
        figures::{Times, millis},
        http::Connection,
        scratch::{REVIEWER, Suite},
    },
    failure::{Exit, Failure},
};

const TARGET_P99_MS: f64 = 1_000.0;
const KILLS: usize = 3;
/// How soon another dg-workflowd has to be there, and the last escalation in the log.
const RESTART: Duration = Duration::from_secs(60);
const LAST: Duration = Duration::from_secs(180);

/// What came of it.
pub(super) struct Fired {
    steady: Times,
    outage: Times,
    caught_up: Duration,
    kills: Times,
    queues: Times,
    actions: Times,
}

/// Watches the deadlines of `near`, the first of which passes at `first`.
pub(super) async fn run(
    suite: &Suite,
    deadlines: Deadlines,
    first: Micros,
    near: &[Asked],
    (tenants, worked_on): (usize, &[Asked]),
    notes: &mut impl Write,
) -> Result<Fired, Failure> {
    let at = |stretch: Stretch| Micros::new(first.get() + deadlines.begin_us(stretch));
    let stop = CancellationToken::new();
    let queues = tokio::spawn(asks::queues_until(Connection::open(suite, &tenant(0)).await?, tenants, stop.clone()));
    let actions =
        tokio::spawn(asks::actions_until(Connection::open(suite, &tenant(0)).await?, worked_on.to_vec(), stop.clone()));
    writeln!(notes, "workflow: deadlines pass for {} s, beside people who work …", deadlines.steady_s)?;
    until(at(Stretch::Outage)).await;
    stop.cancel();
    let old = suite.pid_of(REVIEWER)?;
    suite.take_down(REVIEWER)?;
    let (queues, actions) = (joined(queues).await?, joined(actions).await?);
    writeln!(notes, "workflow: there is no dg-workflowd for {} s …", deadlines.outage_s)?;
    let over = Micros::new(at(Stretch::Outage).get() + seconds_us(deadlines.outage_s));
    until(over).await;
    let continued = clock::now();
    suite.let_up()?;
    another(suite, old).await?;
    until(at(Stretch::Kills)).await;
    writeln!(notes, "workflow: dg-workflowd is killed {KILLS} times …")?;
    let between = Duration::from_secs(deadlines.kills_s as u64) / 5;
    for _ in 0..KILLS {
        tokio::time::sleep(between).await;
        let old = suite.pid_of(REVIEWER)?;
        suite.signal(REVIEWER, Signal::SIGKILL)?;
        another(suite, old).await?;
    }
    until(Micros::new(at(Stretch::Kills).get() + seconds_us(deadlines.kills_s))).await;
    let found = all_escalated(&suite.store()?, near).await?;
    let mut late: HashMap<(&str, &str), &Escalation> = HashMap::with_capacity(found.len());
    late.extend(found.iter().map(|one| ((one.tenant.as_str(), one.workflow_id.as_str()), one)));
    let (mut times, mut last) = ([Vec::new(), Vec::new(), Vec::new()], continued);
    for (nth, asked) in near.iter().enumerate() {
        let (whose, id) = (tenant(asked.tenant), asked.workflow_id());
        let Some(one) = late.get(&(whose.as_str(), id.as_str())) else { continue };
        let stretch = deadlines.stretch(nth);
        times[stretch as usize].push(between_instants(one.due_at, one.recorded_at));
        if stretch == Stretch::Outage {
            last = last.max(one.recorded_at);
        }
    }
    let [steady, outage, kills] = times.map(Times::of);
    Ok(Fired { steady, outage, caught_up: between_instants(continued, last), kills, queues, actions })
}

/// Every escalation of the log, once each of `near` has one; exactly one.
async fn all_escalated(store: &Store, near: &[Asked]) -> Result<Vec<Escalation>, Failure> {
    let began = Instant::now();
    loop {
        let found = store.bench_escalations().await?;
        let mut counts: HashMap<(&str, &str), usize> = HashMap::with_capacity(found.len());
        for one in found.iter().filter(|one| one.level == 1) {
            *counts.entry((&one.tenant, &one.workflow_id)).or_default() += 1;
        }
        let of = |asked: &Asked| counts.get(&(tenant(asked.tenant).as_str(), asked.workflow_id().as_str())).copied();
        let missing = near.iter().filter(|asked| of(asked).is_none()).count();
        if let Some(twice) = near.iter().find(|asked| of(asked).is_some_and(|count| count > 1)) {
            let message = format!("{} was escalated more than once", twice.workflow_id());
            return Err(Failure::new(Exit::Software, "escalated_twice", message));
        }
        if found.len() > near.len() {
            let message = format!("{} deadlines passed, the log holds {} escalations", near.len(), found.len());
            return Err(Failure::new(Exit::Software, "escalated_twice", message));
        }
        if missing == 0 {
            return Ok(found);
        }
        if began.elapsed() > LAST {
            let message = format!("{missing} of {} items are still not escalated", near.len());
            return Err(Failure::new(Exit::Software, "escalations_missing", message));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Waits for a dg-workflowd that is not the old one.
pub(super) async fn another(suite: &Suite, old: Option<i32>) -> Result<(), Failure> {
    let began = Instant::now();
    while suite.pid_of(REVIEWER)?.is_none_or(|pid| Some(pid) == old) {
        if began.elapsed() > RESTART {
            return Err(Failure::new(Exit::Unavailable, "scratch_suite", "dg-workflowd was not started again"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

pub(super) async fn until(at: Micros) {
    tokio::time::sleep(between_instants(clock::now(), at)).await;
}

fn between_instants(from: Micros, to: Micros) -> Duration {
    Duration::from_micros(u64::try_from(to.get().saturating_sub(from.get())).unwrap_or_default())
}

async fn joined(task: JoinHandle<Result<Times, Failure>>) -> Result<Times, Failure> {
    task.await.map_err(|error: JoinError| Failure::new(Exit::Software, "internal_error", error.to_string()))?
}

impl Fired {
    pub(super) fn met(&self) -> bool {
        self.steady.p99_ms() < TARGET_P99_MS
            && self.queues.p95_ms() <= TARGET_INBOX_P95_MS
            && self.actions.p95_ms() <= TARGET_ACTION_P95_MS
    }

    /// A line for people.
    pub(super) fn line(&self) -> String {
        format!(
            "late by {:.0} ms (p50), {:.0} ms (p99) of {TARGET_P99_MS} ms; meanwhile queues {:.1} ms and actions {:.1} ms (p95); after the \
             outage all is done in {:.1} s; killed, late by {:.0} ms (p99)",
            self.steady.p50_ms(),
            self.steady.p99_ms(),
            self.queues.p95_ms(),
            self.actions.p95_ms(),
            self.caught_up.as_secs_f64(),
            self.kills.p99_ms()
        )
    }

    pub(super) fn figures(&self) -> Value {
        json!({
            "actions": asks::answered(&self.actions, TARGET_ACTION_P95_MS),
            "kills": {"count": KILLS, "escalations": late(&self.kills)},
            "outage": {"caught_up_ms": millis(self.caught_up), "escalations": late(&self.outage)},
            "queues": asks::answered(&self.queues, TARGET_INBOX_P95_MS),
            "steady": {"escalations": late(&self.steady), "met": self.steady.p99_ms() < TARGET_P99_MS, "target_p99_ms": TARGET_P99_MS},
        })
    }
}

fn late(times: &Times) -> Value {
    json!({
        "count": times.count(), "max_ms": times.max_ms(), "p50_ms": times.p50_ms(), "p95_ms": times.p95_ms(),
        "p99_ms": times.p99_ms(),
    })
}
