//! The id that ties a response to its log lines.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the id both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// 1 to 128 characters of `[A-Za-z0-9._:-]`: safe in a header, a log line and JSON without escaping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Takes the caller's `x-request-id` when it has the allowed form, and draws one otherwise.
    pub fn of(headers: &HeaderMap) -> Self {
        headers
            .get(&X_REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .and_then(Self::accept)
            .unwrap_or_else(Self::draw)
    }

    fn accept(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        ((1..=128).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// Draws an id of 24 hexadecimal digits.
    pub fn draw() -> Self {
        let mut bytes = [0_u8; 12];
        getrandom::fill(&mut bytes).expect("the system has a random source");
        Self(hex::encode(bytes).into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header value.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("the allowed characters are header characters")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_safe_ids_and_replaces_the_rest() {
        for good in ["a", "req-1.2:3_4", &"x".repeat(128)] {
            assert_eq!(RequestId::accept(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a\"b", "ä", &"x".repeat(129)] {
            assert_eq!(RequestId::accept(bad), None, "{bad:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_static("a b"));
        let drawn = RequestId::of(&headers);
        assert_eq!(drawn.as_str().len(), 24);
        assert_ne!(drawn, RequestId::of(&headers));
    }
}
