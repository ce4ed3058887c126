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

/// How much may wait, and how much goes into one batch.
#[derive(Clone, Copy, Debug)]
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
    waiting: HashMap<TenantId, VecDeque<Job>>,
    /// Tenants with something waiting, the one served longest ago first.
    turns: VecDeque<TenantId>,
    events: usize,
    bytes: usize,
    /// Why nothing can be appended now.
    down: Option<StoreError>,
    closed: bool,
}

impl Queue {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, state: Mutex::default(), ready: Notify::new() }
    }

    /// Queues a request. One that is larger than the whole queue is taken when nothing else waits.
    pub(super) fn push(&self, job: Job) -> Result<(), Refused> {
        {
            let mut state = self.state();
            if state.closed {
                return Err(Refused::Closed);
            }
            if let Some(error) = &state.down {
                return Err(Refused::Down(error.clone()));
            }
            let full =
                state.events + job.events.len() > self.bounds.events || state.bytes + job.bytes > self.bounds.bytes;
            if full && state.events > 0 {
                return Err(Refused::Full);
            }
            state.events += job.events.len();
            state.bytes += job.bytes;
            let state = &mut *state;
            match state.waiting.get_mut(&job.tenant) {
                Some(jobs) => jobs.push_back(job),
                None => {
                    state.turns.push_back(job.tenant.clone());
                    state.waiting.insert(job.tenant.clone(), VecDeque::from([job]));
                }
            }
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
    /// One request per tenant and turn, so that a tenant with a long queue does not hold up the others. A request is never
    /// split: one that is larger than a batch is a batch of its own.
    fn take(&mut self, batch: Bounds) -> Vec<Job> {
        let mut jobs = Vec::new();
        let (mut events, mut bytes) = (0, 0);
        while let Some(tenant) = self.turns.pop_front() {
            let Some(waiting) = self.waiting.get_mut(&tenant) else { continue };
            let fits = waiting.front().is_none_or(|job| {
                jobs.is_empty() || (events + job.events.len() <= batch.events && bytes + job.bytes <= batch.bytes)
            });
            if !fits {
                self.turns.push_front(tenant);
                break;
            }
            if let Some(job) = waiting.pop_front() {
                self.events -= job.events.len();
                self.bytes -= job.bytes;
                // Nobody waits for the answer any more: the caller gave up before anything was stored.
                if !job.reply.is_closed() {
                    events += job.events.len();
                    bytes += job.bytes;
                    jobs.push(job);
                }
            }
            if waiting.is_empty() {
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
        self.waiting.drain().flat_map(|(_, jobs)| jobs).collect()
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

    fn names(jobs: &[Job]) -> Vec<(&str, usize)> {
        jobs.iter().map(|job| (job.tenant.as_str(), job.bytes)).collect()
    }

    #[tokio::test]
    async fn tenants_take_turns_and_keep_their_order() {
        let queue = queue();
        let mut answers = Vec::new();
        for (tenant, bytes) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)] {
            let (job, answer) = job(tenant, bytes);
            queue.push(job).unwrap();
            answers.push(answer);
        }
        let batch = queue.next(Bounds { events: 10, bytes: 12 }).await.unwrap();
        assert_eq!(names(&batch), [("a", 1), ("b", 4), ("c", 5), ("a", 2)]);
        let batch = queue.next(Bounds { events: 10, bytes: 1 }).await.unwrap();
        assert_eq!(names(&batch), [("b", 6)]);
        drop(answers.remove(2));
        queue.close();
        assert!(queue.next(Bounds { events: 10, bytes: 12 }).await.is_none(), "its caller gave up");
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
