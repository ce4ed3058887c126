//! The one error of the domain: a stable code, a sentence, and details a program can use.

use std::fmt;

/// Stable error categories. Codes never change once released; messages may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorCode {
    /// A bad key, time, number, limit or unreadable JSON.
    InvalidArgument,
    /// An unknown event type, a payload of the wrong shape, a float, an unknown envelope field.
    SchemaViolation,
    /// Text that looks like a credential.
    PiiPolicyViolation,
    /// A known idempotency key with other content.
    IdempotencyConflict,
    /// A `trace_seq` that is not the next one, or a first event that does not start the trace.
    EventSequenceInvalid,
    /// An append to a finished trace, or an `event_id` that is taken.
    Conflict,
    /// A read that asked for a position the projection has not reached.
    ProjectionOutOfDate,
    /// Nothing is known under that id.
    NotFound,
    /// A document or event beyond its size limit.
    PayloadTooLarge,
    /// The database refused or could not be reached.
    Storage,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::InvalidArgument,
        Self::SchemaViolation,
        Self::PiiPolicyViolation,
        Self::IdempotencyConflict,
        Self::EventSequenceInvalid,
        Self::Conflict,
        Self::ProjectionOutOfDate,
        Self::NotFound,
        Self::PayloadTooLarge,
        Self::Storage,
    ];

    /// The code of the HTTP contract, also the name of its page under `docs/errors/`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::SchemaViolation => "schema_violation",
            Self::PiiPolicyViolation => "pii_policy_violation",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::EventSequenceInvalid => "event_sequence_invalid",
            Self::Conflict => "conflict",
            Self::ProjectionOutOfDate => "projection_out_of_date",
            Self::NotFound => "not_found",
            Self::PayloadTooLarge => "payload_too_large",
            Self::Storage => "storage",
        }
    }

    /// The category of the reference contract, section 9. A size limit is an invalid argument there.
    #[must_use]
    pub const fn reference_code(self) -> &'static str {
        match self {
            Self::InvalidArgument | Self::PayloadTooLarge => "DG_ERR_INVALID_ARGUMENT",
            Self::SchemaViolation => "DG_ERR_SCHEMA_VIOLATION",
            Self::PiiPolicyViolation => "DG_ERR_PII_POLICY_VIOLATION",
            Self::IdempotencyConflict => "DG_ERR_IDEMPOTENCY_CONFLICT",
            Self::EventSequenceInvalid => "DG_ERR_EVENT_SEQUENCE_INVALID",
            Self::Conflict => "DG_ERR_CONFLICT",
            Self::ProjectionOutOfDate => "DG_ERR_PROJECTION_OUT_OF_DATE",
            Self::NotFound => "DG_ERR_NOT_FOUND",
            Self::Storage => "DG_ERR_STORAGE",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a program may want to know beyond the code. Absent fields do not apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// RFC 6901 pointer into the event, for example `/payload/title`.
    pub pointer: Option<String>,
    /// The number the trace expects next.
    pub expected_trace_seq: Option<i64>,
    /// Fields in which a reused idempotency key differs, in contract order.
    pub mismatches: Vec<&'static str>,
    /// The trace that is concerned.
    pub trace_id: Option<String>,
    /// The database constraint that would have been broken.
    pub constraint: Option<&'static str>,
    /// A finer reason within the code, for example `unknown_field`, `float`, `too_deep`.
    pub reason: Option<&'static str>,
    /// Everything that is wrong with the shape, this violation first; empty where that was not looked for.
    pub errors: Vec<Problem>,
    /// How many more there are.
    pub errors_left_out: usize,
}

/// One thing that is wrong with the shape of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, as an RFC 6901 pointer into the event.
    pub pointer: String,
    /// The category it would have alone.
    pub code: ErrorCode,
    /// One sentence for a person.
    pub message: String,
    /// A finer reason within the code.
    pub reason: Option<&'static str>,
}

impl Problem {
    /// What a violation says about a place; `None` for one that is about no place.
    #[must_use]
    pub fn of(violation: &Violation) -> Option<Self> {
        let Violation { code, message, details } = violation;
        let pointer = details.pointer.clone()?;
        Some(Self { pointer, code: *code, message: message.clone(), reason: details.reason })
    }
}

/// A refusal: why, in words and for programs. It never changes anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The stable category.
    pub code: ErrorCode,
    /// One sentence for a person, lowercase, without a full stop. Never holds payload text.
    pub message: String,
    /// Fields for a program.
    pub details: Box<Details>,
}

impl Violation {
    /// A refusal without details.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Box::default() }
    }

    /// A bad argument: [`ErrorCode::InvalidArgument`].
    #[must_use]
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message)
    }

    /// A shape that is not allowed: [`ErrorCode::SchemaViolation`].
    #[must_use]
    pub fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::SchemaViolation, message)
    }

    /// Says where in the event, as an RFC 6901 pointer.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.details.pointer = Some(pointer.into());
        self
    }

    /// Adds the finer reason.
    #[must_use]
    pub fn because(mut self, reason: &'static str) -> Self {
        self.details.reason = Some(reason);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Violation {}
