//! Sending what a spool holds, in order, from a task of its own.

use std::{
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::{sync::watch, task::JoinHandle};

use super::{LetterReason, Spool, SpoolError, Waiting};
use crate::{BatchMode, BatchResult, Client, ClientError, RecordError, RetryPolicy, retry};

const BATCH_EVENTS: usize = 500;
const BATCH_BYTES: usize = 4 << 20;

/// It never gives up: as long as events wait, it looks every five seconds at least.
const PAUSES: RetryPolicy = RetryPolicy {
    attempts: u32::MAX,
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_secs(5),
    budget: Duration::MAX,
};

/// Works a spool off until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Sender {
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
    last_log_seq: Arc<AtomicI64>,
}

impl Sender {
    /// Starts the task in the runtime that this is called in.
    pub(crate) fn start(spool: Spool, client: &Client) -> Self {
        let (stop, stopped) = watch::channel(false);
        let last_log_seq = Arc::new(AtomicI64::new(0));
        let worker =
            Worker { spool, client: client.retry(RetryPolicy::NEVER), last_log_seq: Arc::clone(&last_log_seq) };
        Self { stop, task: Mutex::new(Some(tokio::spawn(worker.run(stopped)))), last_log_seq }
    }

    /// The last position in the log of an event that this sender brought there.
    pub(crate) fn last_log_seq(&self) -> i64 {
        self.last_log_seq.load(Ordering::Acquire)
    }

    /// Ends the task. A request under way is waited for.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

struct Worker {
    spool: Spool,
    client: Client,
    last_log_seq: Arc<AtomicI64>,
}

impl Worker {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut failed = 0;
        let mut stopping = stopped.clone();
        while unless(&mut stopping, self.spool.wait(|state| !state.queue.waiting.is_empty())).await {
            match Box::pin(self.send_batch()).await {
                Ok(()) => {
                    failed = 0;
                    self.spool.tell(None);
                }
                Err(error) => {
                    failed += 1;
                    let said = (error.code().to_owned(), error.to_string());
                    if failed == 1 || self.spool.status().last_error.is_none_or(|before| before.0 != said.0) {
                        let path = self.spool.path().display();
                        tracing::warn!(code = said.0, "events wait in the spool {path}: {error}");
                    }
                    self.spool.tell(Some(said));
                    let pause = pause(failed, error.retry_after(), retry::random());
                    if !unless(&mut stopped, tokio::time::sleep(pause)).await {
                        return;
                    }
                }
            }
        }
    }

    /// Sends the oldest events as one transaction, without those that the service refuses, and acknowledges them.
    ///
    /// # Errors
    /// Nothing can be sent now. What was not acknowledged is still there.
    async fn send_batch(&self) -> Result<(), RecordError> {
        let mut batch = self.blocking(|spool| spool.peek(BATCH_EVENTS, BATCH_BYTES)).await?;
        loop {
            let going: Vec<&Waiting> = batch.iter().filter(|w| self.spool.refusal_before(w).is_none()).collect();
            let Some(&first) = going.first() else { break };
            let error =
                match self.client.append_bodies(going.iter().map(|waiting| &waiting.body[..]), BatchMode::Atomic).await
                {
                    Ok(result) => {
                        self.delivered(&result);
                        break;
                    }
                    Err(error) => error,
                };
            match verdict(&error, going.len()) {
                Verdict::Later => return Err(error.into()),
                Verdict::OneByOne => {
                    let first = first.position;
                    batch.retain(|waiting| waiting.position <= first);
                }
                Verdict::Refused(at) => {
                    let Some(&refused) = going.get(at) else { return Err(error.into()) };
                    let (refused, said) = (refused.clone(), said(&error, at));
                    tracing::error!(
                        position = refused.position,
                        trace_id = refused.trace_id,
                        code = error.code,
                        "the service refused event {} of the spool {} for good; see dead-letters.ndjson",
                        refused.position,
                        self.spool.path().display()
                    );
                    self.blocking(move |spool| spool.bury(&refused, said, LetterReason::Refused)).await?;
                }
            }
        }
        let Some(last) = batch.last().map(|waiting| waiting.position) else { return Ok(()) };
        let bury = move |spool: &Spool| {
            for waiting in &batch {
                if let Some(refusal) = spool.refusal_before(waiting) {
                    spool.bury(waiting, refusal, LetterReason::Follows)?;
                }
            }
            spool.acknowledge(last)
        };
        Ok(self.blocking(bury).await?)
    }

    fn delivered(&self, result: &BatchResult) {
        self.last_log_seq.fetch_max(result.last_log_seq, Ordering::AcqRel);
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Spool) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        blocking(&self.spool, work).await
    }
}

/// Does something that waits for the disk where that stops nobody.
pub(super) async fn blocking<T: Send + 'static>(
    spool: &Spool,
    work: impl FnOnce(&Spool) -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, SpoolError> {
    let on = spool.clone();
    let done = tokio::task::spawn_blocking(move || work(&on)).await;
    let path = spool.path().to_owned();
    done.unwrap_or(Err(SpoolError::Unusable { path, why: "was left while the runtime ended" }))
}

/// Runs `work` to its end, unless the stop comes first; then answers false.
async fn unless(stopped: &mut watch::Receiver<bool>, work: impl Future<Output = ()>) -> bool {
    tokio::select! {
        biased;
        _ = stopped.wait_for(|stop| *stop) => false,
        () = work => true,
    }
}

/// How long the sender stays away after so many failures.
fn pause(failed: u32, asked: Option<Duration>, random: u64) -> Duration {
    PAUSES.pause(failed, asked, Duration::ZERO, random).unwrap_or(PAUSES.longest_pause)
}

/// What an error says about the events of a batch.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Nothing: it is about the account, the tenant or the service. They wait.
    Later,
    /// It does not say which one it means. One at a time, it can only mean that.
    OneByOne,
    /// It means this one.
    Refused(usize),
}

fn verdict(error: &ClientError, events: usize) -> Verdict {
    if error.is_transient() {
        return Verdict::Later;
    }
    // The first one that was refused by itself. Later ones may only have missed it.
    let named = error.details.get("results").and_then(Value::as_array).into_iter().flatten();
    let first = named.filter_map(|item| item["index"].as_u64()).min();
    if let Some(first) = first.and_then(|index| usize::try_from(index).ok()) {
        return Verdict::Refused(first);
    }
    match error.status {
        Some(400 | 409 | 413 | 422) if events > 1 => Verdict::OneByOne,
        // Without the service's envelope it is the word of something in between, which knows nothing about events.
        Some(400 | 409 | 413 | 422) if error.code != "invalid_response" => Verdict::Refused(0),
        _ => Verdict::Later,
    }
}

/// What the service said about one event of a batch.
fn said(error: &ClientError, at: usize) -> Map<String, Value> {
    let named = error.details.get("results").and_then(Value::as_array).into_iter().flatten();
    let of_item = named.filter(|item| item["index"] == at).find_map(|item| item["error"].as_object());
    let mut said = of_item.cloned().unwrap_or_else(|| {
        let mut said = Map::new();
        said.insert("code".to_owned(), error.code.clone().into());
        said.insert("message".to_owned(), error.message.clone().into());
        said.insert("details".to_owned(), error.details.clone().into());
        said
    });
    said.insert("status".to_owned(), error.status.into());
    said.insert("request_id".to_owned(), error.request_id.clone().into());
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(status: u16, code: &str, details: Value) -> ClientError {
        let Value::Object(details) = details else { panic!("an object") };
        ClientError { status: Some(status), details, ..ClientError::local(code, "no") }
    }

    #[test]
    fn who_is_meant_by_a_refusal() {
        let named = json!({"results": [{"index": 3, "error": {"code": "a"}}, {"index": 1, "error": {"code": "b"}}]});
        for (status, code, details, events, expected) in [
            (422, "schema_violation", named.clone(), 5, Verdict::Refused(1)),
            (409, "conflict", json!({}), 5, Verdict::OneByOne),
            (409, "conflict", json!({}), 1, Verdict::Refused(0)),
            (413, "invalid_response", json!({}), 5, Verdict::OneByOne),
            (413, "invalid_response", json!({}), 1, Verdict::Later),
            (503, "storage", named, 5, Verdict::Later),
            (401, "unauthorized", json!({}), 5, Verdict::Later),
            (403, "forbidden", json!({}), 1, Verdict::Later),
            (404, "not_found", json!({}), 1, Verdict::Later),
            (500, "internal_error", json!({}), 1, Verdict::Later),
        ] {
            assert_eq!(verdict(&error(status, code, details), events), expected, "{status} {code} {events}");
        }
        assert_eq!(verdict(&ClientError::local("unavailable", ""), 1), Verdict::Later);
    }

    #[test]
    fn what_was_said_is_kept() {
        let refusal = error(422, "schema_violation", json!({"results": [{"index": 1, "error": {"code": "b"}}]}));
        assert_eq!(Value::Object(said(&refusal, 1)), json!({"code": "b", "status": 422, "request_id": null}));
        let whole = said(&error(409, "conflict", json!({"trace_id": "t"})), 0);
        assert_eq!((&whole["code"], &whole["details"]["trace_id"]), (&json!("conflict"), &json!("t")));
    }

    /// A day of absence, on a clock of its own: the sender never gives up, never hurries and never sleeps for long.
    #[test]
    fn a_day_of_absence_is_sat_out() {
        let (mut clock, mut failed, day) = (Duration::ZERO, 0, Duration::from_secs(24 * 60 * 60));
        while clock < day {
            failed += 1;
            let pause = pause(failed, None, u64::from(failed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            assert!(pause >= Duration::from_millis(50) && pause <= PAUSES.longest_pause, "{failed}: {pause:?}");
            clock += pause;
        }
        assert!(failed >= 17_280, "{failed}");
        assert_eq!(pause(failed, Some(Duration::from_secs(60)), 0), Duration::from_secs(60));
    }
}
