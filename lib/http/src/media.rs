//! Content negotiation: what a body may be, and what a caller accepts.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::code::Code;
use crate::error::ApiError;

/// How a request body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// One JSON document.
    Json,
    /// One JSON document per line.
    Ndjson,
}

/// What the body claims to be; JSON when it claims nothing.
///
/// # Errors
/// `unsupported_media_type` for anything that is not in `allowed`, and for a compressed body.
pub fn of_body(headers: &HeaderMap, allowed: &[Media]) -> Result<Media, ApiError> {
    let plain = |encoding: &HeaderValue| encoding.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        let message = "the body must not be compressed; send it without a content-encoding";
        return Err(ApiError::new(Code::UnsupportedMediaType, message));
    }
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Media::Json) };
    let text = value.to_str().unwrap_or_default();
    let name = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let media = match name.as_str() {
        "application/json" => Some(Media::Json),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Media::Ndjson),
        _ => None,
    };
    media.filter(|media| allowed.contains(media) && is_utf8(text)).ok_or_else(|| {
        let names = if allowed.contains(&Media::Ndjson) {
            "application/json or application/x-ndjson"
        } else {
            "application/json"
        };
        ApiError::new(Code::UnsupportedMediaType, format!("the content type must be {names}, in UTF-8"))
    })
}

fn is_utf8(content_type: &str) -> bool {
    content_type.split(';').skip(1).all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        _ => true,
    })
}

/// Refuses callers that could not read the answer.
///
/// # Errors
/// `not_acceptable` when the `accept` header names media ranges and none of them takes in `application/json`.
pub fn check_accept(headers: &HeaderMap) -> Result<(), ApiError> {
    check_accept_of(headers, &["*/*", "application/*", "application/json"], "application/json")
}

/// The same for server-sent events.
///
/// # Errors
/// `not_acceptable` when the `accept` header names media ranges and none of them takes in `text/event-stream`.
pub fn check_accept_events(headers: &HeaderMap) -> Result<(), ApiError> {
    check_accept_of(headers, &["*/*", "text/*", "text/event-stream"], "text/event-stream")
}

fn check_accept_of(headers: &HeaderMap, ranges: &[&str], kind: &str) -> Result<(), ApiError> {
    let mut named_any = false;
    for value in headers.get_all(header::ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            if name.is_empty() {
                continue;
            }
            named_any = true;
            let refused = parts.any(|p| {
                p.strip_prefix("q=").is_some_and(|q| q.trim().parse::<f32>().is_ok_and(|weight| weight == 0.0))
            });
            if ranges.iter().any(|ours| name.eq_ignore_ascii_case(ours)) && !refused {
                return Ok(());
            }
        }
    }
    if named_any {
        return Err(ApiError::new(Code::NotAcceptable, format!("the route answers in {kind} only")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn reads_content_types() {
        let both = [Media::Json, Media::Ndjson];
        let check = |text, allowed: &[Media]| of_body(&headers(header::CONTENT_TYPE, text), allowed).ok();
        assert_eq!(check("application/json", &both), Some(Media::Json));
        assert_eq!(check("Application/JSON; charset=UTF-8", &both), Some(Media::Json));
        assert_eq!(check("application/json; charset=\"utf-8\"", &both), Some(Media::Json));
        assert_eq!(check("application/x-ndjson", &both), Some(Media::Ndjson));
        assert_eq!(check("application/x-ndjson", &[Media::Json]), None);
        assert_eq!(check("application/json; charset=latin1", &both), None);
        assert_eq!(check("text/plain", &both), None);
        assert_eq!(check("", &both), None);
        assert_eq!(of_body(&HeaderMap::new(), &both).ok(), Some(Media::Json));
    }

    #[test]
    fn a_compressed_body_is_refused() {
        let check = |text| of_body(&headers(header::CONTENT_ENCODING, text), &[Media::Json]).is_ok();
        assert!(check("identity"));
        assert!(!check("gzip"));
        assert!(!check("identity, gzip"));
    }

    #[test]
    fn reads_accept() {
        let check = |text| check_accept(&headers(header::ACCEPT, text)).is_ok();
        assert!(check("*/*"));
        assert!(check("text/html, application/json;q=0.5"));
        assert!(check("text/html,*/*;q=0.1"));
        assert!(check("application/*"));
        assert!(check(""));
        assert!(!check("text/html"));
        assert!(!check("application/json;q=0"));
        assert!(check_accept(&HeaderMap::new()).is_ok());
        let events = |text| check_accept_events(&headers(header::ACCEPT, text)).is_ok();
        assert!(events("text/event-stream") && events("*/*") && !events("application/json"));
    }
}
