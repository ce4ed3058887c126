//! The connection that holds locks.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{
    LockKey,
    lease::{self, Lease},
};
use crate::{
    config::DatabaseConfig,
    connection::{self, Connection, bounded},
    error::{ConnectionLost, StoreError},
};

const TRY_LOCK: &str = include_str!("../../../../sql/queries/locks/try_lock.sql");
const UNLOCK: &str = include_str!("../../../../sql/queries/locks/unlock.sql");

/// A connection that holds any number of scope locks. When it is lost, all of them are; make a new one then. It counts as
/// lost when the server has not answered for [`lease::LOST_AFTER`], too.
#[derive(Clone, Debug)]
pub struct LockSession {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    connection: Connection,
    answer_timeout: Duration,
    lease: Mutex<Lease>,
    /// PostgreSQL lets a session take a lock it has once more; two parts of one program may not own one scope.
    held: Mutex<HashSet<LockKey>>,
    /// Locks that were dropped without waiting for their release.
    dropped: mpsc::UnboundedSender<LockKey>,
}

/// The ownership of one scope, until it is released, dropped, or its connection is lost.
#[derive(Debug)]
pub struct ScopeLock {
    shared: Arc<Shared>,
    key: LockKey,
    released: bool,
}

impl LockSession {
    /// Opens the connection.
    ///
    /// # Errors
    /// As [`connection::connect`].
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let connection = connection::connect(config).await?;
        let asked = Instant::now();
        let setting = async {
            let set = connection.client().batch_execute(&lease::server_setting()).await;
            set.map_err(StoreError::of("locks.session"))
        };
        bounded("locks.session", lease::LOST_AFTER, setting).await?;
        let (dropped, mut releases) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            connection,
            answer_timeout: config.answer_timeout(),
            lease: Mutex::new(Lease::since(asked)),
            held: Mutex::default(),
            dropped,
        });
        tokio::spawn(keep_alive(Arc::downgrade(&shared)));
        let weak = Arc::downgrade(&shared);
        tokio::spawn(async move {
            while let Some(key) = releases.recv().await {
                let Some(shared) = weak.upgrade() else { break };
                if let Err(error) = shared.unlock(key).await {
                    debug!(error = &error as &dyn std::error::Error, "a scope lock ended with its connection");
                }
            }
        });
        Ok(Self { shared })
    }

    /// Takes a lock if nobody has it. Never waits for its holder.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the connection is lost.
    pub async fn try_lock(&self, key: LockKey) -> Result<Option<ScopeLock>, StoreError> {
        let shared = &self.shared;
        if !shared.held().insert(key) {
            return Ok(None);
        }
        // From here on the lock is noted; dropping this clears the note and what the server may have granted.
        let mut lock = ScopeLock { shared: Arc::clone(shared), key, released: false };
        match shared.call("locks.try_lock", TRY_LOCK, key).await {
            Ok(true) => Ok(Some(lock)),
            Ok(false) => {
                lock.released = true;
                shared.held().remove(&key);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Resolves once the connection is lost and every lock with it.
    pub async fn lost(&self) {
        self.shared.connection.lost().await;
    }

    /// Whether the connection is lost.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.shared.is_lost()
    }

    /// Asks the server whether the session still lives. A connection that died without a goodbye shows only then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it does not answer.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.shared.ask(self.shared.answer_timeout).await
    }
}

/// Asks the server again and again, until an answer does not come in time. Then the connection is ended from this side, so
/// that nothing is done under its locks any more. It may come to this late, when the process was paused; see
/// [`Shared::is_lost`].
async fn keep_alive(session: Weak<Shared>) {
    loop {
        let Some(lease) = session.upgrade().map(|shared| shared.lease()) else { return };
        tokio::time::sleep_until(lease.next_question()).await;
        let Some(shared) = session.upgrade() else { return };
        let asked = Instant::now();
        match shared.ask(lease.end().saturating_duration_since(asked)).await {
            Ok(()) => *shared.lease.lock().unwrap_or_else(PoisonError::into_inner) = Lease::since(asked),
            Err(error) => {
                debug!(error = &error as &dyn std::error::Error, "no answer in time; every scope lock counts as lost");
                return shared.connection.end();
            }
        }
    }
}

impl Shared {
    fn held(&self) -> std::sync::MutexGuard<'_, HashSet<LockKey>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(&self) -> Lease {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A process that was paused may get here before anybody noticed: the clock knows.
    fn is_lost(&self) -> bool {
        self.connection.is_lost() || self.lease().is_over(Instant::now())
    }

    async fn ask(&self, limit: Duration) -> Result<(), StoreError> {
        let alive = async { self.connection.client().batch_execute("").await.map_err(StoreError::of("locks.check")) };
        bounded("locks.check", limit, alive).await
    }

    async fn call(&self, name: &'static str, sql: &str, key: LockKey) -> Result<bool, StoreError> {
        if self.is_lost() {
            return Err(StoreError::unavailable(name, ConnectionLost));
        }
        let answer = async {
            let row = self.connection.client().query_one(sql, &[&key.class(), &key.hash()]).await;
            row.and_then(|row| row.try_get(0)).map_err(StoreError::of(name))
        };
        bounded(name, self.answer_timeout, answer).await
    }

    async fn unlock(&self, key: LockKey) -> Result<(), StoreError> {
        let answer = self.call("locks.unlock", UNLOCK, key).await;
        self.held().remove(&key);
        answer.map(drop)
    }
}

impl ScopeLock {
    /// Which lock it is.
    #[must_use]
    pub fn key(&self) -> LockKey {
        self.key
    }

    /// Whether its connection is lost, and the lock with it.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.shared.is_lost()
    }

    /// Cancelled when its connection is lost, for a child of the work done under it.
    #[must_use]
    pub fn lost(&self) -> CancellationToken {
        self.shared.connection.lost_token()
    }

    /// Gives the scope back and waits until others can have it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the connection is lost; the lock is free then, too.
    pub async fn release(mut self) -> Result<(), StoreError> {
        self.released = true;
        self.shared.unlock(self.key).await
    }
}

impl Drop for ScopeLock {
    fn drop(&mut self) {
        if !self.released {
            // Fails only when the session is being torn down, which frees the lock as well.
            let _ = self.shared.dropped.send(self.key);
        }
    }
}
