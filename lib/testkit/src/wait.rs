//! Waiting for a state with a deadline, never for a duration.

use std::time::{Duration, Instant};

use crate::KitError;

const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Asks `condition` again and again until it answers `Some`, at most for `deadline`.
///
/// `what` finishes the sentence "gave up waiting for ...".
///
/// # Errors
/// [`KitError::Deadline`] when the answer never came.
pub async fn wait_for<T, F>(deadline: Duration, what: &str, mut condition: F) -> Result<T, KitError>
where
    F: AsyncFnMut() -> Option<T>,
{
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(found) = condition().await {
            return Ok(found);
        }
        if began.elapsed() >= deadline {
            return Err(late(what, began));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The same for code that is not async: blocks the calling thread.
///
/// # Errors
/// [`KitError::Deadline`] when the answer never came.
pub fn wait_until<T>(deadline: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> Result<T, KitError> {
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        if let Some(found) = condition() {
            return Ok(found);
        }
        if began.elapsed() >= deadline {
            return Err(late(what, began));
        }
        std::thread::park_timeout(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn late(what: &str, began: Instant) -> KitError {
    KitError::Deadline { what: what.to_owned(), waited_ms: began.elapsed().as_millis(), last: String::new() }
}
