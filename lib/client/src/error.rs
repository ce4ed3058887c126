//! The errors of the client: what the service answered, or why there was no answer, or why a spool did not take an event.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::SpoolError;

/// A call that did not succeed.
///
/// `code` is the service's stable code when it answered with its envelope. Without an answer it is one of:
/// `unavailable` (not reachable, or the connection broke), `timeout`, `invalid_response` (something else answered
/// there), `invalid_argument` with no status (the call was refused before anything was sent), `invalid_event` (the event
/// can never be stored), `wait_timeout` (what was waited for did not happen in time).
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ClientError {
    /// Stable, machine-readable.
    pub code: String,
    /// For people.
    pub message: String,
    /// What the service added, for example `expected_trace_seq`.
    pub details: Map<String, Value>,
    /// Names this call in the service's log.
    pub request_id: Option<String>,
    /// HTTP status; none when no answer came.
    pub status: Option<u16>,
    /// Seconds the service asked callers to stay away.
    pub retry_after_s: Option<u16>,
    #[source]
    pub(crate) source: Option<Box<reqwest::Error>>,
}

impl ClientError {
    /// Whether the same call may succeed later with nobody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.status {
            Some(status) => matches!(status, 408 | 429 | 502 | 503 | 504),
            None => matches!(self.code.as_str(), "unavailable" | "timeout"),
        }
    }

    pub(crate) fn local(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            details: Map::new(),
            request_id: None,
            status: None,
            retry_after_s: None,
            source: None,
        }
    }

    pub(crate) fn transport(base_url: &str, source: reqwest::Error) -> Self {
        let (code, message) = if source.is_timeout() {
            ("timeout", format!("no answer from {base_url} in time"))
        } else if source.is_connect() {
            ("unavailable", format!("cannot connect to {base_url}"))
        } else if source.is_builder() {
            ("invalid_argument", "the request cannot be written".to_owned())
        } else {
            ("unavailable", format!("the connection to {base_url} broke"))
        };
        // The address is in the message already; the cause should not repeat it, with its query, into logs.
        Self { source: Some(Box::new(source.without_url())), ..Self::local(code, message) }
    }

    /// Whether nothing of the request can have reached the service.
    pub(crate) fn is_unsent(&self) -> bool {
        self.status == Some(429) || self.source.as_ref().is_some_and(|source| source.is_connect())
    }
}

/// An event was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The service said no, or did not answer, or the event can never be stored.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The spool did not take it.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl RecordError {
    /// Stable and machine-readable.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Client(error) => &error.code,
            Self::Spool(error) => error.code(),
        }
    }

    /// What there is to know besides.
    #[must_use]
    pub fn details(&self) -> Map<String, Value> {
        match self {
            Self::Client(error) => error.details.clone(),
            Self::Spool(error) => error.details(),
        }
    }

    /// HTTP status; none when the service did not answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Client(error) => error.status,
            Self::Spool(_) => None,
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Client(error) => error.retry_after_s.map(|seconds| Duration::from_secs(seconds.into())),
            Self::Spool(_) => None,
        }
    }
}
