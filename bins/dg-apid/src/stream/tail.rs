//! The end of a tenant's log, read once for all of its streams.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dg_domain::{LogSeq, TenantId};
use dg_storage::{Channel, Store, listener::Listener, log::EventFilter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tracing::warn;

use super::frame::Piece;
use crate::pages;

/// Pieces that a stream may be behind before it has to read the log by itself.
const KEPT: usize = 32;
/// Events of a piece at most.
const PIECE: i64 = 500;
/// What is appended within this time goes out together: it saves every stream a turn and costs nobody more than that.
const GATHER: Duration = Duration::from_millis(10);
/// After a failed look.
const REST: Duration = Duration::from_secs(1);

type Tails = HashMap<TenantId, broadcast::Sender<Arc<Piece>>>;

/// The tails of all tenants that somebody follows, and room for so many streams.
#[derive(Debug)]
pub(crate) struct Streams {
    listener: Listener,
    tails: Arc<Mutex<Tails>>,
    seats: Arc<Semaphore>,
    most: usize,
}

impl Streams {
    /// `listener` has to hear of the log.
    pub(crate) fn new(listener: Listener, most: usize) -> Self {
        Self { listener, tails: Arc::default(), seats: Arc::new(Semaphore::new(most)), most }
    }

    /// A place for one more stream; `None` when there is none.
    pub(super) fn seat(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.seats).try_acquire_owned().ok()
    }

    /// How many streams are open.
    pub(crate) fn open(&self) -> usize {
        self.most - self.seats.available_permits()
    }

    /// Joins the tail of a tenant, whose log has reached `head` at least: everything after that comes through here.
    pub(super) fn join(&self, store: &Store, tenant: &TenantId, head: i64) -> broadcast::Receiver<Arc<Piece>> {
        let mut tails = lock(&self.tails);
        if let Some(tail) = tails.get(tenant) {
            return tail.subscribe();
        }
        let (tail, receiver) = broadcast::channel(KEPT);
        tails.insert(tenant.clone(), tail.clone());
        let nudges = self.listener.follow(&[Channel::Log]);
        tokio::spawn(read(store.clone(), tenant.clone(), head, tail, nudges, Arc::clone(&self.tails)));
        receiver
    }
}

fn lock(tails: &Mutex<Tails>) -> MutexGuard<'_, Tails> {
    tails.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads on from `position` until nobody follows any more.
async fn read(
    store: Store,
    tenant: TenantId,
    mut position: i64,
    tail: broadcast::Sender<Arc<Piece>>,
    mut nudges: dg_storage::listener::Nudges,
    tails: Arc<Mutex<Tails>>,
) {
    loop {
        match page(&store, &tenant, position).await {
            Ok(Some(piece)) => {
                position = piece.last;
                // An error means that nobody listens just now.
                let _ = tail.send(Arc::new(piece));
                tokio::time::sleep(GATHER).await;
                continue;
            }
            Ok(None) => {}
            Err(error) => {
                warn!(tenant = %tenant, error = &error as &dyn std::error::Error, "cannot read the end of the log");
                tokio::time::sleep(REST).await;
            }
        }
        {
            let mut tails = lock(&tails);
            // Nobody can join between the look and the removal.
            if tail.receiver_count() == 0 {
                tails.remove(&tenant);
                return;
            }
        }
        nudges.changed().await;
    }
}

async fn page(store: &Store, tenant: &TenantId, position: i64) -> Result<Option<Piece>, dg_storage::StoreError> {
    let after = LogSeq::new(position).unwrap_or(LogSeq::START);
    let page = pages::gather(PIECE, |last, limit| {
        let after = last.map_or(after, |last| last.log_seq);
        async move { store.events(tenant, &EventFilter { after, limit, ..EventFilter::default() }).await }
    });
    Ok(Piece::of(&page.await?.events))
}
