//! The success envelope.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::context;
use crate::error::ApiError;
use crate::etag::Tag;

/// The content type of every body that the API sends.
pub const JSON: (HeaderName, HeaderValue) =
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));

/// Says on a response that the event had been stored before.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How fresh an answer from a projection is. Rows and positions come from one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Meta {
    /// The last event of the tenant that the answer contains.
    pub applied_seq: i64,
    /// The last event of the tenant.
    pub head_seq: i64,
    /// Which generation of the projection answered.
    pub generation: i64,
    /// The answer is as it was when the log ended here; `None` for the present.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub as_of_log_seq: Option<i64>,
}

/// `{"data": …, "request_id": …}`, and `"meta"` for reads of a projection.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    /// Starts with `{"data":` and lacks everything after the value.
    body: Vec<u8>,
    /// Where the value ends.
    data_end: usize,
    replayed: bool,
    unkept: bool,
}

/// Marks a response whose body is not to be kept for repeats: it holds a secret.
#[derive(Clone, Copy, Debug)]
pub struct Unkept;

const DATA: &[u8] = b"{\"data\":";

impl Reply {
    /// 200 with `data`.
    ///
    /// # Errors
    /// `internal_error` when `data` cannot be written as JSON.
    pub fn ok(data: &impl Serialize) -> Result<Self, ApiError> {
        let mut body = Vec::with_capacity(1024);
        body.extend_from_slice(DATA);
        serde_json::to_writer(&mut body, data).map_err(ApiError::internal)?;
        let data_end = body.len();
        Ok(Self { status: StatusCode::OK, body, data_end, replayed: false, unkept: false })
    }

    /// 201 with `data`.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub fn created(data: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self { status: StatusCode::CREATED, ..Self::ok(data)? })
    }

    /// 202 with `data`: it will be done.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub fn accepted(data: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self { status: StatusCode::ACCEPTED, ..Self::ok(data)? })
    }

    /// 207 with `data`: several things were done, each with an outcome of its own.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub fn multi(data: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self { status: StatusCode::MULTI_STATUS, ..Self::ok(data)? })
    }

    /// Adds how fresh the answer is.
    ///
    /// # Errors
    /// As [`Reply::ok`].
    pub fn with_meta(mut self, meta: Meta) -> Result<Self, ApiError> {
        self.body.extend_from_slice(b",\"meta\":");
        serde_json::to_writer(&mut self.body, &meta).map_err(ApiError::internal)?;
        Ok(self)
    }

    /// Marks the answer as that of an earlier request.
    #[must_use]
    pub fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }

    /// Says that the answer holds a secret that is shown once.
    #[must_use]
    pub fn unkept(self) -> Self {
        Self { unkept: true, ..self }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let reads = self.status == StatusCode::OK && context::reads();
        let tag = reads.then(|| Tag::of(&self.body[DATA.len()..self.data_end]));
        let mut body = self.body;
        body.extend_from_slice(b",\"request_id\":\"");
        body.extend_from_slice(context::request_id().as_str().as_bytes());
        body.extend_from_slice(b"\"}");
        let mut response = (self.status, [JSON], body).into_response();
        if self.replayed {
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        if self.unkept {
            response.extensions_mut().insert(Unkept);
        }
        if let Some(tag) = tag {
            response.extensions_mut().insert(tag);
        }
        response
    }
}
