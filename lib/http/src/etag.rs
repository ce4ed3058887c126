//! Conditional requests: what has not changed is not sent again, and what has changed is not overwritten.
//!
//! The tag of an answer is made from its `data`. It is a weak one, because the rest of the envelope differs with every request;
//! a file has a strong one.
//! With `If-None-Match` an answer to a GET whose tag is named becomes 304. With `If-Match` a change is refused (412) unless the
//! thing still is as it was when its tag was given out.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::code::Code;
use crate::error::ApiError;

/// The tag of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag(String);

impl Tag {
    /// That of a body which holds these bytes.
    pub(crate) fn of(data: &[u8]) -> Self {
        let digest = Sha256::digest(data);
        Self(format!("W/\"{}\"", hex::encode(&digest[..16])))
    }

    /// That of bytes with this hash, in hexadecimal digits, which are sent as they are.
    pub(crate) fn exact(hash: &str) -> Self {
        Self(format!("\"{hash}\""))
    }

    /// Whether a list of tags names it. Weak comparison: whether a tag is marked as weak does not matter.
    fn is_in(&self, headers: &HeaderMap, name: &HeaderName) -> bool {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let own = bare(&self.0);
        let given = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        given.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || bare(tag) == own)
    }
}

/// Puts its tag on an answer to a GET, or answers that nothing has changed since the caller saw it last.
pub(crate) fn conditional(asked: &HeaderMap, mut response: Response) -> Response {
    let Some(tag) = response.extensions_mut().remove::<Tag>() else { return response };
    if tag.is_in(asked, &header::IF_NONE_MATCH) {
        response = StatusCode::NOT_MODIFIED.into_response();
    }
    let value = HeaderValue::from_str(&tag.0).expect("hexadecimal digits are a header value");
    response.headers_mut().insert(header::ETAG, value);
    response
}

/// Whether an answer is to be sent byte for byte: its tag is a strong one.
pub(crate) fn is_exact(headers: &HeaderMap) -> bool {
    headers.get(header::ETAG).is_some_and(|tag| tag.as_bytes().starts_with(b"\""))
}

/// Whether the caller wants a change only if the thing is as they saw it. `data` is what a GET of it answers now.
///
/// # Errors
/// `precondition_failed` when it is not, `internal_error` when `data` cannot be written as JSON.
pub fn check_match(headers: &HeaderMap, data: &impl Serialize) -> Result<bool, ApiError> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(false);
    }
    let data = serde_json::to_vec(data).map_err(ApiError::internal)?;
    if Tag::of(&data).is_in(headers, &header::IF_MATCH) {
        return Ok(true);
    }
    Err(ApiError::new(Code::PreconditionFailed, "it has changed since you saw it; look at it again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.clone(), HeaderValue::from_str(value).unwrap())])
    }

    fn check(if_none_match: &str) -> u16 {
        let mut response = "body".into_response();
        response.extensions_mut().insert(Tag::of(b"1"));
        let response = conditional(&asked(&header::IF_NONE_MATCH, if_none_match), response);
        assert_eq!(response.headers()[header::ETAG], Tag::of(b"1").0);
        response.status().as_u16()
    }

    #[test]
    fn what_has_not_changed_is_not_sent() {
        let Tag(same) = Tag::of(b"1");
        let Tag(other) = Tag::of(b"2");
        for named in [same.clone(), same.replace("W/", ""), format!("{other}, {same}"), "*".to_owned()] {
            assert_eq!(check(&named), 304, "{named}");
        }
        for other in [other, String::new(), "x".to_owned(), same.replace('"', "")] {
            assert_eq!(check(&other), 200, "{other}");
        }
    }

    #[test]
    fn a_strong_tag_is_that_of_the_bytes() {
        let mut response = "body".into_response();
        response.extensions_mut().insert(Tag::exact("00ff"));
        let response = conditional(&HeaderMap::new(), response);
        assert_eq!(response.headers()[header::ETAG], "\"00ff\"");
        assert!(is_exact(response.headers()) && !is_exact(&asked(&header::ETAG, &Tag::of(b"1").0)));
    }

    #[test]
    fn what_has_changed_is_not_overwritten() {
        let Tag(tag) = Tag::of(b"1");
        assert!(!check_match(&HeaderMap::new(), &1).unwrap());
        assert!(check_match(&asked(&header::IF_MATCH, &tag), &1).unwrap());
        let changed = check_match(&asked(&header::IF_MATCH, &tag), &2).unwrap_err();
        assert_eq!(changed.code(), Code::PreconditionFailed);
    }
}
