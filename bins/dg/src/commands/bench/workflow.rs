//! `workflow`: many open items of many tenants, and what their deadlines, queues and actions take.
//!
//! Items come to be as they always do: requests are appended, and dg-workflowd folds them. Deadlines are where they are wanted
//! because requests say that they were recorded hours ago.

mod asks;
mod firing;
mod load;

use std::{
    io::Write,
    time::{Duration, Instant},
};

use dg_domain::Micros;
use dg_runtime::clock;
use dg_storage::{Store, bench::RecordedAt};
use futures_util::{TryStreamExt, stream};
use serde_json::{Value, json};

use super::{
    Plan,
    figures::{Figures, per_second, round},
    idle::{idle_costs, percent_of_core},
    scratch::{DATABASE, REVIEWER, Suite, tenant_id},
};
use crate::failure::{Exit, Failure};
use load::{Asked, Deadlines};

/// Who asks.
const AGENT: &str = "bench-agent";
/// Tenants that are filled at the same time, items that are asked for at one moment, and such moments per transaction.
const FILLED_AT_ONCE: usize = 2;
const ITEMS_AT_ONCE: usize = 250;
const RECORDS_AT_ONCE: usize = 10;
/// A dg-workflowd that has not moved for so long does not move.
const STANDSTILL: Duration = Duration::from_secs(120);
const TARGET_IDLE_PERCENT: f64 = 3.0;
/// Tenants whose items are compared with the log in the end.
const COMPARED: usize = 5;

pub(super) async fn run(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Figures, Failure> {
    let Plan { tenants, items, .. } = *plan;
    let deadlines = Deadlines::of(plan);
    let Some(far) = items.checked_sub(deadlines.count()).filter(|far| *far >= tenants) else {
        return Err(Failure::usage(format!("{} deadlines are too many for {items} items", deadlines.count())));
    };
    let store = suite.store()?;
    writeln!(notes, "workflow: making {tenants} tenants with {items} items …")?;
    for number in 0..tenants {
        suite.create_tenant(&load::tenant(number)).await?;
    }
    let began = Instant::now();
    let (at, far) = (clock::now(), load::far(tenants, far));
    fill(&store, far.iter().map(|items| items.chunks(ITEMS_AT_ONCE).map(|some| load::now(some, at)).collect())).await?;
    settled(&store).await?;
    let folded = began.elapsed();
    writeln!(
        notes,
        "workflow: filled and folded in {:.0} s; calm at {:.0} % of a core",
        folded.as_secs_f64(),
        suite.calm().await? * 100.0
    )?;
    let idle = idle(suite, plan, notes).await?;

    let lead = folded.mul_f64(0.5)
        + Duration::from_millis(50) * u32::try_from(tenants).unwrap_or(u32::MAX)
        + Duration::from_secs(10);
    let first = Micros::new(clock::now().get() + i64::try_from(lead.as_micros()).unwrap_or(i64::MAX));
    let near = load::near(tenants, items, deadlines);
    writeln!(notes, "workflow: {} items that are due soon …", near.len())?;
    let mut of_tenants: Vec<Vec<RecordedAt>> = vec![Vec::new(); tenants];
    for (nth, asked) in near.iter().enumerate() {
        of_tenants[asked.tenant].push(load::due_at(*asked, Micros::new(first.get() + deadlines.offset_us(nth))));
    }
    fill(&store, of_tenants).await?;
    settled(&store).await?;
    if clock::now() >= first {
        return Err(Failure::new(
            Exit::Unavailable,
            "too_slow",
            "the first deadline had passed before everything was filled",
        ));
    }
    // One item of each tenant after another.
    let deepest = far.iter().map(Vec::len).max().unwrap_or_default();
    let worked_on: Vec<Asked> =
        (0..deepest).flat_map(|nth| far.iter().filter_map(move |items| items.get(nth))).copied().collect();
    let (beside, alone) = worked_on.split_at(worked_on.len() / 2);
    firing::until(first).await;
    let fired = firing::run(suite, deadlines, first, &near, (tenants, beside), notes).await?;
    writeln!(notes, "workflow: {}", fired.line())?;
    settled(&store).await?;
    writeln!(notes, "workflow: calm at {:.0} % of a core", suite.calm().await? * 100.0)?;
    let queues = asks::queues(suite, tenants).await?;
    let actions = asks::actions(suite, alone).await?;
    for line in queues.lines().chain(actions.lines()) {
        writeln!(notes, "workflow: {line}")?;
    }
    compared(&store, tenants).await?;
    let met = fired.met() && queues.met() && actions.met() && idle["met"] == true;
    Ok(Figures::default()
        .with("actions", actions.figures())
        .with("events", 2 * items)
        .with("firing", fired.figures())
        .with("folded_items_per_second", round(per_second(items - near.len(), folded), 0))
        .with("idle", idle)
        .with("items", items)
        .with("met", met)
        .with("queues", queues.figures())
        .with("rate", plan.per_second)
        .with("seconds", plan.lasting.as_secs())
        .with("tenants", tenants)
        .with(
            "timed",
            "deadline to the time that the escalation's event was recorded; queues and actions at the client",
        ))
}

async fn fill(store: &Store, of_tenants: impl IntoIterator<Item = Vec<RecordedAt>>) -> Result<(), Failure> {
    stream::iter(of_tenants.into_iter().enumerate().map(Ok))
        .try_for_each_concurrent(FILLED_AT_ONCE, |(number, recorded)| async move {
            let tenant = tenant_id(&load::tenant(number))?;
            for some in recorded.chunks(RECORDS_AT_ONCE) {
                store.bench_record(&tenant, some, AGENT).await?;
            }
            Ok(())
        })
        .await
}

/// Waits until nobody's items are behind the log and no timer is late.
async fn settled(store: &Store) -> Result<(), Failure> {
    let (mut left, mut moved) = (usize::MAX, Instant::now());
    loop {
        let standing = store.workflow_standing().await?;
        let busy = standing.iter().filter(|one| {
            one.applied < one.head || one.unverified || one.next_timer_at.is_some_and(|at| at <= one.now)
        });
        let now = busy.count();
        if now == 0 {
            return Ok(());
        }
        if now != left {
            (left, moved) = (now, Instant::now());
        }
        if moved.elapsed() > STANDSTILL {
            let message = format!("the items of {now} tenants do not follow their logs");
            return Err(Failure::new(Exit::Unavailable, "storage", message));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// What waiting costs: dg-workflowd's own share of a core, and what PostgreSQL does less when there is none.
async fn idle(suite: &Suite, plan: &Plan, notes: &mut impl Write) -> Result<Value, Failure> {
    writeln!(notes, "workflow: nothing is due; measuring for twice {} s …", plan.lasting.as_secs())?;
    let (before, started) = (suite.processes()?, Instant::now());
    tokio::time::sleep(plan.lasting).await;
    let (after, spent) = (suite.processes()?, started.elapsed());
    let old = suite.pid_of(REVIEWER)?;
    suite.take_down(REVIEWER)?;
    let (without, stopped) = (suite.processes()?, Instant::now());
    tokio::time::sleep(plan.lasting).await;
    let (end, apart) = (suite.processes()?, stopped.elapsed());
    suite.let_up()?;
    firing::another(suite, old).await?;
    let percent = percent_of_core(&before, &after, REVIEWER, spent);
    let database = percent_of_core(&before, &after, DATABASE, spent);
    let database_without = percent_of_core(&without, &end, DATABASE, apart);
    let reviewer = after.of(REVIEWER);
    writeln!(
        notes,
        "workflow: idle, dg-workflowd takes {percent} % of a core and {} MB; PostgreSQL {database} %, without it {database_without} %",
        reviewer.rss_bytes / 1_000_000
    )?;
    Ok(json!({
        "cpu_percent_of_core": percent,
        "database_percent_of_core": database,
        "database_percent_without": database_without,
        "met": percent < TARGET_IDLE_PERCENT,
        "processes": idle_costs(&before, &after, spent),
        "pss_bytes": reviewer.pss_bytes,
        "rss_bytes": reviewer.rss_bytes,
        "target_percent": TARGET_IDLE_PERCENT,
    }))
}

/// Fails unless the items of some tenants are what their log says.
async fn compared(store: &Store, tenants: usize) -> Result<(), Failure> {
    for number in (0..tenants).step_by(tenants.div_ceil(COMPARED)) {
        let found = store.workflow_verify(&tenant_id(&load::tenant(number))?).await?;
        if !found.is_equal() || found.set_aside > 0 {
            let message = format!("the items of {} are not what its log says", load::tenant(number));
            return Err(Failure::new(Exit::Software, "digest_mismatch", message));
        }
    }
    Ok(())
}
