//! Whether the daemon can do its work right now, and why not.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

/// How long a readiness check may take; a slower one counts as not ready.
const DEADLINE: Duration = Duration::from_secs(1);

/// One reason for not being ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// A stable word for alerts: `storage`, `schema_older`, `starting`.
    pub code: &'static str,
    /// A sentence for people. It names no host, account or secret.
    pub message: String,
}

impl Reason {
    /// A reason.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

type Check = dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), Vec<Reason>>> + Send>> + Send + Sync;

/// A question the daemon answers anew each time, with a real query. Cheap to clone.
#[derive(Clone)]
pub struct Readiness(Arc<Check>);

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readiness")
    }
}

impl Readiness {
    /// Asks `check` each time. It may take a second.
    pub fn new<F, Fut>(check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Vec<Reason>>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(check())))
    }

    /// Asks once. Too slow counts as not ready, with the code `deadline`.
    ///
    /// # Errors
    /// The reasons, at least one.
    pub async fn check(&self) -> Result<(), Vec<Reason>> {
        self.check_within(DEADLINE).await
    }

    pub(super) async fn check_within(&self, deadline: Duration) -> Result<(), Vec<Reason>> {
        match tokio::time::timeout(deadline, (self.0)()).await {
            Ok(verdict) => verdict,
            Err(_) => Err(vec![Reason::new("deadline", "the check took too long")]),
        }
    }
}

/// The body of a 503.
#[derive(Serialize)]
pub(super) struct Unready {
    pub(super) status: &'static str,
    pub(super) reasons: Vec<Reason>,
}
