//! `Idempotency-Key`: a POST that is repeated is answered as it was, and not carried out again.
//!
//! The key belongs to the account, the tenant and the path of the request, for a day. What counts as the same request is query
//! and body. Only success is kept: a request that failed changed nothing, and its key can be used again. Events have keys of their
//! own, in the log and for ever; this one is for everything else, and does no harm there.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dg_domain::{Hash32, TenantId};
use dg_http::reply::{IDEMPOTENT_REPLAYED, JSON, Unkept};
use dg_http::{ApiError, Code, body, context};
use dg_storage::idempotency::{Claim, KeyedRequest};
use dg_workflow::evidence::LARGEST_FILE;
use http_body_util::BodyExt;
use std::time::Duration;
use tracing::warn;

use crate::app::App;
use crate::workflow_files;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 255;

/// Lets a request through once per key.
pub(crate) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    if *request.method() != Method::POST || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    match keyed(&app, request).await {
        Err(refused) => refused.into_response(),
        // Who may not come in is told so by the handler.
        Ok((request, None)) => next.run(request).await,
        // Carried out to its end even when the caller goes away: the answer is for the repeat then.
        Ok((request, Some(asked))) => {
            let work = context::carried(async move { carry_out(&app, asked, request, next).await });
            match tokio::spawn(work).await {
                Ok(response) => response,
                Err(broken) => ApiError::internal(broken).into_response(),
            }
        }
    }
}

async fn carry_out(app: &App, asked: KeyedRequest, request: Request, next: Next) -> Response {
    let abandoned = Duration::from_millis(app.config.request_timeout_ms) + Duration::from_secs(5);
    match app.store.claim_key(&asked, abandoned.as_secs_f64()).await {
        Err(source) => return ApiError::from(source).into_response(),
        Ok(Claim::Taken) => {}
        Ok(Claim::Done { status, body }) => return again(status, body),
        Ok(Claim::Another) => {
            let message = "the idempotency key was used for another request";
            return ApiError::new(Code::IdempotencyConflict, message).into_response();
        }
        Ok(Claim::UnderWay) => {
            let message = "the request with this idempotency key is still under way; ask again for its answer";
            return ApiError::new(Code::Conflict, message).retry_after(Duration::from_secs(1)).into_response();
        }
    }
    let (response, written) = written_down(app, &asked, next.run(request).await).await;
    if let Err(source) = written {
        warn!(error = &source as &dyn std::error::Error, "a repeat of this request will be carried out again");
    }
    response
}

async fn written_down(
    app: &App,
    asked: &KeyedRequest,
    response: Response,
) -> (Response, Result<(), dg_storage::StoreError>) {
    if !response.status().is_success() {
        return (response, app.store.release_key(asked).await);
    }
    let status = response.status().as_u16();
    // Answers are made whole before they are sent, but for exports, which are no POST.
    let kept = response.extensions().get::<Unkept>().is_none() && response.body().size_hint().exact().is_some();
    if !kept {
        return (response, app.store.keep_answer(asked, status, None).await);
    }
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            let written = app.store.keep_answer(asked, status, Some(&body)).await;
            (Response::from_parts(parts, Body::from(body)), written)
        }
        Err(broken) => (ApiError::internal(broken).into_response(), Ok(())),
    }
}

fn again(status: u16, body: Option<Vec<u8>>) -> Response {
    let Some(body) = body else {
        let message = "the request was carried out before; its answer, shown once, is not kept";
        return ApiError::new(Code::Conflict, message).with("status", status.to_string()).into_response();
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, [JSON], body).into_response();
    response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
    response
}

/// What the key is for; `None` for a caller who will not come in.
async fn keyed(app: &App, request: Request) -> Result<(Request, Option<KeyedRequest>), ApiError> {
    let key = key(request.headers())?;
    let Ok(principal) = app.gate.enter(request.headers(), None, dg_runtime::clock::now()).await else {
        return Ok((request, None));
    };
    let tenant =
        match request.headers().get("x-tenant-id").map(|value| value.to_str().map(|text| TenantId::new(text.trim()))) {
            None => None,
            Some(Ok(Ok(tenant))) if principal.may_use(tenant.as_str()) => Some(tenant),
            Some(_) => return Ok((request, None)),
        };
    let (method, target) = (request.method().clone(), request.uri().clone());
    let (parts, rest) = request.into_parts();
    let headers = Request::from_parts(parts.clone(), rest);
    let is_file = target.path().ends_with(workflow_files::PATH);
    let most = if is_file { LARGEST_FILE } else { app.config.max_batch_bytes };
    let body = body::read(headers, most).await?;
    let asked = KeyedRequest {
        tenant,
        account_id: principal.account_id.clone(),
        key: Hash32::of(format!("{}\n{key}", target.path()).as_bytes()),
        request: fingerprint(&method, &target.to_string(), &body),
    };
    Ok((Request::from_parts(parts, Body::from(body)), Some(asked)))
}

fn fingerprint(method: &Method, target: &str, body: &Bytes) -> Hash32 {
    Hash32::of(&[method.as_str().as_bytes(), b" ", target.as_bytes(), b"\n", body].concat())
}

/// A key is 1 to 255 visible ASCII characters but quotes, in quotes or without.
fn key(headers: &HeaderMap) -> Result<String, ApiError> {
    let bad = || {
        let message = format!("the idempotency-key header holds 1 to {LONGEST} visible ASCII characters, once");
        ApiError::invalid(message).with("header", HEADER.as_str())
    };
    let mut given = headers.get_all(HEADER).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return Err(bad()) };
    let text = value.to_str().map_err(|_| bad())?.trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let visible =
        (1..=LONGEST).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    if visible { Ok(bare.to_owned()) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_str(value).unwrap());
        }
        key(&headers).ok()
    }

    #[test]
    fn reads_a_key() {
        assert_eq!(check(&["a-1"]).unwrap(), "a-1");
        assert_eq!(check(&["\"a-1\""]).unwrap(), "a-1");
        for bad in [&[""][..], &["\"\""], &["a b"], &[&"x".repeat(256)], &["a", "b"], &["a\"b"], &["\"a"]] {
            assert_eq!(check(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn another_target_or_body_is_another_request() {
        let of = |target, body: &'static str| fingerprint(&Method::POST, target, &Bytes::from(body));
        assert_eq!(of("/a", "b"), of("/a", "b"));
        assert_ne!(of("/a", "b"), of("/a?x", "b"));
        assert_ne!(of("/a", "b"), of("/a", "c"));
    }
}
