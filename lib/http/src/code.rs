//! The stable error codes of the API with their status.

use axum::http::StatusCode;
use dg_domain::ErrorCode;

/// What a failed request is told, besides the message. A code never changes once released, has exactly one status, and
/// has a page `docs/errors/<code>.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A parameter, header or envelope field is missing or unusable.
    InvalidArgument,
    /// No valid bearer token.
    Unauthorized,
    /// The session of the person in whose name the caller acts is not valid, or not any more.
    SessionEnded,
    /// The account may not do this, or not for this tenant.
    Forbidden,
    /// A person did not prove who they are.
    SignInRefused,
    /// The route, tenant, trace or other thing does not exist.
    NotFound,
    /// The route exists, but not for this method.
    MethodNotAllowed,
    /// The `accept` header rules out JSON.
    NotAcceptable,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The thing exists already, or the trace is finished.
    Conflict,
    /// An idempotency key was used again for something else.
    IdempotencyConflict,
    /// `trace_seq` is not the next number of the trace.
    EventSequenceInvalid,
    /// A projection is behind the position that the caller asked for.
    ProjectionOutOfDate,
    /// The thing is not any more as the caller saw it.
    PreconditionFailed,
    /// An event or body is larger than its limit.
    PayloadTooLarge,
    /// The body is neither JSON nor NDJSON.
    UnsupportedMediaType,
    /// An event does not have the shape of its type.
    SchemaViolation,
    /// An event contains something shaped like a secret.
    PiiPolicyViolation,
    /// More work is queued than the service takes on, or something was tried too often.
    RateLimited,
    /// A bug.
    InternalError,
    /// The issuer at which people prove who they are did not answer, or not as it should.
    SignInUnavailable,
    /// The database did not answer, or not in time.
    Storage,
}

impl Code {
    /// Every code, by status.
    pub const ALL: [Self; 22] = [
        Self::InvalidArgument,
        Self::Unauthorized,
        Self::SessionEnded,
        Self::Forbidden,
        Self::SignInRefused,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::Conflict,
        Self::IdempotencyConflict,
        Self::EventSequenceInvalid,
        Self::ProjectionOutOfDate,
        Self::PreconditionFailed,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::SchemaViolation,
        Self::PiiPolicyViolation,
        Self::RateLimited,
        Self::InternalError,
        Self::SignInUnavailable,
        Self::Storage,
    ];

    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::Unauthorized => "unauthorized",
            Self::SessionEnded => "session_ended",
            Self::Forbidden => "forbidden",
            Self::SignInRefused => "sign_in_refused",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotAcceptable => "not_acceptable",
            Self::RequestTimeout => "request_timeout",
            Self::Conflict => "conflict",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::EventSequenceInvalid => "event_sequence_invalid",
            Self::ProjectionOutOfDate => "projection_out_of_date",
            Self::PreconditionFailed => "precondition_failed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::SchemaViolation => "schema_violation",
            Self::PiiPolicyViolation => "pii_policy_violation",
            Self::RateLimited => "rate_limited",
            Self::InternalError => "internal_error",
            Self::SignInUnavailable => "sign_in_unavailable",
            Self::Storage => "storage",
        }
    }

    /// The one status that goes with the code.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::InvalidArgument => StatusCode::BAD_REQUEST,
            Self::Unauthorized | Self::SessionEnded => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::SignInRefused => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict | Self::IdempotencyConflict | Self::EventSequenceInvalid | Self::ProjectionOutOfDate => {
                StatusCode::CONFLICT
            }
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::SchemaViolation | Self::PiiPolicyViolation => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::SignInUnavailable | Self::Storage => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What it says, in a few words, for the documentation.
    pub const fn about(self) -> &'static str {
        match self {
            Self::InvalidArgument => "a parameter, header or field of the body is missing or unusable",
            Self::Unauthorized => "no valid bearer token",
            Self::SessionEnded => "the session of the person is unknown or has ended",
            Self::Forbidden => "the account may not do this, or not for this tenant",
            Self::SignInRefused => "name and password do not belong together",
            Self::NotFound => "the tenant, trace or other thing does not exist",
            Self::MethodNotAllowed => "the route does not answer to this method",
            Self::NotAcceptable => "the accept header rules out what the route answers in",
            Self::RequestTimeout => "the body did not arrive in time",
            Self::Conflict => "the thing exists already, or its state does not allow this",
            Self::IdempotencyConflict => "the idempotency key was used for something else",
            Self::EventSequenceInvalid => "trace_seq is not the next number of the trace",
            Self::ProjectionOutOfDate => "the projection is behind the position that was asked for",
            Self::PreconditionFailed => "the thing has changed since the caller saw it",
            Self::PayloadTooLarge => "the body or an event is larger than its limit",
            Self::UnsupportedMediaType => "the body is in no media type that the route takes",
            Self::SchemaViolation => "the event does not have the shape of its type",
            Self::PiiPolicyViolation => "the event contains something shaped like a secret",
            Self::RateLimited => "too much was asked for at once; wait as long as retry-after says",
            Self::InternalError => "a fault of the service; its log has the reason under the request id",
            Self::SignInUnavailable => "the issuer at which people sign in cannot be asked",
            Self::Storage => "the database did not answer in time; trying again is safe with the same idempotency key",
        }
    }

    /// Whether the same request may succeed later with nobody changing anything; such answers carry `retry-after`.
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::SignInUnavailable | Self::Storage | Self::ProjectionOutOfDate)
    }
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::InvalidArgument => Self::InvalidArgument,
            ErrorCode::SchemaViolation => Self::SchemaViolation,
            ErrorCode::PiiPolicyViolation => Self::PiiPolicyViolation,
            ErrorCode::IdempotencyConflict => Self::IdempotencyConflict,
            ErrorCode::EventSequenceInvalid => Self::EventSequenceInvalid,
            ErrorCode::Conflict => Self::Conflict,
            ErrorCode::ProjectionOutOfDate => Self::ProjectionOutOfDate,
            ErrorCode::NotFound => Self::NotFound,
            ErrorCode::PayloadTooLarge => Self::PayloadTooLarge,
            ErrorCode::Storage => Self::Storage,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_code_has_its_page() {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        for code in Code::ALL {
            let page = std::fs::read_to_string(pages.join(format!("{}.md", code.as_str()))).unwrap_or_default();
            let status = code.status().as_u16().to_string();
            assert!(page.contains(&status), "docs/errors/{}.md is missing or does not name {status}", code.as_str());
        }
    }

    #[test]
    fn codes_are_distinct() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
