//! Reading the service's envelopes.

use reqwest::{Response, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::Meta;
use crate::ClientError;

#[derive(Deserialize)]
pub(super) struct Envelope<T> {
    pub(super) data: T,
    #[serde(default)]
    pub(super) meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Failure {
    error: FailureBody,
    #[serde(default)]
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct FailureBody {
    code: String,
    message: String,
    #[serde(default)]
    details: Map<String, Value>,
}

/// What matters of an answer besides its body.
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) retry_after_s: Option<u16>,
}

impl Head {
    pub(super) fn of(answer: &Response) -> Self {
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        Self {
            status: answer.status().as_u16(),
            request_id: text("x-request-id").map(ToOwned::to_owned),
            retry_after_s: text(header::RETRY_AFTER.as_str()).and_then(|seconds| seconds.trim().parse().ok()),
        }
    }
}

pub(super) fn decode<T: DeserializeOwned>(head: &Head, bytes: &[u8]) -> Result<Envelope<T>, ClientError> {
    let outside = |code: &str, message: String| ClientError {
        request_id: head.request_id.clone(),
        status: Some(head.status),
        retry_after_s: head.retry_after_s,
        ..ClientError::local(code, message)
    };
    if (200..300).contains(&head.status) {
        return serde_json::from_slice(bytes).map_err(|error| {
            outside("invalid_response", format!("the answer is not the one the API gives here: {error}"))
        });
    }
    match serde_json::from_slice::<Failure>(bytes) {
        Ok(failure) => Err(ClientError {
            details: failure.error.details,
            request_id: failure.request_id.or_else(|| head.request_id.clone()),
            ..outside(&failure.error.code, failure.error.message)
        }),
        // A proxy in between, or another program on that port.
        Err(_) => Err(outside("invalid_response", format!("status {} without the API's error envelope", head.status))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16) -> Head {
        Head { status, request_id: Some("r-header".to_owned()), retry_after_s: None }
    }

    #[test]
    fn data_and_meta_come_out_of_a_success() {
        let bytes = br#"{"data":[1,2],"meta":{"applied_seq":5,"head_seq":6,"generation":1},"request_id":"r"}"#;
        let envelope: Envelope<Vec<i64>> = decode(&head(200), bytes).ok().unwrap();
        assert_eq!(envelope.data, [1, 2]);
        assert_eq!(envelope.meta.unwrap().head_seq, 6);
    }

    #[test]
    fn a_failure_keeps_code_details_and_request_id() {
        let bytes = br#"{"error":{"code":"event_sequence_invalid","message":"expected 3","details":{"expected_trace_seq":3}},"request_id":"r-1"}"#;
        let error = decode::<Value>(&head(409), bytes).err().unwrap();
        assert_eq!((error.code.as_str(), error.status), ("event_sequence_invalid", Some(409)));
        assert_eq!(error.details["expected_trace_seq"], 3);
        assert_eq!(error.request_id.as_deref(), Some("r-1"));
        assert!(!error.is_transient());
    }

    #[test]
    fn an_answer_from_something_else_is_named_as_such() {
        let error = decode::<Value>(&head(502), b"<html>bad gateway</html>").err().unwrap();
        assert_eq!(error.code, "invalid_response");
        assert!(error.is_transient());
        assert_eq!(decode::<Value>(&head(200), b"hello").err().unwrap().code, "invalid_response");
    }
}
