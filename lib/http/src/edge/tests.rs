use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::{get, post};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::body;
use crate::reply::Reply;

fn app(request_timeout: Duration) -> Router {
    let router = Router::new()
        .route("/ok", get(|| async { Reply::ok(&json!({"a": 1})) }))
        .route("/panic", get(|| async { if true { panic!("hunter2") } else { "" } }))
        .route("/slow", get(std::future::pending::<()>))
        .route("/cause", get(|| async { ApiError::storage("password=hunter2") }))
        .route("/read", post(|request| async { body::read(request, 8).await.map(|b| b.len().to_string()) }))
        .route("/refuse", post(|| async { ApiError::new(Code::Unauthorized, "no") }));
    let metrics = HttpMetrics::register(&dg_runtime::metrics::Metrics::new("test", "1"));
    let access_log = AccessLog::All;
    wrap(router, Edge { request_timeout, access_log, metrics, behind_proxy: false, witness: None })
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Value,
}

async fn ask(request: Request) -> Answer {
    ask_within(Duration::from_secs(60), request).await
}

async fn ask_within(limit: Duration, request: Request) -> Answer {
    let response = app(limit).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answer { status: parts.status, headers: parts.headers, body }
}

fn request(method: Method, path: &str) -> Request {
    Request::builder().method(method).uri(path).header("x-request-id", "r-1").body(Body::empty()).unwrap()
}

async fn refusal(method: Method, path: &str, status: u16, code: &str) -> Answer {
    let answer = ask(request(method, path)).await;
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(answer.body["error"]["code"], code);
    assert!(answer.body["error"]["message"].is_string());
    assert!(answer.body["error"]["details"].is_object());
    assert_eq!(answer.body["request_id"], "r-1");
    assert_eq!(answer.headers["x-request-id"], "r-1");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    answer
}

#[tokio::test]
async fn success_has_the_envelope() {
    let answer = ask(request(Method::GET, "/ok")).await;
    assert_eq!(answer.body, json!({"data": {"a": 1}, "request_id": "r-1"}));
    assert_eq!(answer.headers["x-request-id"], "r-1");
}

#[tokio::test]
async fn every_failure_has_the_envelope() {
    refusal(Method::GET, "/nowhere", 404, "not_found").await;
    let answer = refusal(Method::DELETE, "/ok", 405, "method_not_allowed").await;
    assert_eq!(answer.headers["allow"], "GET,HEAD");
    let answer = refusal(Method::POST, "/refuse", 401, "unauthorized").await;
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_panic_is_an_internal_error() {
    let answer = refusal(Method::GET, "/panic", 500, "internal_error").await;
    assert!(!answer.body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_cause_stays_inside() {
    let answer = refusal(Method::GET, "/cause", 503, "storage").await;
    assert!(!answer.body.to_string().contains("hunter2"));
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn a_request_cannot_take_for_ever() {
    let answer = ask_within(Duration::from_millis(1), request(Method::GET, "/slow")).await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(answer.body["error"]["code"], "storage");
}

#[tokio::test]
async fn bodies_are_bounded() {
    let post = |text: &'static str| Request::builder().method("POST").uri("/read").body(Body::from(text)).unwrap();
    assert_eq!(ask(post("12345678")).await.body, json!(8));
    let answer = ask(post("123456789")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.body["error"]["code"], "payload_too_large");
    assert_eq!(answer.body["error"]["details"]["limit_bytes"], 8);
}
