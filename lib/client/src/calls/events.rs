//! Appending one event, reading the log.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::{Appended, Client, ClientError, StoredEvent, client::Repeat, path::segment};

/// Which part of the log to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Only positions after this one.
    pub after: Option<i64>,
    /// Only positions up to and including this one.
    pub until: Option<i64>,
    /// Only this type.
    pub event_type: Option<String>,
    /// Only this trace.
    pub trace_id: Option<String>,
    /// 1 to 1,000; the service takes 100 without it.
    pub limit: Option<u32>,
}

/// A stretch of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventPage {
    /// Oldest first.
    pub events: Vec<StoredEvent>,
    /// Value of `after` for the next page; none at the end.
    #[serde(default)]
    pub next_after: Option<i64>,
}

/// A stretch of one trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TraceEventPage {
    /// In the order of the trace.
    pub events: Vec<StoredEvent>,
    /// Value of `after_trace_seq` for the next page; none at the end.
    #[serde(default)]
    pub next_after_trace_seq: Option<i64>,
}

impl Client {
    /// Appends one event: an object with the fields of the envelope. `trace_seq` may be left out.
    ///
    /// # Errors
    /// The service's refusals, for example `schema_violation`, `event_sequence_invalid`, `idempotency_conflict`.
    pub async fn append(&self, event: &(impl Serialize + ?Sized)) -> Result<Appended, ClientError> {
        self.post("/events".to_owned(), Vec::new(), event, Repeat::Safe).await
    }

    /// Appends one event that is already encoded.
    pub(crate) async fn append_body(&self, body: Vec<u8>) -> Result<Appended, ClientError> {
        self.post_bytes("/events".to_owned(), Vec::new(), "application/json", body, Repeat::Safe).await
    }

    /// Reads one page of the log.
    ///
    /// # Errors
    /// The service's refusals, for example `invalid_argument` for a limit out of range.
    pub async fn events(&self, query: &EventQuery) -> Result<EventPage, ClientError> {
        let params = Params::default()
            .set("after", query.after)
            .set("until", query.until)
            .set("event_type", query.event_type.as_deref())
            .set("trace_id", query.trace_id.as_deref())
            .set("limit", query.limit);
        self.get("/events".to_owned(), params.0).await
    }

    /// Reads one page of a trace's events; `after_trace_seq` is exclusive.
    ///
    /// # Errors
    /// `not_found` for a trace without events, and the service's other refusals.
    pub async fn trace_events(
        &self,
        trace_id: &str,
        after_trace_seq: Option<i64>,
        limit: Option<u32>,
    ) -> Result<TraceEventPage, ClientError> {
        let path = format!("/traces/{}/events", segment("a trace id", trace_id)?);
        let params = Params::default().set("after_trace_seq", after_trace_seq).set("limit", limit);
        self.get(path, params.0).await
    }
}
