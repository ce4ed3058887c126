//! What waits to be appended: bounded, and fair between tenants.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use dg_domain::{Key16, NewEvent, TenantId, append::Outcome, keys};
use tokio::sync::{Notify, oneshot};

use super::stage::{AppendError, AppendMode};
use crate::error::StoreError;

/// One request on its way through the lane.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) tenant: TenantId,
    pub(super) principal: String,
    pub(super) mode: AppendMode,
    pub(super) events: Vec<Queued>,
    pub(super) bytes: usize,
    pub(super) reply: oneshot::Sender<Result<Vec<Outcome>, AppendError>>,
}

/// An event with its keys, hashed by the caller's task and not by the lane.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) event: NewEvent,
    pub(super) keys: EventKeys,
}

/// Under which keys an event is found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventKeys {
    pub(crate) trace: Key16,
    pub(crate) event: Key16,
    pub(crate) idempotency: Key16,
}

impl EventKeys {
    pub(crate) fn of(event: &NewEvent) -> Self {
        Self {
            trace: keys::trace_key(&event.trace_id),
            event: keys::event_key(&event.event_id),
            idempotency: keys::idempotency_key(&event.source.producer_id, &event.idempotency_key),
        }
    }
}

/// What a tenant may add to a batch per turn, in bytes; what it does not use it keeps for the next one while it waits.
const PER_TURN: usize = 64 << 10;

/// How much may wait, and how much goes into one batch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) events: usize,
    pub(super) bytes: usize,
}

/// Why a request was not queued.
#[derive(Debug)]
pub(super) enum Refused {
    Full,
    Down(StoreError),
    Closed,
}

#[derive(Debug)]
pub(super) struct Queue {
    bounds: Bounds,
    state: Mutex<State>,
    ready: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashMap<TenantId, Waiting>,
    /// Tenants with something waiting, the one served longest ago first.
    turns: VecDeque<TenantId>,
    events: usize,
    bytes: usize,
    /// Why nothing can be appended now.
    down: Option<StoreError>,
    closed: bool,
}

/// What waits of one tenant.
#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    size: Bounds,
    /// Bytes it may add to the next batch.
    credit: usize,
}

impl Queue {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, state: Mutex::default(), ready: Notify::new() }
    }

    /// Queues a request. A tenant may have as much waiting as is still free, so that one alone never fills the queue; its
    /// first request is taken while there is any room, and one that is larger than the whole queue when nothing else waits.
    pub(super) fn push(&self, job: Job) -> Result<(), Refused> {
        {
            let mut state = self.state();
            if state.closed {
                return Err(Refused::Closed);
            }
            if let Some(error) = &state.down {
                return Err(Refused::Down(error.clone()));
            }
            let own = state.waiting.get(&job.tenant).map(|waiting| waiting.size).unwrap_or_default();
            let full = state.events + own.events + job.events.len() > self.bounds.events
                || state.bytes + own.bytes + job.bytes > self.bounds.bytes;
            if full && state.events > 0 {
                return Err(Refused::Full);
            }
            state.events += job.events.len();
            state.bytes += job.bytes;
            if !state.waiting.contains_key(&job.tenant) {
                state.turns.push_back(job.tenant.clone());
            }
            let waiting = state.waiting.entry(job.tenant.clone()).or_default();
            waiting.size.events += job.events.len();
            waiting.size.bytes += job.bytes;
            waiting.jobs.push_back(job);
        }
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for work and takes one batch of it. `None` once the queue is closed and empty.
    pub(super) async fn next(&self, batch: Bounds) -> Option<Vec<Job>> {
        loop {
            {
                let mut state = self.state();
                let jobs = state.take(batch);
                if !jobs.is_empty() {
                    return Some(jobs);
                }
                if state.closed {
                    return None;
                }
            }
            self.ready.notified().await;
        }
    }

    /// Nothing can be appended for now: what waits and what comes is answered with `error` at once.
    pub(super) fn set_down(&self, error: &StoreError) {
        let waiting = {
            let mut state = self.state();
            state.down = Some(error.clone());
            state.take_all()
        };
        for job in waiting {
            let _ = job.reply.send(Err(AppendError::Unavailable(error.clone())));
        }
    }

    pub(super) fn set_up(&self) {
        self.state().down = None;
    }

    pub(super) fn is_up(&self) -> bool {
        self.state().down.is_none()
    }

    /// Takes nothing more. What waits is still handed out.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.ready.notify_one();
    }

    /// Events and bytes that wait.
    pub(super) fn size(&self) -> Bounds {
        let state = self.state();
        Bounds { events: state.events, bytes: state.bytes }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// As many bytes per tenant and turn, so that neither a long queue nor large requests of one tenant hold up the others
    /// (deficit round robin). A request is never split: one that is larger than a batch is a batch of its own.
    fn take(&mut self, batch: Bounds) -> Vec<Job> {
        let mut jobs = Vec::new();
        let mut taken = Bounds::default();
        while let Some(tenant) = self.turns.pop_front() {
            let Some(waiting) = self.waiting.get_mut(&tenant) else { continue };
            waiting.credit += PER_TURN;
            while let Some(job) = waiting.jobs.pop_front() {
                // Nobody waits for the answer any more: the caller gave up before anything was stored.
                let given_up = job.reply.is_closed();
                let (events, bytes) = (job.events.len(), job.bytes);
                let fits =
                    jobs.is_empty() || (taken.events + events <= batch.events && taken.bytes + bytes <= batch.bytes);
                if !given_up && bytes > waiting.credit {
                    waiting.jobs.push_front(job);
                    break;
                }
                if !given_up && !fits {
                    waiting.jobs.push_front(job);
                    self.turns.push_front(tenant);
                    return jobs;
                }
                self.events -= events;
                self.bytes -= bytes;
                waiting.size.events -= events;
                waiting.size.bytes -= bytes;
                if !given_up {
                    waiting.credit -= bytes;
                    taken.events += events;
                    taken.bytes += bytes;
                    jobs.push(job);
                }
            }
            if waiting.jobs.is_empty() {
                self.waiting.remove(&tenant);
            } else {
                self.turns.push_back(tenant);
            }
        }
        jobs
    }

    fn take_all(&mut self) -> Vec<Job> {
        self.turns.clear();
        self.events = 0;
        self.bytes = 0;
        self.waiting.drain().flat_map(|(_, waiting)| waiting.jobs).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(tenant: &str, bytes: usize) -> (Job, oneshot::Receiver<Result<Vec<Outcome>, AppendError>>) {
        let (reply, answer) = oneshot::channel();
        let tenant = TenantId::new(tenant).unwrap();
        let job =
            Job { tenant, principal: "p".to_owned(), mode: AppendMode::Independent, events: Vec::new(), bytes, reply };
        (job, answer)
    }

    fn queue() -> Queue {
        Queue::new(Bounds { events: 10, bytes: 100 })
    }

    async fn batches(given: &[(&str, usize)], batch: usize) -> Vec<Vec<String>> {
        const UNIT: usize = PER_TURN / 4;
        let queue = Queue::new(Bounds { events: 100, bytes: 1_000 * UNIT });
        let mut answers = Vec::new();
        for (tenant, units) in given {
            let (job, answer) = job(tenant, units * UNIT);
            queue.push(job).unwrap();
            answers.push(answer);
        }
        queue.close();
        let mut batches = Vec::new();
        while let Some(jobs) = queue.next(Bounds { events: 100, bytes: batch * UNIT }).await {
            batches.push(jobs.iter().map(|job| format!("{}{}", job.tenant, job.bytes / UNIT)).collect());
        }
        assert_eq!((queue.size().events, queue.size().bytes), (0, 0));
        batches
    }

    #[tokio::test]
    async fn tenants_take_turns_and_keep_their_order() {
        let mixed = [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 3), ("b", 2)];
        assert_eq!(batches(&mixed, 100).await, [["a1", "a2", "b4", "c3", "a3", "b2"]]);
        assert_eq!(batches(&mixed, 8).await, [vec!["a1", "a2", "b4"], vec!["c3", "a3", "b2"]]);
        let large_and_small = [("a", 16), ("a", 16), ("b", 1), ("b", 1), ("b", 1), ("b", 1), ("b", 1), ("b", 1)];
        assert_eq!(batches(&large_and_small, 100).await[0][..5], ["b1", "b1", "b1", "b1", "b1"]);
        assert_eq!(batches(&[("a", 200), ("a", 1)], 100).await, [["a200"], ["a1"]], "larger than a batch");
    }

    #[tokio::test]
    async fn who_gave_up_is_passed_over() {
        let queue = queue();
        let (first, answer) = job("a", 1);
        let (second, _answer) = job("a", 2);
        queue.push(first).unwrap();
        queue.push(second).unwrap();
        drop(answer);
        assert_eq!(queue.next(Bounds { events: 10, bytes: 12 }).await.unwrap()[0].bytes, 2);
        assert_eq!(queue.size().bytes, 0);
    }

    #[test]
    fn no_tenant_fills_the_queue_alone() {
        let queue = queue();
        let (mut answers, mut taken) = (Vec::new(), Vec::new());
        for tenant in ["a", "a", "a", "b", "a", "b", "c"] {
            let (job, answer) = job(tenant, 20);
            queue.state().events = 1;
            taken.push(queue.push(job).is_ok());
            answers.push(answer);
        }
        assert_eq!(taken, [true, true, true, true, false, false, true]);
    }

    #[test]
    fn refuses_when_full_down_or_closed() {
        let queue = queue();
        let (job_1, _answer) = job("a", 60);
        queue.push(job_1).unwrap();
        let (job_2, _answer) = job("a", 60);
        queue.state().events = 1;
        assert!(matches!(queue.push(job_2), Err(Refused::Full)));
        queue.set_down(&StoreError::NotFound { what: "server" });
        let (job_3, _answer) = job("a", 6);
        assert!(matches!(queue.push(job_3), Err(Refused::Down(_))));
        assert_eq!(queue.size().bytes, 0);
        queue.set_up();
        queue.close();
        let (job_4, _answer) = job("a", 6);
        assert!(matches!(queue.push(job_4), Err(Refused::Closed)));
    }
}
