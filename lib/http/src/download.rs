//! Files as they were put: bytes that a browser keeps and does not run.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::error::ApiError;
use crate::etag::Tag;

const NO_SNIFF: (HeaderName, HeaderValue) = (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
/// Opened in place all the same, it does nothing.
const POLICY: (HeaderName, HeaderValue) =
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));

/// A file to be kept by who asks for it. Its tag is a strong one: the same tag is the same bytes.
#[derive(Debug)]
pub struct Download {
    content_type: HeaderValue,
    disposition: HeaderValue,
    tag: Tag,
    content: Bytes,
}

impl Download {
    /// A file under a name, with the hexadecimal hash of its bytes.
    ///
    /// # Errors
    /// `internal_error` when type or name cannot stand in a header.
    pub fn new(content_type: &str, name: &str, hash: &str, content: impl Into<Bytes>) -> Result<Self, ApiError> {
        let header = |text: &str| HeaderValue::from_str(text).map_err(ApiError::internal);
        Ok(Self {
            content_type: header(content_type)?,
            disposition: header(&format!("attachment; filename=\"{name}\""))?,
            tag: Tag::exact(hash),
            content: content.into(),
        })
    }
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let own = [(header::CONTENT_TYPE, self.content_type), (header::CONTENT_DISPOSITION, self.disposition)];
        let mut response = (own, [NO_SNIFF, POLICY], self.content).into_response();
        response.extensions_mut().insert(self.tag);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_and_not_shown() {
        let response = Download::new("text/plain; charset=utf-8", "a.txt", "00ff", "x").unwrap().into_response();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(header("content-disposition"), "attachment; filename=\"a.txt\"");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(response.extensions().get::<Tag>().is_some());
        assert!(Download::new("text/plain\n", "a.txt", "00ff", "x").is_err());
    }
}
