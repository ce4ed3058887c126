//! Replay runs: what may be asked for, and which state may follow which.
//!
//! Every change of a run's status is a compare-and-set on the statuses named here, so two hands never both win.

use std::fmt;

use crate::Projection;

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunMode {
    /// Brings the live generation to the end of the log, or to `until_log_seq`; tries a resting scope at once.
    CatchUp,
    /// Folds the whole log into a new generation and makes it the live one.
    Rebuild,
    /// Folds the whole log into a scratch generation, compares it with the live one, and removes it.
    Verify,
    /// Projects one event that was set aside, with everything of its trace.
    Reproject,
}

impl RunMode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::CatchUp, Self::Rebuild, Self::Verify, Self::Reproject];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CatchUp => "catch_up",
            Self::Rebuild => "rebuild",
            Self::Verify => "verify",
            Self::Reproject => "reproject",
        }
    }

    /// The mode of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunStatus {
    /// Waits for a runner.
    Queued,
    /// A runner works on it, or died while it did; the next one goes on.
    Running,
    /// An operator stopped it for now; it keeps what it has done.
    Paused,
    /// An operator ended it; its runner has not noticed yet.
    Cancelling,
    /// It ended without effect.
    Cancelled,
    /// It did what was asked.
    Completed,
    /// It could not; the error says why.
    Failed,
}

impl RunStatus {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Queued, Self::Running, Self::Paused, Self::Cancelling, Self::Cancelled, Self::Completed, Self::Failed];

    /// The name in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Cancelled | Self::Completed | Self::Failed)
    }
}

/// What somebody does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunStep {
    /// A runner takes it, for the first time or after another one died.
    Claim,
    /// Its runner stops, for a reason that is not the run's, and lets the next one go on.
    GiveBack,
    /// An operator stops it for now.
    Pause,
    /// An operator lets it go on.
    Resume,
    /// An operator ends it.
    Cancel,
    /// Its runner did what was asked. Also when that was done before a cancel was noticed.
    Complete,
    /// Its runner noticed the cancel.
    Stop,
    /// Its runner could not go on.
    Fail,
}

impl RunStep {
    /// Every step.
    pub const ALL: [Self; 8] =
        [Self::Claim, Self::GiveBack, Self::Pause, Self::Resume, Self::Cancel, Self::Complete, Self::Stop, Self::Fail];

    /// The status that follows on `from`, or `None` where the step is not allowed. Source: RT-70, with a pause added.
    #[must_use]
    pub const fn after(self, from: RunStatus) -> Option<RunStatus> {
        use RunStatus::{Cancelled, Cancelling, Completed, Failed, Paused, Queued, Running};
        match (self, from) {
            (Self::Claim, Queued | Running) => Some(Running),
            // A runner that died while it was to stop: the next one stops in its place.
            (Self::Claim, Cancelling) => Some(Cancelling),
            (Self::Pause, Queued | Running) => Some(Paused),
            (Self::GiveBack, Running) | (Self::Resume, Paused) => Some(Queued),
            (Self::Cancel, Queued) => Some(Cancelled),
            // What a runner has built is removed by a runner.
            (Self::Cancel, Running | Paused) => Some(Cancelling),
            (Self::Complete, Running | Cancelling) => Some(Completed),
            (Self::Stop, Cancelling) => Some(Cancelled),
            (Self::Fail, Running | Cancelling) => Some(Failed),
            _ => None,
        }
    }

    /// The statuses from which the step is allowed, for the `WHERE` of its statement.
    #[must_use]
    pub fn allowed_from(self) -> Vec<RunStatus> {
        RunStatus::ALL.into_iter().filter(|from| self.after(*from).is_some()).collect()
    }
}

/// Which projections a run covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunTarget {
    /// Every one of the tenant.
    All,
    /// The three of the reference: those with a published digest.
    Reference,
    /// One.
    One(Projection),
}

impl RunTarget {
    /// The name in tables and on the wire: `all`, `reference`, or the projection's.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Reference => "reference",
            Self::One(projection) => projection.as_str(),
        }
    }

    /// The target of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "all" => Some(Self::All),
            "reference" => Some(Self::Reference),
            name => Projection::from_name(name).map(Self::One),
        }
    }

    /// The projections it covers, in [`Projection::ALL`] order.
    #[must_use]
    pub fn projections(self) -> Vec<Projection> {
        match self {
            Self::All => Projection::ALL.to_vec(),
            Self::Reference => Projection::REFERENCE.to_vec(),
            Self::One(projection) => vec![projection],
        }
    }
}

impl fmt::Display for RunTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert!(RunMode::ALL.into_iter().all(|mode| RunMode::from_name(mode.as_str()) == Some(mode)));
        assert!(RunStatus::ALL.into_iter().all(|status| RunStatus::from_name(status.as_str()) == Some(status)));
        assert_eq!(RunTarget::from_name("all").map(RunTarget::projections), Some(Projection::ALL.to_vec()));
        assert_eq!(RunTarget::from_name("trace_index"), Some(RunTarget::One(Projection::TraceIndex)));
        assert_eq!(RunTarget::from_name("reference").map(|target| target.projections().len()), Some(3));
        assert_eq!(RunTarget::from_name("everything"), None);
    }

    #[test]
    fn final_states_are_final_and_every_other_has_a_way_out() {
        for from in RunStatus::ALL {
            let ways = RunStep::ALL.into_iter().filter_map(|step| step.after(from)).filter(|to| *to != from).count();
            assert_eq!(ways == 0, from.is_final(), "{from:?}");
        }
    }

    #[test]
    fn a_cancel_is_carried_out_by_the_runner() {
        assert_eq!(RunStep::Cancel.after(RunStatus::Running), Some(RunStatus::Cancelling));
        assert_eq!(RunStep::Stop.after(RunStatus::Cancelling), Some(RunStatus::Cancelled));
        assert_eq!(RunStep::Stop.after(RunStatus::Running), None);
        assert_eq!(RunStep::Pause.allowed_from(), [RunStatus::Queued, RunStatus::Running]);
    }
}
