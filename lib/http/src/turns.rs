//! Turns at something scarce, fair between tenants: whoever has many requests waiting waits for those alone.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dg_domain::TenantId;
use tokio::sync::oneshot;

use crate::code::Code;
use crate::error::ApiError;

/// Turns that are handed out to the tenants in rotation. Clones share them.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most_waiting: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: HashMap<TenantId, VecDeque<oneshot::Sender<Turn>>>,
    /// Tenants with somebody waiting, the one served longest ago first.
    order: VecDeque<TenantId>,
}

/// A turn; dropping it gives it to the next.
#[derive(Debug)]
pub struct Turn(Option<Arc<Shared>>);

impl Turns {
    /// So many at once, and for each tenant so many that wait.
    #[must_use]
    pub fn new(at_once: usize, most_waiting: usize) -> Self {
        let state = State { free: at_once.max(1), waiting: HashMap::new(), order: VecDeque::new() };
        Self(Arc::new(Shared { most_waiting, state: Mutex::new(state) }))
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `rate_limited` when too many of the tenant's requests wait already.
    pub async fn take(&self, tenant: &TenantId) -> Result<Turn, ApiError> {
        let called = {
            let mut state = self.0.state();
            if state.free > 0 {
                state.free -= 1;
                return Ok(Turn(Some(self.0.clone())));
            }
            state.wait(tenant, self.0.most_waiting)?
        };
        called.await.map_err(ApiError::internal)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, tenant: &TenantId, most: usize) -> Result<oneshot::Receiver<Turn>, ApiError> {
        let (call, called) = oneshot::channel();
        match self.waiting.get_mut(tenant) {
            None => {
                self.order.push_back(tenant.clone());
                self.waiting.insert(tenant.clone(), VecDeque::from([call]));
            }
            Some(line) => {
                line.retain(|call| !call.is_closed());
                if line.len() >= most {
                    let message = format!("{most} requests of the tenant {tenant} are waiting already; try again");
                    return Err(ApiError::new(Code::RateLimited, message).with("limit", "tenant-waiting"));
                }
                line.push_back(call);
            }
        }
        Ok(called)
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let tenant = self.order.pop_front()?;
        let line = self.waiting.get_mut(&tenant)?;
        let call = line.pop_front();
        if line.is_empty() {
            self.waiting.remove(&tenant);
        } else {
            self.order.push_back(tenant);
        }
        call
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut shared) = self.0.take() else { return };
        loop {
            let next = {
                let mut state = shared.state();
                let next = state.next();
                if next.is_none() && state.order.is_empty() {
                    state.free += 1;
                    return;
                }
                next
            };
            let Some(call) = next else { continue };
            match call.send(Turn(Some(shared))) {
                Ok(()) => return,
                // Nobody waits there any more.
                Err(mut turn) => match turn.0.take() {
                    Some(back) => shared = back,
                    None => return,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    #[tokio::test]
    async fn tenants_take_turns() {
        let turns = Turns::new(1, 8);
        let mut held = turns.take(&tenant("a")).await.unwrap();
        let names = ["a", "a", "a", "b", "c", "b"].map(tenant);
        let mut waiting: Vec<_> = names.iter().map(|name| (name.as_str(), Box::pin(turns.take(name)))).collect();
        for (_, wait) in &mut waiting {
            assert!(wait.as_mut().now_or_never().is_none());
        }
        let mut served = Vec::new();
        while !waiting.is_empty() {
            drop(held);
            let ready =
                waiting.iter_mut().enumerate().find_map(|(at, (_, wait))| Some((at, wait.as_mut().now_or_never()?)));
            let (at, turn) = ready.expect("somebody is next");
            held = turn.unwrap();
            served.push(waiting.remove(at).0);
        }
        assert_eq!(served, ["a", "b", "c", "a", "b", "a"]);
        drop(held);
        assert_eq!(turns.0.state().free, 1);
    }

    #[tokio::test]
    async fn who_gave_up_is_passed_over() {
        let turns = Turns::new(2, 8);
        let held = [turns.take(&tenant("a")).await.unwrap(), turns.take(&tenant("a")).await.unwrap()];
        let (name, other) = (tenant("a"), tenant("b"));
        let (mut gone, mut served) = (Box::pin(turns.take(&name)), Box::pin(turns.take(&other)));
        assert!(gone.as_mut().now_or_never().is_none() && served.as_mut().now_or_never().is_none());
        drop(gone);
        drop(held);
        drop(served.now_or_never().unwrap().unwrap());
        assert_eq!(turns.0.state().free, 2);
        assert!(turns.0.state().waiting.is_empty());
    }

    #[tokio::test]
    async fn a_turn_that_came_too_late_goes_on() {
        let turns = Turns::new(1, 8);
        let held = turns.take(&tenant("a")).await.unwrap();
        let name = tenant("a");
        let mut waiting = Box::pin(turns.take(&name));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(held);
        drop(waiting);
        assert_eq!(turns.0.state().free, 1);
    }

    #[tokio::test]
    async fn a_line_is_bounded() {
        let turns = Turns::new(1, 1);
        let _held = turns.take(&tenant("a")).await.unwrap();
        let (name, other) = (tenant("a"), tenant("b"));
        let mut first = Box::pin(turns.take(&name));
        assert!(first.as_mut().now_or_never().is_none());
        assert_eq!(turns.take(&name).await.unwrap_err().code(), Code::RateLimited);
        assert!(turns.take(&other).now_or_never().is_none());
    }
}
