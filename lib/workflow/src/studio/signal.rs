//! What can stand out about a trace.

/// One of a fixed set: codes are for programs and never change, texts are for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// It asked for an exception to its policy.
    ExceptionRequested,
    /// It failed or was abandoned, its policy denied it, its exception was rejected, or its last action went wrong.
    UnfavorableOutcome,
    /// It is not finished.
    TraceActive,
    /// Nothing like it was decided before.
    NoPrecedents,
    /// What is like it ended otherwise, or in more than one way.
    PrecedentDivergence,
    /// Somebody decided against its policy.
    OverridePresent,
    /// Its last action failed, or was done in part.
    ActionFailed,
    /// It asked for more than one exception.
    RepeatException,
}

impl Signal {
    /// Every one, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::ExceptionRequested,
        Self::UnfavorableOutcome,
        Self::TraceActive,
        Self::NoPrecedents,
        Self::PrecedentDivergence,
        Self::OverridePresent,
        Self::ActionFailed,
        Self::RepeatException,
    ];

    /// The code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExceptionRequested => "exception_requested",
            Self::UnfavorableOutcome => "unfavorable_outcome",
            Self::TraceActive => "trace_active",
            Self::NoPrecedents => "no_precedents",
            Self::PrecedentDivergence => "precedent_divergence",
            Self::OverridePresent => "override_present",
            Self::ActionFailed => "action_failed",
            Self::RepeatException => "repeat_exception",
        }
    }

    /// The text.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ExceptionRequested => "an exception was requested",
            Self::UnfavorableOutcome => "the outcome is unfavourable",
            Self::TraceActive => "the trace is still active",
            Self::NoPrecedents => "there are no close precedents",
            Self::PrecedentDivergence => "precedents ended otherwise",
            Self::OverridePresent => "a policy was overridden",
            Self::ActionFailed => "the last action did not succeed",
            Self::RepeatException => "more than one exception was requested",
        }
    }
}
