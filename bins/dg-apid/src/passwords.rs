//! Hashing passwords beside the threads that serve, a few at a time.

use std::sync::Arc;

use dg_http::{ApiError, password};
use tokio::sync::Semaphore;

/// Each takes 19 MiB and a processor for some ten milliseconds.
const AT_ONCE: usize = 2;

/// Takes turns. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Passwords {
    /// Hashes a password.
    ///
    /// # Errors
    /// `internal_error`.
    pub(crate) async fn hash(&self, text: String) -> Result<String, ApiError> {
        self.turn(move || password::hash(&text)).await?
    }

    /// Whether this is the password; takes as long where there is none.
    ///
    /// # Errors
    /// `internal_error`.
    pub(crate) async fn verify(&self, text: String, phc: Option<String>) -> Result<bool, ApiError> {
        self.turn(move || password::verify(&text, phc.as_deref())).await
    }

    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let turn = self.0.clone().acquire_owned().await.map_err(ApiError::internal)?;
        let work = move || {
            // Held by the work and not by the caller, who may go away while it goes on.
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
    }
}
