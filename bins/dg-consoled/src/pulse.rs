//! Watches how far each tenant's log and projections have come, once for all open pages.
//!
//! While at least one page of a tenant is open, one task asks the service, with the token of one of the people who look at
//! it. Where everything is projected it asks for the next position and is answered when that is there, or after a while; so
//! news is told at once, and a quiet tenant costs two questions every few seconds. Pages are told "look again"; what they then
//! read, they read with their own token.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use dg_client::{Client, Freshness, Meta, TraceQuery};
use dg_domain::TenantId;
use dg_runtime::chance;
use tokio::{runtime::Handle, sync::watch};

use crate::{model::Failure, source};

/// The longest pause after an answer; up to a fifth less, so that tenants are not all asked at once. A busy tenant's pages read
/// anew no more often than this.
const EVERY: Duration = Duration::from_millis(750);
/// For how long the service is asked to wait for the next position.
const NEXT: Duration = Duration::from_secs(4);
/// A service that takes longer to answer, beyond what it was asked to wait, counts as away.
const ANSWER: Duration = Duration::from_secs(4);

/// How one tenant stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// Up to where the projections have come.
    pub(crate) applied: i64,
    /// Where the log ends.
    pub(crate) head: i64,
    /// Generation of the projections.
    pub(crate) generation: i64,
    /// Why the last question was not answered.
    pub(crate) outage: Option<Failure>,
    /// Whether any question was answered yet.
    pub(crate) known: bool,
}

/// The watched tenants.
#[derive(Clone)]
pub(crate) struct Pulses {
    watched: Arc<Mutex<Watched>>,
    /// Sessions run on threads of their own; the watching outlives any of them.
    runtime: Handle,
}

#[derive(Default)]
struct Watched {
    next_id: u64,
    tenants: HashMap<TenantId, Tenant>,
}

struct Tenant {
    sender: watch::Sender<Pulse>,
    askers: Vec<(u64, Client)>,
    task: tokio::task::AbortHandle,
}

/// A page's interest in a tenant; the watching ends with the last of them.
pub(crate) struct Subscription {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Changes when there is a reason to look again.
    pub(crate) pulse: watch::Receiver<Pulse>,
    id: u64,
    watched: Weak<Mutex<Watched>>,
}

impl Pulses {
    /// Watches on the given runtime.
    pub(crate) fn new(runtime: Handle) -> Self {
        Self { watched: Arc::default(), runtime }
    }

    /// Follows `tenant`; `client` may be used to ask for all who do.
    pub(crate) fn subscribe(&self, tenant: &TenantId, client: &Client) -> Subscription {
        let client = client.tenant(tenant.as_str());
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let id = watched.next_id;
        watched.next_id += 1;
        let entry = watched.tenants.entry(tenant.clone()).or_insert_with(|| {
            let (sender, _) = watch::channel(Pulse::default());
            let task = self.runtime.spawn(follow(Arc::downgrade(&self.watched), tenant.clone(), sender.clone()));
            Tenant { sender, askers: Vec::new(), task: task.abort_handle() }
        });
        entry.askers.push((id, client));
        let pulse = entry.sender.subscribe();
        Subscription { tenant: tenant.clone(), pulse, id, watched: Arc::downgrade(&self.watched) }
    }

    /// How many tenants are watched.
    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).tenants.len()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(watched) = self.watched.upgrade() else { return };
        let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = watched.tenants.get_mut(&self.tenant) else { return };
        entry.askers.retain(|(id, _)| *id != self.id);
        if entry.askers.is_empty() {
            entry.task.abort();
            watched.tenants.remove(&self.tenant);
        }
    }
}

async fn follow(watched: Weak<Mutex<Watched>>, tenant: TenantId, sender: watch::Sender<Pulse>) {
    let mut fresh = Freshness::Now;
    loop {
        let Some((id, client)) = asker(&watched, &tenant) else { return };
        let query = TraceQuery { limit: Some(1), companions: true, ..TraceQuery::default() };
        let patience = if fresh == Freshness::Now { ANSWER } else { NEXT + ANSWER };
        let answer = match tokio::time::timeout(patience, client.freshness(fresh).traces(&query)).await {
            Ok(Ok(answer)) => Ok(answer.meta),
            // The next position did not come; whether the log went on without the projections is asked at once.
            Ok(Err(error)) if fresh != Freshness::Now && error.code == "projection_out_of_date" => {
                fresh = Freshness::Now;
                continue;
            }
            Ok(Err(error)) => {
                if matches!(error.status, Some(401 | 403)) {
                    // This person's token no longer serves; the next question is asked with another one.
                    rotate(&watched, &tenant, id);
                }
                Err(source::failure(&error))
            }
            Err(_) => Err(source::too_late()),
        };
        fresh = next(&answer);
        sender.send_if_modified(|pulse| beat(pulse, answer));
        tokio::time::sleep(EVERY.mul_f64(1.0 - 0.2 * chance::fraction())).await;
    }
}

/// How the next question is asked.
fn next(answer: &Result<Meta, Failure>) -> Freshness {
    match answer {
        Ok(meta) if meta.applied_seq >= meta.head_seq => {
            let wait_ms = u32::try_from(NEXT.as_millis()).unwrap_or(u32::MAX);
            Freshness::AtLeast { log_seq: meta.applied_seq.saturating_add(1), wait_ms }
        }
        _ => Freshness::Now,
    }
}

/// Takes over an answer; true when pages should look again.
fn beat(pulse: &mut Pulse, answer: Result<Meta, Failure>) -> bool {
    let before = pulse.clone();
    match answer {
        Ok(meta) => {
            *pulse = Pulse {
                applied: meta.applied_seq,
                head: meta.head_seq,
                generation: meta.generation,
                outage: None,
                known: true,
            };
        }
        // Without the id of the call: the next failed call is the same outage.
        Err(failure) if failure.transient => pulse.outage = Some(Failure { request_id: None, ..failure }),
        // A refusal concerns one person; that person's own read will tell.
        Err(_) => {}
    }
    *pulse != before
}

fn asker(watched: &Weak<Mutex<Watched>>, tenant: &TenantId) -> Option<(u64, Client)> {
    let watched = watched.upgrade()?;
    let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
    watched.tenants.get(tenant)?.askers.first().cloned()
}

fn rotate(watched: &Weak<Mutex<Watched>>, tenant: &TenantId, id: u64) {
    let Some(watched) = watched.upgrade() else { return };
    let mut watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(entry) = watched.tenants.get_mut(tenant)
        && entry.askers.first().is_some_and(|(first, _)| *first == id)
    {
        entry.askers.rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_look_again_only_when_something_changed() {
        let meta = |applied_seq, head_seq| Meta { applied_seq, generation: 1, head_seq, as_of_log_seq: None };
        let mut pulse = Pulse::default();
        assert!(beat(&mut pulse, Ok(meta(1, 1))));
        assert!(!beat(&mut pulse, Ok(meta(1, 1))));
        assert!(beat(&mut pulse, Ok(meta(1, 2))));
        assert!(pulse.known && pulse.outage.is_none());
    }

    #[test]
    fn the_next_position_is_waited_for_when_all_is_projected() {
        let meta = |applied_seq, head_seq| Meta { applied_seq, generation: 1, head_seq, as_of_log_seq: None };
        assert_eq!(next(&Ok(meta(7, 7))), Freshness::AtLeast { log_seq: 8, wait_ms: 4000 });
        assert_eq!(next(&Ok(meta(6, 7))), Freshness::Now);
        assert_eq!(next(&Err(source::too_late())), Freshness::Now);
    }

    #[tokio::test]
    async fn watching_ends_with_the_last_page() {
        let pulses = Pulses::new(Handle::current());
        let client = Client::new("http://127.0.0.1:1", "t").unwrap();
        let tenant = TenantId::new("acme").unwrap();
        let (one, other) = (pulses.subscribe(&tenant, &client), pulses.subscribe(&tenant, &client));
        assert_eq!(pulses.count(), 1);
        drop(one);
        assert_eq!(pulses.count(), 1);
        drop(other);
        assert_eq!(pulses.count(), 0);
    }
}
