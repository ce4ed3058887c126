//! What every request passes through: an id, a time limit, a last resort for panics, headers, compression, the access line.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::{Instant, timeout};
use tower_http::CompressionLevel;
use tower_http::compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::SizeAbove};
use tower_http::decompression::RequestDecompressionLayer;
use tracing::{Instrument, info, info_span};

use crate::body::Leftover;
use crate::code::Code;
use crate::context::{self, Context};
use crate::error::{ApiError, X_ERROR_CODE};
use crate::etag;
use crate::metrics::HttpMetrics;
use crate::peer;
use crate::refusals::{Refused, Witness};
use crate::request_id::{RequestId, X_REQUEST_ID};

const UNMATCHED: &str = "unmatched";
/// Smaller bodies fit into a packet as they are.
const COMPRESSED_FROM: u16 = 1_024;
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Which requests leave a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLog {
    /// Each.
    All,
    /// Those answered with a status of 500 or above.
    Failures,
}

/// The settings of the edge.
#[derive(Clone, Debug)]
pub struct Edge {
    /// How long a request may take, waiting for freshness included.
    pub request_timeout: Duration,
    /// Which requests leave a line.
    pub access_log: AccessLog,
    /// Where requests are counted.
    pub metrics: HttpMetrics,
    /// Says that a proxy in front of us tells where requests come from.
    pub behind_proxy: bool,
    /// Who hears of answers of 401 and 403.
    pub witness: Option<Arc<dyn Witness>>,
}

/// Puts the edge around all routes of `router`, and answers in the envelope where there is none.
pub fn wrap(router: Router, edge: Edge) -> Router {
    let may_be = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| !etag::is_exact(headers);
    let worth_it = DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_FROM)).and(may_be);
    router
        .fallback(|| async { ApiError::new(Code::NotFound, "there is no such route") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(Code::MethodNotAllowed, "the route does not answer to this method; see the allow header")
        })
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(from_fn_with_state(edge, pass))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it))
}

async fn pass(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let address = peer::address_of(&request, edge.behind_proxy);
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let context = Context::new(RequestId::of(request.headers()), address, reads);
    let conditions = request.headers().contains_key(header::IF_NONE_MATCH).then(|| request.headers().clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let method = request.method().clone();
    let leftover = Leftover::of(&mut request);
    let span = info_span!("request", request_id = %context.request_id());
    let work = answer(edge.request_timeout, next.run(request)).instrument(span);
    let mut response = context::scope(context.clone(), work).await;
    if let Some(leftover) = leftover {
        leftover.discard().await;
    }
    response = etag::conditional(&conditions.unwrap_or_default(), response);
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, context.request_id().header());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(standing) = context.standing() {
        standing.write(headers);
    }
    let elapsed = started.elapsed();
    headers.insert(SERVER_TIMING, server_timing(elapsed));
    edge.metrics.served(route, &method, response.status(), elapsed);
    if let Some(witness) = &edge.witness
        && matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    {
        witness.refused(refusal(&context, &method, route, &response));
    }
    if edge.access_log == AccessLog::All || response.status().is_server_error() {
        log_access(&context, &method, route, &response, elapsed);
    }
    response
}

/// How long the answer took here, in milliseconds (W3C Server Timing): what is left of a caller's own time is the way.
fn server_timing(elapsed: Duration) -> HeaderValue {
    let text = format!("total;dur={:.3}", elapsed.as_secs_f64() * 1000.0);
    HeaderValue::from_str(&text).expect("digits are a header value")
}

/// Answers within `limit`, whatever happens.
async fn answer(limit: Duration, work: impl Future<Output = Response>) -> Response {
    match timeout(limit, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => ApiError::internal(panic_text(panic.as_ref())).into_response(),
        Err(_) => ApiError::new(Code::Storage, "the request took too long; try again").into_response(),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a message"))
}

fn refusal(context: &Context, method: &Method, route: &str, response: &Response) -> Refused {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let code = response.headers().get(X_ERROR_CODE).and_then(|code| code.to_str().ok());
    Refused {
        route: format!("{method} {route}"),
        code: code.unwrap_or_default().to_owned(),
        account: owned(context.account()),
        agent: owned(context.agent()),
        tenant: owned(context.tenant()),
        address: context.address().map(|address| address.to_string()),
        request_id: context.request_id().as_str().to_owned(),
    }
}

fn log_access(context: &Context, method: &Method, route: &str, response: &Response, elapsed: Duration) {
    let status = response.status().as_u16();
    let elapsed_ms = elapsed.as_secs_f64() * 1000.0;
    info!(
        target: "dg_http::access",
        request_id = %context.request_id(),
        tenant = context.tenant(),
        account = context.account(),
        agent = context.agent(),
        method = method.as_str(),
        route,
        status,
        elapsed_ms,
        "{method} {route} {status}"
    );
}

#[cfg(test)]
mod tests;
