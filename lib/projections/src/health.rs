//! Whether a projection of a tenant is well: what it does, and whether somebody should look. Source: RT-40, RT-100, RT-101.

use std::time::Duration;

use dg_domain::{LogSeq, Micros};

use crate::{RunMode, RunStatus};

/// From when on a projection counts as not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// The age of the oldest event that is missing.
    pub lagging_after: Duration,
    /// The number of missing events beyond which it lags, however young they are.
    pub lagging_pending: i64,
    /// How long it may stand still while events are missing.
    pub stalled_after: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { lagging_after: Duration::from_secs(5), lagging_pending: 1_000, stalled_after: Duration::from_secs(30) }
    }
}

/// What is stored about one projection of one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeFacts {
    /// Whether a projector has ever taken it.
    pub taken: bool,
    /// Where its rows are.
    pub applied: LogSeq,
    /// Where the log ends.
    pub head: LogSeq,
    /// When its cursor moved last.
    pub moved_at: Option<Micros>,
    /// When the first event that is missing was recorded.
    pub oldest_pending_at: Option<Micros>,
    /// Whether it stands before a hole in the log.
    pub failed: bool,
    /// When it will be tried again after an error that passes.
    pub next_retry_at: Option<Micros>,
    /// The run that covers it and has not ended.
    pub run: Option<(RunMode, RunStatus)>,
    /// Events that it could not fold and nobody has accepted.
    pub open_failures: i64,
    /// Whether its rows are not the ones that were written.
    pub drifted: bool,
}

/// What a projection does.
///
/// RT-40 has `stopping` too: a process that stops keeps its scopes for moments only, and nobody but itself can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeState {
    /// No projector has taken it yet.
    Starting,
    /// It folds what is missing.
    CatchingUp,
    /// It holds the whole log.
    Idle,
    /// It waits after an error that passes.
    Retrying,
    /// A run brings it further, or projects one event after all.
    Replaying,
    /// A run folds the whole log again, beside it.
    Rebuilding,
    /// A run was stopped for now.
    Paused,
    /// It stands before a hole in the log.
    Failed,
}

impl ScopeState {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::CatchingUp => "catching_up",
            Self::Idle => "idle",
            Self::Retrying => "retrying",
            Self::Replaying => "replaying",
            Self::Rebuilding => "rebuilding",
            Self::Paused => "paused",
            Self::Failed => "failed",
        }
    }
}

/// Whether somebody should look. A larger one is worse, so that a tenant's is the largest of its projections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthStatus {
    /// All is well.
    #[default]
    Ok,
    /// A rebuild is under way; reads go on as before.
    Rebuilding,
    /// Events arrive faster than they are folded, or were not folded at once.
    Lagging,
    /// Events are missing and nothing moves.
    Stalled,
    /// It does not hold what it should; a person has to decide.
    Failed,
}

impl HealthStatus {
    /// Every status, the worst last.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Rebuilding, Self::Lagging, Self::Stalled, Self::Failed];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Rebuilding => "rebuilding",
            Self::Lagging => "lagging",
            Self::Stalled => "stalled",
            Self::Failed => "failed",
        }
    }

    /// The status of a tenant, from those of its projections.
    #[must_use]
    pub fn worst(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().max().unwrap_or_default()
    }
}

/// How well a projection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// What it does.
    pub state: ScopeState,
    /// Whether somebody should look.
    pub status: HealthStatus,
    /// How many events are missing.
    pub pending_events: i64,
    /// How old the oldest of them is; zero when none is missing.
    pub lag: Duration,
}

impl ScopeFacts {
    /// Judges the facts as of `now`.
    #[must_use]
    pub fn health(&self, now: Micros, thresholds: &Thresholds) -> Health {
        let pending_events = (self.head.get() - self.applied.get()).max(0);
        let lag = match self.oldest_pending_at {
            Some(at) if pending_events > 0 => between(at, now),
            _ => Duration::ZERO,
        };
        Health {
            state: self.state(pending_events),
            status: self.status(now, pending_events, lag, thresholds),
            pending_events,
            lag,
        }
    }

    fn state(&self, pending_events: i64) -> ScopeState {
        // A comparison leaves it alone.
        let run = self.run.filter(|(mode, status)| *mode != RunMode::Verify && *status != RunStatus::Queued);
        match run {
            _ if self.failed => ScopeState::Failed,
            _ if self.next_retry_at.is_some() => ScopeState::Retrying,
            _ if !self.taken => ScopeState::Starting,
            Some((_, RunStatus::Paused)) => ScopeState::Paused,
            Some((RunMode::Rebuild, _)) => ScopeState::Rebuilding,
            Some(_) => ScopeState::Replaying,
            None if pending_events > 0 => ScopeState::CatchingUp,
            None => ScopeState::Idle,
        }
    }

    fn status(&self, now: Micros, pending_events: i64, lag: Duration, thresholds: &Thresholds) -> HealthStatus {
        if self.failed || self.open_failures > 0 || self.drifted {
            return HealthStatus::Failed;
        }
        // Nothing was to be done before the oldest missing event came.
        let since = self.moved_at.max(self.oldest_pending_at);
        let still = since.map_or(Duration::ZERO, |since| between(since, now));
        if pending_events > 0 && still >= thresholds.stalled_after {
            return HealthStatus::Stalled;
        }
        if lag >= thresholds.lagging_after || pending_events > thresholds.lagging_pending {
            return HealthStatus::Lagging;
        }
        match self.run {
            Some((RunMode::Rebuild, RunStatus::Running | RunStatus::Cancelling)) => HealthStatus::Rebuilding,
            _ => HealthStatus::Ok,
        }
    }
}

/// The time from one instant to a later one; zero when the clocks disagree.
fn between(from: Micros, to: Micros) -> Duration {
    Duration::from_micros(u64::try_from(to.get().saturating_sub(from.get())).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros::new(1_000_000_000);

    fn ago(seconds: i64) -> Option<Micros> {
        Some(Micros::new(NOW.get() - seconds * 1_000_000))
    }

    fn at(applied: i64, head: i64) -> ScopeFacts {
        let position = |raw| LogSeq::new(raw).unwrap();
        ScopeFacts { taken: true, applied: position(applied), head: position(head), ..ScopeFacts::default() }
    }

    fn check(facts: ScopeFacts, state: &str, status: &str) {
        let health = facts.health(NOW, &Thresholds::default());
        assert_eq!((health.state.as_str(), health.status.as_str()), (state, status), "{facts:?}");
    }

    #[test]
    fn follows_the_log() {
        check(ScopeFacts { taken: false, ..at(0, 0) }, "starting", "ok");
        check(ScopeFacts { moved_at: ago(4_000), ..at(7, 7) }, "idle", "ok");
        let behind = ScopeFacts { moved_at: ago(0), ..at(3, 7) };
        check(ScopeFacts { oldest_pending_at: ago(4), ..behind }, "catching_up", "ok");
        check(ScopeFacts { oldest_pending_at: ago(5), ..behind }, "catching_up", "lagging");
        check(ScopeFacts { moved_at: ago(0), oldest_pending_at: ago(1), ..at(0, 1_000) }, "catching_up", "ok");
        check(ScopeFacts { moved_at: ago(0), oldest_pending_at: ago(1), ..at(0, 1_001) }, "catching_up", "lagging");
    }

    #[test]
    fn standing_still_counts_from_when_there_was_something_to_do() {
        let behind = |moved, came| ScopeFacts { moved_at: ago(moved), oldest_pending_at: ago(came), ..at(3, 7) };
        check(behind(5_000, 1), "catching_up", "ok");
        check(behind(29, 4_000), "catching_up", "lagging");
        check(behind(30, 4_000), "catching_up", "stalled");
        check(ScopeFacts { taken: false, oldest_pending_at: ago(31), ..at(0, 7) }, "starting", "stalled");
        check(ScopeFacts { next_retry_at: ago(-9), ..behind(40, 40) }, "retrying", "stalled");
        // Somebody's clock is ahead.
        check(behind(-3, -3), "catching_up", "ok");
    }

    #[test]
    fn whatever_is_not_held_is_a_failure() {
        check(ScopeFacts { failed: true, ..at(3, 7) }, "failed", "failed");
        check(ScopeFacts { open_failures: 1, ..at(7, 7) }, "idle", "failed");
        check(ScopeFacts { drifted: true, ..at(7, 7) }, "idle", "failed");
    }

    #[test]
    fn runs_show() {
        let with = |mode, status| ScopeFacts { run: Some((mode, status)), ..at(7, 7) };
        check(with(RunMode::Rebuild, RunStatus::Queued), "idle", "ok");
        check(with(RunMode::Rebuild, RunStatus::Running), "rebuilding", "rebuilding");
        check(with(RunMode::Rebuild, RunStatus::Paused), "paused", "ok");
        check(with(RunMode::Rebuild, RunStatus::Cancelling), "rebuilding", "rebuilding");
        check(with(RunMode::CatchUp, RunStatus::Running), "replaying", "ok");
        check(with(RunMode::Reproject, RunStatus::Running), "replaying", "ok");
        check(with(RunMode::Verify, RunStatus::Running), "idle", "ok");
        let late =
            ScopeFacts { oldest_pending_at: ago(9), moved_at: ago(1), head: LogSeq::new(9).unwrap(), ..at(7, 7) };
        check(ScopeFacts { run: Some((RunMode::Rebuild, RunStatus::Running)), ..late }, "rebuilding", "lagging");
    }

    #[test]
    fn a_tenant_is_as_well_as_its_worst_projection() {
        use HealthStatus::{Failed, Lagging, Ok, Rebuilding, Stalled};
        assert_eq!(HealthStatus::worst([]), Ok);
        assert_eq!(HealthStatus::worst([Ok, Lagging, Rebuilding]), Lagging);
        assert_eq!(HealthStatus::worst([Stalled, Failed, Ok]), Failed);
        assert!(HealthStatus::ALL.is_sorted());
    }

    #[test]
    fn thresholds_are_settings() {
        let strict = Thresholds {
            lagging_after: Duration::from_millis(500),
            lagging_pending: 3,
            stalled_after: Duration::from_secs(2),
        };
        let facts = ScopeFacts { moved_at: ago(1), oldest_pending_at: ago(1), ..at(0, 1) };
        assert_eq!(facts.health(NOW, &strict).status, HealthStatus::Lagging);
        assert_eq!(facts.health(NOW, &strict).lag, Duration::from_secs(1));
        let facts = ScopeFacts { moved_at: ago(2), ..facts };
        assert_eq!(facts.health(NOW, &strict).status, HealthStatus::Lagging);
        let facts = ScopeFacts { oldest_pending_at: ago(2), ..facts };
        assert_eq!(facts.health(NOW, &strict).status, HealthStatus::Stalled);
    }
}
