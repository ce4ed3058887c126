//! The closed vocabulary of events.

use std::{fmt, str::FromStr};

/// What happened. Ten types of the reference, [`Self::WorkflowReviewRequested`] of its service, and
/// [`Self::WorkflowActionRecorded`], which puts the handling of a review into the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is named by the contract; its payload is documented in `event::shape`")]
pub enum EventType {
    TraceStarted,
    InputObserved,
    EntityObserved,
    PolicyEvaluated,
    ExceptionRequested,
    ApprovalRecorded,
    PrecedentCited,
    ActionProposed,
    ActionCommitted,
    TraceFinished,
    WorkflowReviewRequested,
    WorkflowActionRecorded,
}

impl EventType {
    /// Every type, in contract order.
    pub const ALL: [Self; 12] = [
        Self::TraceStarted,
        Self::InputObserved,
        Self::EntityObserved,
        Self::PolicyEvaluated,
        Self::ExceptionRequested,
        Self::ApprovalRecorded,
        Self::PrecedentCited,
        Self::ActionProposed,
        Self::ActionCommitted,
        Self::TraceFinished,
        Self::WorkflowReviewRequested,
        Self::WorkflowActionRecorded,
    ];

    /// The name on the wire and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TraceStarted => "TraceStarted",
            Self::InputObserved => "InputObserved",
            Self::EntityObserved => "EntityObserved",
            Self::PolicyEvaluated => "PolicyEvaluated",
            Self::ExceptionRequested => "ExceptionRequested",
            Self::ApprovalRecorded => "ApprovalRecorded",
            Self::PrecedentCited => "PrecedentCited",
            Self::ActionProposed => "ActionProposed",
            Self::ActionCommitted => "ActionCommitted",
            Self::TraceFinished => "TraceFinished",
            Self::WorkflowReviewRequested => "WorkflowReviewRequested",
            Self::WorkflowActionRecorded => "WorkflowActionRecorded",
        }
    }
}

impl EventType {
    /// What an event of the type says.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::TraceStarted => "A decision begins: which workflow, about which entity.",
            Self::InputObserved => "Something was read that the decision rests on.",
            Self::EntityObserved => "An entity plays a part in the decision.",
            Self::PolicyEvaluated => "A policy was evaluated, and how it decided.",
            Self::ExceptionRequested => "An exception to a policy is asked for.",
            Self::ApprovalRecorded => "Somebody approved or rejected something.",
            Self::PrecedentCited => "An earlier trace is cited as a precedent.",
            Self::ActionProposed => "An action is proposed, and what it would change.",
            Self::ActionCommitted => "An action was carried out, or failed.",
            Self::TraceFinished => "The decision is over, and how it ended.",
            Self::WorkflowReviewRequested => "A person is asked to look at something.",
            Self::WorkflowActionRecorded => "A review was handled: a comment, a reassignment, an escalation.",
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name outside the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEventType;

impl fmt::Display for UnknownEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown event_type")
    }
}

impl std::error::Error for UnknownEventType {}

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownEventType)
    }
}
