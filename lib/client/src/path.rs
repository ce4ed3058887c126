//! Paths of the API, with every id percent-encoded.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ClientError;

/// RFC 3986 unreserved characters stay as they are, all others are encoded: an id may hold `/`, `?`, `%`, spaces.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One id as one path segment.
///
/// # Errors
/// `invalid_argument` for an empty id and for `.` and `..`: however they are written, URLs resolve these two away, and
/// another resource would be asked for.
pub(crate) fn segment<'a>(what: &str, id: &'a str) -> Result<Cow<'a, str>, ClientError> {
    if matches!(id, "" | "." | "..") {
        return Err(ClientError::local("invalid_argument", format!("{id:?} cannot be used as {what} in an address")));
    }
    Ok(utf8_percent_encode(id, SEGMENT).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_one_segment_whatever_they_hold() {
        for (id, expected) in [
            ("trace-1_a.b~c", "trace-1_a.b~c"),
            ("review:wf/1?x=1#y", "review%3Awf%2F1%3Fx%3D1%23y"),
            ("100% süß", "100%25%20s%C3%BC%C3%9F"),
            ("../admin", "..%2Fadmin"),
        ] {
            assert_eq!(segment("a trace id", id).unwrap(), expected);
        }
    }

    #[test]
    fn what_a_url_would_resolve_away_is_refused() {
        for id in ["", ".", ".."] {
            assert_eq!(segment("a trace id", id).unwrap_err().code, "invalid_argument");
        }
    }
}
