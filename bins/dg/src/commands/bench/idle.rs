//! `idle`: many tenants and no traffic, what that costs, and how soon a new tenant is noticed.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use super::{
    Plan,
    figures::{Figures, Times, round},
    fill,
    http::{Connection, accept},
    load::{EVENTS_PER_TRACE, Lengths, Share},
    processes::Sample,
    scratch::{PROJECTOR, Suite, tenant_id},
};
use crate::failure::{Exit, Failure};

/// New tenants whose first event is timed.
const NEWCOMERS: usize = 10;
/// What the projector may cost, and how soon it has to notice.
const TARGET_CPU_PERCENT: f64 = 2.0;
const TARGET_RSS_BYTES: u64 = 100 * 1_000_000;
const TARGET_PICKUP_MS: f64 = 2_000.0;
/// So long everything may take to be projected.
const DEADLINE: Duration = Duration::from_secs(120);

pub(super) async fn run(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Figures, Failure> {
    let tenants = plan.tenants;
    settle(suite, plan, notes).await?;
    writeln!(notes, "idle: {tenants} tenants are projected; nothing happens for {} s …", plan.rest.as_secs())?;
    tokio::time::sleep(plan.rest).await;
    writeln!(notes, "idle: measuring for {} s …", plan.lasting.as_secs())?;
    let (before, started) = (suite.processes()?, Instant::now());
    tokio::time::sleep(plan.lasting).await;
    let (after, spent) = (suite.processes()?, started.elapsed());
    writeln!(notes, "idle: new tenants arrive …")?;
    let pickups = pickups(suite, plan).await?;
    let cpu_percent = percent_of_core(&before, &after, PROJECTOR, spent);
    let projector = after.of(PROJECTOR);
    let met = cpu_percent < TARGET_CPU_PERCENT
        && projector.rss_bytes < TARGET_RSS_BYTES
        && pickups.max_ms() < TARGET_PICKUP_MS;
    Ok(Figures::default()
        .with("cpu_percent_of_core", cpu_percent)
        .with("events", tenants * EVENTS_PER_TRACE)
        .with("idle_processes", idle_costs(&before, &after, spent))
        .with("met", met)
        .with("pickup_max_ms", pickups.max_ms())
        .with("pickup_p50_ms", pickups.p50_ms())
        .with("pss_bytes", projector.pss_bytes)
        .with("rss_bytes", projector.rss_bytes)
        .with("seconds", plan.lasting.as_secs())
        .with("tenants", tenants)
        .with("timed", "first event sent to visible in all projections"))
}

/// Gives every tenant a decision, and waits until all are projected.
async fn settle(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<(), Failure> {
    writeln!(notes, "idle: making {} tenants with a decision each …", plan.tenants)?;
    let mut connection = Connection::open(suite, fill::TENANT).await?;
    for number in 0..plan.tenants {
        let tenant = format!("idle-{number:05}");
        suite.create_tenant(&tenant).await?;
        connection.turn_to(&tenant);
        for body in decision(number, EVENTS_PER_TRACE, plan).bodies(EVENTS_PER_TRACE) {
            let (status, answer) = connection.post("/api/v1/events:batch", body).await?;
            accept(status, &answer)?;
        }
    }
    let (store, deadline) = (suite.store()?, Instant::now() + DEADLINE);
    loop {
        let behind = store.tenants_behind().await?.len();
        if behind == 0 {
            return Ok(());
        }
        if Instant::now() > deadline {
            let message = format!("{behind} tenants are still not projected");
            return Err(Failure::new(Exit::Unavailable, "storage", message));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How long the first event of each new tenant takes to be in all projections.
async fn pickups(suite: &Suite, plan: &Plan) -> Result<Times, Failure> {
    let store = suite.store()?;
    let mut connection = Connection::open(suite, fill::TENANT).await?;
    let mut times = Vec::with_capacity(NEWCOMERS);
    for number in 0..NEWCOMERS {
        let tenant = format!("newcomer-{number:02}");
        suite.create_tenant(&tenant).await?;
        connection.turn_to(&tenant);
        for body in decision(number, 1, plan).bodies(1) {
            let sent = Instant::now();
            let (status, answer) = connection.post("/api/v1/events", body).await?;
            accept(status, &answer)?;
            fill::projected(&store, &tenant_id(&tenant)?).await?;
            times.push(sent.elapsed());
        }
    }
    Ok(Times::of(times))
}

fn decision(number: usize, events: usize, plan: &Plan) -> Share {
    Share { first_trace: number, events, lengths: Lengths::Short, payload_bytes: plan.payload_bytes }
}

/// What a process took of one core.
pub(super) fn percent_of_core(before: &Sample, after: &Sample, name: &str, spent: Duration) -> f64 {
    let cpu_seconds = after.of(name).cpu_seconds - before.of(name).cpu_seconds;
    round(cpu_seconds / spent.as_secs_f64() * 100.0, 2)
}

/// What every process took of one core, and its memory.
pub(super) fn idle_costs(before: &Sample, after: &Sample, spent: Duration) -> Value {
    let entries = after.all().map(|(name, usage)| {
        let cost = json!({
            "cpu_percent_of_core": percent_of_core(before, after, name, spent),
            "pss_bytes": usage.pss_bytes,
            "rss_bytes": usage.rss_bytes,
        });
        (name.to_owned(), cost)
    });
    Value::Object(entries.collect::<Map<_, _>>())
}
