//! Filling a demo tenant.

use std::time::Duration;

use dg_client::{BatchMode, BatchResult, Client, Event, EventQuery, NewRun, WorkflowQuery};
use serde::Serialize;

use super::people::People;
use crate::{
    commands::replay::{follow::follow, queue},
    demo::{self, Large, Origin},
    failure::{Exit, Failure},
    output::Output,
};

/// What `--seed` is when it is not given.
pub(super) const SEED: u64 = 1;
/// Events per request; the service takes 1,000.
const BATCH: usize = 900;
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long the reviews may stay behind the log.
const PATIENCE: Duration = Duration::from_secs(120);

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) seed: Option<u64>,
    /// Seconds since 1970.
    pub(super) start: Option<i64>,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
pub(super) struct Seeded {
    /// Things that reviewers did.
    acts: usize,
    /// Events that are new.
    stored: usize,
    /// Events that were there.
    replayed: usize,
    /// Reviews that wait.
    open_items: Option<i64>,
    /// Whether projecting the log once more gave the same rows; only after filling.
    projections_equal: Option<bool>,
    seed: Option<u64>,
    /// When the history ends.
    start: Option<String>,
}

impl Seeded {
    pub(super) fn of_small(answer: &BatchResult) -> Self {
        Self { stored: answer.stored, replayed: answer.replayed, ..Self::default() }
    }

    pub(super) fn tell(&self, tenant: &str, out: &mut Output<'_>) -> Result<(), Failure> {
        if out.is_json() {
            return out.document(&serde_json::json!({"seeded": self, "tenant_id": tenant}));
        }
        if self.stored + self.acts == 0 {
            out.line(format!("{tenant} is filled already; nothing was changed."))?;
        } else {
            out.line(format!("{} events into {tenant}, {} things done with reviews.", self.stored, self.acts))?;
        }
        if let Some(open) = self.open_items {
            out.line(format!("{open} reviews wait: dg workflow list -t {tenant}"))?;
        }
        Ok(out.flush()?)
    }
}

/// Appends the small history, which is the same everywhere; what is there already stays.
///
/// # Errors
/// The service's, and `demo_rejected` when the tenant does not take it.
pub(crate) async fn small(client: &Client) -> Result<BatchResult, Failure> {
    let answer = client.append_ndjson(demo::SMALL.as_bytes().to_vec(), BatchMode::Independent).await?;
    match answer.results.iter().find_map(|result| result.error.as_ref()) {
        None => Ok(answer),
        Some(error) => Err(refused(format!("the demo was not taken: {} [{}]", error.message, error.code))
            .advise("`dg up --no-demo` starts without it")),
    }
}

/// Fills a tenant with the large history, unless it is filled already.
pub(super) async fn large(client: &Client, wanted: Wanted, out: &mut Output<'_>) -> Result<Seeded, Failure> {
    let origin = origin(client, wanted).await?;
    let history = demo::large(origin);
    let mut seeded = Seeded { seed: Some(origin.seed), start: Some(origin.start_text()), ..Seeded::default() };
    // The last trace comes when everything else is done: where it is, nothing is left to do.
    let (last, traces) = history.traces.split_last().ok_or_else(|| refused("the demo is empty"))?;
    if !is_there(client, last).await? {
        for batch in batches(traces) {
            append(client, &batch, &mut seeded).await?;
        }
        tell(out, &format!("{} events stored; waiting for the reviews ...", seeded.stored))?;
        wait_for_reviews(client, &history).await?;
        tell(out, "the reviewers are at work ...")?;
        seeded.acts = People::gather(client, origin.seed).await?.work(&history).await?;
        append(client, last, &mut seeded).await?;
        tell(out, "comparing the projections with the log ...")?;
        seeded.projections_equal = Some(compare(client).await?);
    }
    seeded.open_items = summary(client, "open_count").await?;
    Ok(seeded)
}

/// What the history is made from: what the log says of itself, or what was asked for.
async fn origin(client: &Client, wanted: Wanted) -> Result<Origin, Failure> {
    let page = client.events(&EventQuery { limit: Some(1), ..EventQuery::default() }).await?;
    let Some(first) = page.events.first() else {
        let now = dg_runtime::clock::now().get().div_euclid(1_000_000);
        return Ok(Origin { seed: wanted.seed.unwrap_or(SEED), start: wanted.start.unwrap_or(now) });
    };
    let origin = Origin::read(first).ok_or_else(|| {
        refused("the tenant has a history of its own").advise("give --tenant the name of one that is not there yet")
    })?;
    let same =
        wanted.seed.is_none_or(|seed| seed == origin.seed) && wanted.start.is_none_or(|start| start == origin.start);
    if same {
        return Ok(origin);
    }
    Err(refused("the tenant was filled with another --seed or --start")
        .note("seed", origin.seed)
        .note("start", origin.start_text())
        .advise("leave them out, or give --tenant another name"))
}

async fn is_there(client: &Client, trace: &[Event]) -> Result<bool, Failure> {
    let Some(event) = trace.last() else { return Ok(true) };
    match client.trace_events(&event.trace_id, None, Some(1_000)).await {
        Ok(page) => Ok(page.events.len() >= trace.len()),
        Err(error) if error.code == "not_found" => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whole traces together: in a demonstration the time of events counts, and what was decided long ago must never be seen as
/// waiting.
fn batches(traces: &[Vec<Event>]) -> Vec<Vec<&Event>> {
    let mut batches: Vec<Vec<&Event>> = vec![Vec::new()];
    for trace in traces {
        match batches.last_mut() {
            Some(batch) if batch.len() + trace.len() <= BATCH => batch.extend(trace),
            _ => batches.push(trace.iter().collect()),
        }
    }
    batches
}

async fn append(client: &Client, events: &[impl Serialize], seeded: &mut Seeded) -> Result<(), Failure> {
    let answer = client.append_batch(events, BatchMode::Atomic).await?;
    seeded.stored += answer.stored;
    seeded.replayed += answer.replayed;
    Ok(())
}

async fn wait_for_reviews(client: &Client, history: &Large) -> Result<(), Failure> {
    let all = i64::try_from(history.reviews).unwrap_or(i64::MAX);
    let looking = async {
        while summary(client, "total_count").await?.unwrap_or(0) < all {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok::<(), Failure>(())
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| {
        let message = format!("the reviews are behind the log for more than {} s", PATIENCE.as_secs());
        Err(Failure::new(Exit::Temporary, "not_ready", message)
            .advise("look whether dg-workflowd runs (`dg doctor`), then say `dg demo` again"))
    })
}

async fn summary(client: &Client, key: &str) -> Result<Option<i64>, Failure> {
    let page = client.workflows(&WorkflowQuery { limit: Some(1), ..WorkflowQuery::default() }).await?;
    Ok(page.summary.get(key).and_then(serde_json::Value::as_i64))
}

async fn compare(client: &Client) -> Result<bool, Failure> {
    let reason = "The demo was filled.".to_owned();
    let new = NewRun { projection: "all".to_owned(), mode: "verify".to_owned(), reason, until_log_seq: None };
    let run = follow(client, vec![queue(client, &new).await?]).await?.remove(0);
    Ok(run.result.get("equal").and_then(serde_json::Value::as_bool).unwrap_or(false))
}

fn tell(out: &mut Output<'_>, what: &str) -> Result<(), Failure> {
    if !out.is_json() {
        out.line(what)?;
        out.flush()?;
    }
    Ok(())
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::new(Exit::Data, "demo_rejected", message)
}
