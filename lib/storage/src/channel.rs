//! The channels on which processes nudge each other.

/// What changed. A nudge carries nothing else and may be lost: whoever follows reads from its own position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A log grew.
    Log,
    /// A projection moved.
    Projection,
    /// A job was queued or finished.
    Jobs,
    /// A review item changed.
    Workflow,
    /// Configuration in tables changed.
    Config,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] = [Self::Log, Self::Projection, Self::Jobs, Self::Workflow, Self::Config];

    /// The name in PostgreSQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "dg_log",
            Self::Projection => "dg_projection",
            Self::Jobs => "dg_jobs",
            Self::Workflow => "dg_workflow",
            Self::Config => "dg_config",
        }
    }

    pub(crate) const fn bit(self) -> u8 {
        1 << self.index()
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Log => 0,
            Self::Projection => 1,
            Self::Jobs => 2,
            Self::Workflow => 3,
            Self::Config => 4,
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }
}
