//! How up to date an answer from a projection has to be.
//!
//! By default a read answers at once and says how far it is. `min_log_seq=N` asks for an answer that contains event N, and
//! `wait_ms=M` gives the projection that long to get there. `freshness=strict` refuses while any event is missing. A look back
//! with `as_of_log_seq=N` needs event N too, and so waits for it or refuses like `min_log_seq=N`.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::code::Code;
use crate::error::ApiError;
use crate::params::{self, Params};
use crate::reply::Meta;

/// The parameters of every read of a projection.
pub const NAMES: &[&str] = &["freshness", "min_log_seq", "wait_ms"];
/// The parameter of reads that can look back.
pub const AS_OF: &[&str] = &["as_of_log_seq"];
/// The longest wait that a caller may ask for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Nudges can be lost: look again this often.
const FLOOR: Duration = Duration::from_millis(100);

/// What the caller asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Whatever there is.
    Any,
    /// Every event of the tenant, or a refusal.
    Strict,
    /// Everything up to a position, waiting for it if need be.
    AtLeast {
        /// The position.
        log_seq: i64,
        /// How long it may take.
        wait: Duration,
    },
}

impl Freshness {
    /// Reads [`NAMES`], and [`AS_OF`] where it is known.
    ///
    /// # Errors
    /// `invalid_argument` for values out of range and for combinations that contradict each other.
    pub fn read(given: &Params) -> Result<Self, ApiError> {
        let strict = given.choice("freshness", &[("strict", true), ("default", false)])?.unwrap_or(false);
        let log_seq = given.integer("min_log_seq", 0..=i64::MAX)?;
        let as_of = as_of(given)?;
        if strict && as_of.is_some() {
            return Err(params::bad("as_of_log_seq", "as_of_log_seq does not go with freshness=strict".into()));
        }
        let log_seq = log_seq.max(as_of);
        let wait_ms = given.integer("wait_ms", 0..=30_000)?;
        match (strict, log_seq, wait_ms) {
            (false, None, None) => Ok(Self::Any),
            (true, None, None) => Ok(Self::Strict),
            (false, Some(log_seq), wait_ms) => {
                let wait = Duration::from_millis(wait_ms.unwrap_or(0).unsigned_abs());
                Ok(Self::AtLeast { log_seq, wait })
            }
            (true, Some(_), _) => {
                Err(params::bad("min_log_seq", "min_log_seq does not go with freshness=strict".into()))
            }
            (_, None, Some(_)) => Err(params::bad("wait_ms", "wait_ms needs min_log_seq".into())),
        }
    }

    /// Checks an answer, by the positions read in the same snapshot.
    ///
    /// # Errors
    /// `projection_out_of_date`.
    pub fn check(self, meta: Meta) -> Result<(), ApiError> {
        let wanted = match self {
            Self::Any => return Ok(()),
            Self::Strict => meta.head_seq,
            Self::AtLeast { log_seq, .. } => log_seq,
        };
        if meta.applied_seq >= wanted {
            return Ok(());
        }
        let message = format!("the projection contains events up to {}, not yet {wanted}", meta.applied_seq);
        Err(ApiError::new(Code::ProjectionOutOfDate, message)
            .with("applied_seq", meta.applied_seq)
            .with("head_seq", meta.head_seq)
            .with("wanted_seq", wanted))
    }

    /// Waits until `progress` satisfies the caller or the time is up. `nudged` changes when a projection may have moved.
    ///
    /// # Errors
    /// `projection_out_of_date` when it did not get there, `storage` when whoever nudges is gone because the service stops,
    /// and whatever `progress` fails with.
    pub async fn settle<F>(self, progress: impl Fn() -> F, mut nudged: watch::Receiver<u64>) -> Result<(), ApiError>
    where
        F: Future<Output = Result<Meta, ApiError>>,
    {
        let Self::AtLeast { wait, .. } = self else { return Ok(()) };
        let deadline = Instant::now() + wait;
        loop {
            nudged.mark_unchanged();
            let outcome = self.check(progress().await?);
            if outcome.is_ok() || Instant::now() >= deadline {
                return outcome;
            }
            let look_again = deadline.min(Instant::now() + FLOOR);
            if let Ok(Err(gone)) = timeout_at(look_again, nudged.changed()).await {
                return Err(ApiError::new(Code::Storage, "the service is stopping; try again").caused_by(gone));
            }
        }
    }
}

/// The position to look back from, if one was given.
///
/// # Errors
/// `invalid_argument`.
pub fn as_of(given: &Params) -> Result<Option<i64>, ApiError> {
    given.integer("as_of_log_seq", 0..=i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    fn read(query: &str) -> Result<Freshness, String> {
        let params = Params::read(Some(query), &[NAMES, AS_OF]).unwrap();
        Freshness::read(&params).map_err(|error| error.message().to_owned())
    }

    fn meta(applied_seq: i64, head_seq: i64) -> Meta {
        Meta { applied_seq, head_seq, generation: 1, as_of_log_seq: None }
    }

    #[test]
    fn reads_the_parameters() {
        assert_eq!(read(""), Ok(Freshness::Any));
        assert_eq!(read("freshness=default"), Ok(Freshness::Any));
        assert_eq!(read("freshness=strict"), Ok(Freshness::Strict));
        assert_eq!(read("min_log_seq=7"), Ok(Freshness::AtLeast { log_seq: 7, wait: Duration::ZERO }));
        assert_eq!(read("min_log_seq=7&wait_ms=30000"), Ok(Freshness::AtLeast { log_seq: 7, wait: LONGEST_WAIT }));
        let back = |log_seq, wait| Ok(Freshness::AtLeast { log_seq, wait: Duration::from_millis(wait) });
        assert_eq!(read("as_of_log_seq=7"), back(7, 0));
        assert_eq!(read("as_of_log_seq=7&wait_ms=5"), back(7, 5));
        assert_eq!(read("as_of_log_seq=7&min_log_seq=9"), back(9, 0));
        for bad in [
            "as_of_log_seq=-1",
            "as_of_log_seq=1&freshness=strict",
            "freshness=x",
            "wait_ms=5",
            "min_log_seq=-1",
            "min_log_seq=7&wait_ms=30001",
            "freshness=strict&min_log_seq=1",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn checks_positions() {
        assert!(Freshness::Any.check(meta(0, 9)).is_ok());
        assert!(Freshness::Strict.check(meta(9, 9)).is_ok());
        assert_eq!(Freshness::Strict.check(meta(8, 9)).unwrap_err().code(), Code::ProjectionOutOfDate);
        let five = Freshness::AtLeast { log_seq: 5, wait: Duration::ZERO };
        assert!(five.check(meta(5, 9)).is_ok());
        assert!(five.check(meta(4, 4)).is_err());
    }

    #[tokio::test]
    async fn waits_for_a_nudge() {
        let (nudge, nudged) = watch::channel(0);
        let (at, asked) = (AtomicI64::new(0), AtomicUsize::new(0));
        let progress = || {
            asked.fetch_add(1, Ordering::SeqCst);
            let applied = at.load(Ordering::SeqCst);
            async move { Ok(meta(applied, 5)) }
        };
        let five = |wait| Freshness::AtLeast { log_seq: 5, wait: Duration::from_millis(wait) };

        assert!(five(0).settle(&progress, nudged.clone()).await.is_err());
        assert_eq!(asked.load(Ordering::SeqCst), 1);

        let waiting = five(30_000).settle(&progress, nudged.clone());
        let moving = async {
            at.store(5, Ordering::SeqCst);
            nudge.send_modify(|count| *count += 1);
        };
        let (settled, ()) = tokio::join!(waiting, moving);
        settled.unwrap();
        assert!(asked.load(Ordering::SeqCst) >= 2);

        at.store(0, Ordering::SeqCst);
        drop(nudge);
        let stopped = five(30_000).settle(&progress, nudged).await;
        assert_eq!(stopped.unwrap_err().code(), Code::Storage);
    }
}
