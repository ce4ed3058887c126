//! One child's life.

use std::time::Duration;

use dg_runtime::backoff::Backoff;

use super::{Child, Ending, Kind, Ready};

const RESTART: Backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(10) };
/// For a daemon that was up: it can come up, so its users should not wait long for the next one.
const REVIVAL: Backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(2) };
const DATABASE_RESTART: Backoff = Backoff { first: Duration::from_millis(100), cap: Duration::from_secs(1) };
/// So long in good health makes earlier failures forgotten.
const HEALTHY: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not started yet: something before it is not up.
    Waiting,
    /// Being started, or running and not up yet.
    Starting,
    Ready,
    /// A oneshot that ended well.
    Done,
    /// Waits for its next start.
    Backoff {
        until: Duration,
    },
    /// Stays down until a person has changed something.
    Down,
    Stopping {
        until: Duration,
        escalated: bool,
    },
    Stopped,
}

#[derive(Debug)]
pub(crate) struct ChildState {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) phase: Phase,
    pub(crate) pid: Option<u32>,
    /// Starts after the first.
    pub(crate) restarts: u32,
    pub(crate) last_ending: Option<Ending>,
    pub(super) after: Vec<usize>,
    pub(super) grace: Duration,
    ready: Ready,
    failures: u32,
    up_since: Option<Duration>,
}

impl ChildState {
    pub(super) fn new(child: &Child, after: Vec<usize>) -> Self {
        Self {
            name: child.name.clone(),
            kind: child.kind,
            phase: Phase::Waiting,
            pid: None,
            restarts: 0,
            last_ending: None,
            after,
            grace: Duration::from_millis(child.stop_grace_ms),
            ready: child.ready(),
            failures: 0,
            up_since: None,
        }
    }

    /// Whether there is a process, or one is just being made.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Ready | Phase::Stopping { .. })
    }

    /// Whether those that come after it may start.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.phase, Phase::Ready | Phase::Done)
    }

    pub(super) fn wants_start(&self, now: Duration) -> bool {
        match self.phase {
            Phase::Waiting => true,
            Phase::Backoff { until } => until <= now,
            _ => false,
        }
    }

    /// When something is to be decided about it. A child that waits for another one has no time of its own.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Backoff { until } | Phase::Stopping { until, .. } => Some(until),
            _ => None,
        }
    }

    pub(super) fn spawned(&mut self, now: Duration, pid: u32) {
        self.pid = Some(pid);
        if self.ready == Ready::Spawned {
            self.up(now);
        }
    }

    pub(super) fn up(&mut self, now: Duration) {
        if self.phase == Phase::Starting {
            self.phase = Phase::Ready;
            self.up_since = Some(now);
        }
    }

    pub(super) fn stopping(&mut self, now: Duration) {
        self.phase = Phase::Stopping { until: now + self.grace, escalated: false };
    }

    pub(super) fn ended(&mut self, now: Duration, ending: Ending, stopping: bool) {
        self.pid = None;
        let was_up_for = self.up_since.take().map(|since| now.saturating_sub(since));
        self.phase = match &ending {
            Ending::Code(0) if self.kind == Kind::Oneshot => Phase::Done,
            _ if stopping => Phase::Stopped,
            Ending::Code(64 | 78) | Ending::Unstarted { hopeless: true, .. } => Phase::Down,
            _ => Phase::Backoff { until: now + self.pause(was_up_for) },
        };
        if matches!(self.phase, Phase::Backoff { .. }) {
            self.restarts += 1;
        }
        self.last_ending = Some(ending);
    }

    fn pause(&mut self, was_up_for: Option<Duration>) -> Duration {
        if was_up_for.is_some_and(|time| time >= HEALTHY) {
            self.failures = 0;
        }
        let failures = self.failures;
        self.failures += 1;
        match (self.kind, failures) {
            // A database that was up and fell is missed by everybody.
            (Kind::Postgres, 0) if was_up_for.is_some() => Duration::ZERO,
            (Kind::Postgres, _) => DATABASE_RESTART.delay(failures.saturating_sub(1), 0.0),
            (Kind::Daemon, _) if was_up_for.is_some() => REVIVAL.delay(failures, 0.0),
            (Kind::Daemon | Kind::Oneshot, _) => RESTART.delay(failures, 0.0),
        }
    }
}
