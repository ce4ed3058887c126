//! What people ask meanwhile: their queues, and what they do with items.

use std::time::Duration;

use bytes::Bytes;
use dg_runtime::CancellationToken;
use serde_json::{Map, Value, json};

use super::load::{Asked, tenant};
use crate::{
    commands::bench::{
        figures::Times,
        http::{Answer, Connection, accept},
        pace::Pace,
        scratch::Suite,
    },
    failure::Failure,
};

/// What is asked of either, in milliseconds.
pub(super) const TARGET_INBOX_P95_MS: f64 = 50.0;
pub(super) const TARGET_ACTION_P95_MS: f64 = 80.0;
/// Asked of each kind before anything counts, and then.
const WARM_UP: usize = 5;
const QUESTIONS: usize = 200;
/// Requests per second of each kind of asking beside something else.
const BESIDE_PER_SECOND: u32 = 20;
/// The kinds of queues: of any tenant in turn, or of the largest.
const QUEUES: [(&str, bool, &str); 6] = [
    ("queue", false, "/api/v1/workflows"),
    ("largest_queue", true, "/api/v1/workflows"),
    ("largest_page_after_page", true, "/api/v1/workflows?limit=50"),
    ("largest_of_my_roles", true, "/api/v1/workflows?assignee=my_roles"),
    ("largest_overdue", true, "/api/v1/workflows?only_overdue=true"),
    ("largest_buckets", true, "/api/v1/workflows/buckets"),
];
const ACTIONS: [&str; 3] = ["claim", "comment", "approve"];

/// Asks each kind of queue again and again, one question after another.
pub(super) async fn queues(suite: &Suite, tenants: usize) -> Result<Asking, Failure> {
    let mut connection = Connection::open(suite, &tenant(0)).await?;
    let mut kinds = Vec::new();
    for kind in &QUEUES {
        let (mut times, mut next) = (Vec::new(), None);
        for number in 0..WARM_UP + QUESTIONS {
            let answer = queue(&mut connection, kind, number, tenants, &mut next).await?;
            times.push(answer.took);
        }
        kinds.push((kind.0, Times::of(times.split_off(WARM_UP))));
    }
    Ok(Asking { kinds, target_p95_ms: TARGET_INBOX_P95_MS })
}

async fn queue(
    connection: &mut Connection,
    (_, largest, path): &(&str, bool, &str),
    number: usize,
    tenants: usize,
    next: &mut Option<String>,
) -> Result<Answer, Failure> {
    let whose = if *largest { 0 } else { number % tenants };
    connection.turn_to(&tenant(whose));
    let path = match next.take() {
        Some(cursor) => format!("{path}&cursor={cursor}"),
        None => (*path).to_owned(),
    };
    let answer = connection.get_timed(&path).await?;
    accept(answer.status, &answer.body)?;
    if path.contains("limit=") {
        let document: Value = serde_json::from_slice(&answer.body)?;
        *next = document["data"]["next_cursor"].as_str().map(str::to_owned);
    }
    Ok(answer)
}

/// Takes, comments and approves items, one after another.
pub(super) async fn actions(suite: &Suite, items: &[Asked]) -> Result<Asking, Failure> {
    let mut connection = Connection::open(suite, &tenant(0)).await?;
    let mut times: [Vec<Duration>; 3] = Default::default();
    for asked in items.iter().take(WARM_UP + QUESTIONS) {
        for (action, times) in ACTIONS.iter().zip(&mut times) {
            times.push(act(&mut connection, *asked, action).await?.took);
        }
    }
    let kinds = ACTIONS
        .iter()
        .zip(times)
        .map(|(name, mut times)| (*name, Times::of(times.split_off(WARM_UP.min(times.len())))));
    Ok(Asking { kinds: kinds.collect(), target_p95_ms: TARGET_ACTION_P95_MS })
}

async fn act(connection: &mut Connection, asked: Asked, action: &str) -> Result<Answer, Failure> {
    connection.turn_to(&tenant(asked.tenant));
    let body = match action {
        "comment" => json!({"action": action, "note": "asked the shop what was promised"}),
        "approve" => json!({"action": action, "reason": "the promise is on record"}),
        _ => json!({"action": action}),
    };
    let path = format!("/api/v1/workflows/{}/actions", asked.workflow_id().replace(':', "%3A"));
    let answer = connection.post_timed(&path, Bytes::from(body.to_string())).await?;
    accept(answer.status, &answer.body)?;
    Ok(answer)
}

/// Asks for queues at a steady rate until `stop`: any tenant's, then the largest's.
pub(super) async fn queues_until(
    mut connection: Connection,
    tenants: usize,
    stop: CancellationToken,
) -> Result<Times, Failure> {
    let (pace, mut times) = (Pace::start(BESIDE_PER_SECOND), Vec::new());
    for number in 0_usize.. {
        let due = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            due = pace.due(number as u64) => due,
        };
        queue(&mut connection, &QUEUES[number % 2], number, tenants, &mut None).await?;
        times.push(due.elapsed());
    }
    Ok(Times::of(times))
}

/// Does the same with items, until there are no more.
pub(super) async fn actions_until(
    mut connection: Connection,
    items: Vec<Asked>,
    stop: CancellationToken,
) -> Result<Times, Failure> {
    let (pace, mut times) = (Pace::start(BESIDE_PER_SECOND), Vec::new());
    let work = items.iter().flat_map(|asked| ACTIONS.map(|action| (*asked, action)));
    for (number, (asked, action)) in work.enumerate() {
        let due = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            due = pace.due(number as u64) => due,
        };
        act(&mut connection, asked, action).await?;
        times.push(due.elapsed());
    }
    Ok(Times::of(times))
}

/// What asking took, kind by kind.
pub(super) struct Asking {
    kinds: Vec<(&'static str, Times)>,
    target_p95_ms: f64,
}

impl Asking {
    pub(super) fn met(&self) -> bool {
        self.kinds.iter().all(|(_, times)| times.p95_ms() <= self.target_p95_ms)
    }

    pub(super) fn figures(&self) -> Value {
        let entries = self.kinds.iter().map(|(name, times)| ((*name).to_owned(), answered(times, self.target_p95_ms)));
        Value::Object(entries.collect::<Map<_, _>>())
    }

    /// Lines for people.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.kinds.iter().map(|(name, times)| {
            format!(
                "{name:<24} p50 {:>8.2} ms, p95 {:>8.2} ms of {} ms",
                times.p50_ms(),
                times.p95_ms(),
                self.target_p95_ms
            )
        })
    }
}

/// One kind's times.
pub(super) fn answered(times: &Times, target_p95_ms: f64) -> Value {
    json!({
        "count": times.count(), "met": times.p95_ms() <= target_p95_ms, "max_ms": times.max_ms(), "p50_ms": times.p50_ms(),
        "p95_ms": times.p95_ms(), "p99_ms": times.p99_ms(), "target_ms": target_p95_ms,
    })
}
