//! The variable segments of a route.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::error::ApiError;

/// The percent-decoded segments of the path, in the order of the route.
#[derive(Debug)]
pub struct Segments<const N: usize>(pub [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Segments<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| ApiError::invalid("the path is not UTF-8"))?;
        let segments: Vec<String> = params.iter().map(|(_, value)| value.to_owned()).collect();
        if segments.iter().any(|segment| segment.contains('\0')) {
            return Err(ApiError::invalid("the path contains a NUL character"));
        }
        let segments = segments.try_into().map_err(|_| ApiError::internal("route and handler disagree on the path"))?;
        Ok(Self(segments))
    }
}
