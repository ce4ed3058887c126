//! The one way from a failure to a response.
//!
//! A response carries code, message and details. The cause stays here: it is logged under the request id, once, when the
//! response is made, and never sent.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dg_domain::{Problem, Violation};
use dg_storage::StoreError;
use dg_storage::log::AppendError;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tracing::{debug, error, warn};
use utoipa::ToSchema;

use crate::code::Code;
use crate::context;

const RETRY_SOON: Duration = Duration::from_secs(1);

/// A failure as the client will see it, with the cause that it will not see.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    message: Cow<'static, str>,
    details: Map<String, Value>,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// A failure without details.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let retry_after = code.is_transient().then_some(RETRY_SOON);
        Self { code, message: message.into(), details: Map::new(), retry_after, cause: None }
    }

    /// A request that nobody could carry out as it stands.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// One refusal for everything that is wrong with a document that stands `at` a place of the body.
    pub fn problems(at: &str, problems: &[Problem]) -> Self {
        let below = |found: &Problem| Problem { pointer: format!("{at}{}", found.pointer), ..found.clone() };
        let found: Vec<Problem> = problems.iter().map(below).collect();
        let first = found.first().map(|first| (first.pointer.clone(), first.message.clone())).unwrap_or_default();
        Self::invalid(format!("{} {}", first.0.trim_start_matches('/'), first.1))
            .with("pointer", first.0)
            .with("errors", found.iter().map(problem).collect::<Vec<_>>())
    }

    /// A bug or a broken assumption of ours; the cause goes to the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::InternalError, "the service failed; its log has the reason under this request id")
            .caused_by(cause)
    }

    /// The database did not answer; the cause goes to the log.
    pub fn storage(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Storage, "the database is not available; try again").caused_by(cause)
    }

    /// Adds one key of `details`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Says when to try again instead of the code's default.
    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Adds what the log should say and the client should not know.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The stable code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The message for the client.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What a program may want to know beyond the code.
    pub const fn details(&self) -> &Map<String, Value> {
        &self.details
    }

    fn log(&self) {
        let code = self.code.as_str();
        match (&self.cause, self.code) {
            (Some(cause), Code::InternalError) => error!(code, cause = %Chain(cause.as_ref()), "request failed"),
            (Some(cause), _) => warn!(code, cause = %Chain(cause.as_ref()), "request failed"),
            (None, _) => debug!(code, message = %self.message, "request refused"),
        }
    }
}

/// Where it went wrong, as the item of a batch or the body of a response says it.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorJson<'a> {
    #[schema(schema_with = codes)]
    code: &'static str,
    message: &'a str,
    #[schema(schema_with = details)]
    details: &'a Map<String, Value>,
}

fn codes() -> utoipa::openapi::Schema {
    crate::contract::words(Code::ALL.map(Code::as_str))
}

fn details() -> utoipa::openapi::Ref {
    utoipa::openapi::Ref::from_schema_name("ErrorDetails")
}

impl ApiError {
    /// The `error` object of an envelope, or of one item of a batch.
    pub fn json(&self) -> ErrorJson<'_> {
        ErrorJson { code: self.code.as_str(), message: &self.message, details: &self.details }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Failure<'a> {
            error: ErrorJson<'a>,
            request_id: &'a str,
        }
        self.log();
        let request_id = context::request_id();
        let failure = Failure { error: self.json(), request_id: request_id.as_str() };
        let body = serde_json::to_vec(&failure).expect("strings and JSON values serialise");
        let mut response = (self.code.status(), [crate::reply::JSON], body).into_response();
        let headers = response.headers_mut();
        if self.code.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, whole_seconds(after));
        }
        headers.insert(X_ERROR_CODE, HeaderValue::from_static(self.code.as_str()));
        response
    }
}

/// The code again, for callers that do not read bodies (HEAD, proxies, access logs).
pub const X_ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");

fn whole_seconds(after: Duration) -> HeaderValue {
    HeaderValue::from(after.as_millis().div_ceil(1000).clamp(1, 3600) as u32)
}

impl From<Violation> for ApiError {
    fn from(violation: Violation) -> Self {
        let mut error = Self::new(violation.code.into(), violation.message);
        let details = violation.details;
        if let Some(pointer) = details.pointer {
            error = error.with("pointer", pointer);
        }
        if let Some(expected) = details.expected_trace_seq {
            error = error.with("expected_trace_seq", expected);
        }
        if !details.mismatches.is_empty() {
            error = error.with("mismatches", details.mismatches);
        }
        if let Some(trace_id) = details.trace_id {
            error = error.with("trace_id", trace_id);
        }
        if let Some(constraint) = details.constraint {
            error = error.with("constraint", constraint);
        }
        if let Some(reason) = details.reason {
            error = error.with("reason", reason);
        }
        if !details.errors.is_empty() {
            error = error.with("errors", details.errors.iter().map(problem).collect::<Vec<_>>());
        }
        if details.errors_left_out > 0 {
            error = error.with("errors_left_out", details.errors_left_out);
        }
        error
    }
}

fn problem(problem: &Problem) -> Value {
    let mut told = json!({"pointer": problem.pointer, "code": problem.code.as_str(), "message": problem.message});
    if let Some(reason) = problem.reason {
        told["reason"] = reason.into();
    }
    told
}

impl From<StoreError> for ApiError {
    fn from(source: StoreError) -> Self {
        match source {
            StoreError::Domain(violation) => violation.into(),
            StoreError::NotFound { .. } => Self::new(Code::NotFound, source.to_string()),
            StoreError::Changed { .. } => Self::new(Code::PreconditionFailed, source.to_string()),
            StoreError::Exists { .. } => Self::new(Code::Conflict, source.to_string()),
            StoreError::RunOverlaps { job_id } => {
                Self::new(Code::Conflict, source.to_string()).with("job_id", job_id.to_string())
            }
            StoreError::WrongState { status, .. } => {
                Self::new(Code::Conflict, source.to_string()).with("status", status)
            }
            other => Self::storage(other),
        }
    }
}

impl From<AppendError> for ApiError {
    fn from(source: AppendError) -> Self {
        match source {
            AppendError::Full { retry_after_ms } => {
                Self::new(Code::RateLimited, "too many events are waiting to be stored; try again")
                    .retry_after(Duration::from_millis(retry_after_ms))
            }
            AppendError::UnknownTenant => Self::new(Code::NotFound, "the tenant is not registered"),
            AppendError::Unavailable(source) => source.into(),
            AppendError::Stopped => Self::new(Code::Storage, "the service is stopping; try again"),
            AppendError::Aborted(violations) => match violations.into_iter().flatten().next() {
                Some(violation) => violation.into(),
                None => Self::internal("an atomic batch was refused without a violation"),
            },
        }
    }
}

/// Prints an error and everything below it on one line.
struct Chain<'a>(&'a (dyn Error + Send + Sync + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(source) = next {
            write!(f, ": {source}")?;
            next = source.source();
        }
        Ok(())
    }
}
