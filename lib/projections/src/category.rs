//! Why something could not be projected: a closed set (RT-44, section 10 of the runtime contract).

use dg_domain::{ErrorCode, Violation};

/// What kind of trouble, and with it who has to do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    /// The database is away or did not answer in time. Tried for ever.
    StorageUnavailable,
    /// The database gave way to another transaction. Tried at once.
    StorageConflict,
    /// The database has no space or memory left. Tried for ever; somebody has to add some.
    StorageFull,
    /// A stored payload is not what was hashed: an integrity incident.
    PayloadHashMismatch,
    /// An event is missing, or not where it should be: an integrity incident.
    SequenceGap,
    /// The projector cannot make sense of a payload: newer code, or a quarantine.
    SchemaViolation,
    /// Somebody else has the scope now. Nothing to do.
    LockLost,
    /// A bug.
    Internal,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 8] = [
        Self::StorageUnavailable,
        Self::StorageConflict,
        Self::StorageFull,
        Self::PayloadHashMismatch,
        Self::SequenceGap,
        Self::SchemaViolation,
        Self::LockLost,
        Self::Internal,
    ];

    /// The name in tables, metrics and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StorageUnavailable => "storage_unavailable",
            Self::StorageConflict => "storage_conflict",
            Self::StorageFull => "storage_full",
            Self::PayloadHashMismatch => "payload_hash_mismatch",
            Self::SequenceGap => "sequence_gap",
            Self::SchemaViolation => "schema_violation",
            Self::LockLost => "lock_lost",
            Self::Internal => "internal",
        }
    }
}

impl From<&Violation> for Category {
    fn from(violation: &Violation) -> Self {
        match violation.code {
            ErrorCode::Conflict => Self::PayloadHashMismatch,
            ErrorCode::EventSequenceInvalid => Self::SequenceGap,
            ErrorCode::SchemaViolation | ErrorCode::InvalidArgument | ErrorCode::PayloadTooLarge => {
                Self::SchemaViolation
            }
            ErrorCode::PiiPolicyViolation
            | ErrorCode::IdempotencyConflict
            | ErrorCode::ProjectionOutOfDate
            | ErrorCode::NotFound
            | ErrorCode::Storage => Self::Internal,
        }
    }
}
