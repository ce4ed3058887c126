//! A stand-in for dg-apid: a small history in memory, served with the envelopes of the API. Only for tests.

#![expect(clippy::needless_pass_by_value, reason = "payloads are written in place by the tests")]

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use dg_domain::EventType;
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio::net::TcpListener;

/// The token that the stand-in knows.
pub(crate) const TOKEN: &str = "dg_0123456789ab_secret";
/// The token that the stand-in makes.
pub(crate) const MADE: &str = "dg_ba9876543210_made";
/// The tenant that the stand-in has.
pub(crate) const TENANT: &str = "acme";

/// The stand-in and what can be done to it.
#[derive(Clone)]
pub(crate) struct Fixture {
    /// Where it answers.
    pub(crate) url: String,
    state: Arc<Mutex<History>>,
}

#[derive(Default)]
struct History {
    events: Vec<Value>,
    away: bool,
    revoked: bool,
    request_ids: Vec<String>,
    made: Vec<String>,
}

impl Fixture {
    /// Starts it with a trace `t-1` (finished) and a trace `t-2` (open).
    pub(crate) async fn start() -> Self {
        let state = Arc::<Mutex<History>>::default();
        let routes = Router::new()
            .route("/livez", get(|| async { "ok" }))
            .route("/api/v1/me", get(me))
            .route("/api/v1/traces", get(traces))
            .route("/api/v1/traces/{id}", get(trace))
            .route("/api/v1/traces/{id}/events", get(events))
            .route("/api/v1/graph/edges", get(graph))
            .route("/api/v1/notifications/read", post(read))
            .route("/api/v1/graph/context", get(context))
            .route("/api/v1/admin/accounts/{id}/tokens", post(make))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let fixture = Self { url, state };
        let started = json!({"workflow":"refund","title":"<b>Refund</b> 1","primary_entity":{"entity_type":"order","entity_id":"1"}});
        fixture.append("t-1", EventType::TraceStarted, started);
        fixture.append("t-1", EventType::TraceFinished, json!({"outcome":"success"}));
        let started =
            json!({"workflow":"refund","title":"Refund 2","primary_entity":{"entity_type":"order","entity_id":"2"}});
        fixture.append("t-2", EventType::TraceStarted, started);
        fixture
    }

    /// Appends an event; it is projected at once.
    pub(crate) fn append(&self, trace_id: &str, event_type: EventType, payload: Value) {
        let mut history = self.state.lock().unwrap();
        let log_seq = history.events.len() + 1;
        let trace_seq = history.events.iter().filter(|event| event["trace_id"] == trace_id).count();
        history.events.push(json!({
            "actor": {"actor_id": "bot", "actor_type": "agent"}, "event_id": format!("e-{log_seq}"),
            "event_type": event_type.as_str(), "idempotency_key": format!("k-{log_seq}"), "log_seq": log_seq,
            "occurred_at": "2026-03-06T09:00:00Z", "payload": payload, "payload_hash": "sha256:0",
            "recorded_at": "2026-03-06T09:00:00.000000Z", "schema_version": 1, "tenant_id": TENANT,
            "source": {"producer_id": "p", "system": "s"}, "tags": [], "trace_id": trace_id, "trace_seq": trace_seq,
        }));
    }

    /// Makes every call fail, or work again.
    pub(crate) fn be_away(&self, away: bool) {
        self.state.lock().unwrap().away = away;
    }

    /// By which ids notifications were read.
    pub(crate) fn request_ids(&self) -> Vec<String> {
        self.state.lock().unwrap().request_ids.clone()
    }

    /// How many tokens were made.
    pub(crate) fn made(&self) -> usize {
        self.state.lock().unwrap().made.len()
    }

    /// Ends the token.
    pub(crate) fn revoke(&self) {
        self.state.lock().unwrap().revoked = true;
    }
}

type Shared = State<Arc<Mutex<History>>>;

fn refused(state: &Mutex<History>, headers: &HeaderMap) -> Option<Response> {
    let history = state.lock().unwrap();
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    let (status, code) = if history.away {
        (StatusCode::SERVICE_UNAVAILABLE, "storage")
    } else if history.revoked || token != Some(&format!("Bearer {TOKEN}")) {
        (StatusCode::UNAUTHORIZED, "unauthorized")
    } else {
        return None;
    };
    Some(failure(status, code))
}

fn failure(status: StatusCode, code: &str) -> Response {
    let body = json!({"error": {"code": code, "message": "said the stand-in", "details": {}}, "request_id": "r-1"});
    (status, Json(body)).into_response()
}

fn success(state: &Mutex<History>, data: Value) -> Response {
    let head = state.lock().unwrap().events.len();
    let meta = json!({"applied_seq": head, "head_seq": head, "generation": 1});
    Json(json!({"data": data, "meta": meta, "request_id": "r-1"})).into_response()
}

async fn me(State(state): Shared, headers: HeaderMap) -> Response {
    let me =
        json!({"account_id": "maya", "roles": ["reader"], "permissions": [], "tenant_ids": ["*"], "tenants": [TENANT]});
    refused(&state, &headers).unwrap_or_else(|| success(&state, me))
}

async fn traces(State(state): Shared, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    if let Some(refused) = refused(&state, &headers) {
        return refused;
    }
    let mut rows: Vec<Value> = {
        let history = state.lock().unwrap();
        let ids: std::collections::BTreeSet<&str> =
            history.events.iter().filter_map(|event| event["trace_id"].as_str()).collect();
        ids.into_iter().map(|id| row(&history.events, id)).collect()
    };
    rows.sort_by_key(|row| -row["last_log_seq"].as_i64().unwrap());
    for key in ["workflow", "outcome", "status"] {
        if let Some(wanted) = query.get(key) {
            rows.retain(|row| row[key] == wanted.as_str());
        }
    }
    success(&state, json!({"traces": rows, "next_cursor": null}))
}

async fn trace(State(state): Shared, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refused) = refused(&state, &headers) {
        return refused;
    }
    let events = of_trace(&state, &id, -1);
    if events.is_empty() {
        return failure(StatusCode::NOT_FOUND, "not_found");
    }
    let row = row(&events, &id);
    success(&state, json!({"summary": row, "index": row, "events": events}))
}

async fn events(
    State(state): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if let Some(refused) = refused(&state, &headers) {
        return refused;
    }
    let after = query.get("after_trace_seq").map_or(-1, |after| after.parse().unwrap());
    let events = of_trace(&state, &id, after);
    if events.is_empty() && after < 0 {
        return failure(StatusCode::NOT_FOUND, "not_found");
    }
    success(&state, json!({"events": events, "next_after_trace_seq": null}))
}

/// Knows the notification `n-1`.
async fn read(State(state): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(refused) = refused(&state, &headers) {
        return refused;
    }
    state.lock().unwrap().request_ids.push(headers["x-request-id"].to_str().unwrap().to_owned());
    if body != json!({"notification_ids": ["n-1"]}) {
        return failure(StatusCode::NOT_FOUND, "not_found");
    }
    success(&state, json!({"read": 1, "unread_count": 0}))
}

/// Makes a token for the account `bot`, once for each idempotency key, and keeps no answer.
async fn make(State(state): Shared, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refused) = refused(&state, &headers) {
        return refused;
    }
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    if id != "bot" {
        return failure(StatusCode::NOT_FOUND, "not_found");
    }
    let known = state.lock().unwrap().made.contains(&key);
    if known {
        let error = json!({"code": "conflict", "message": "shown once", "details": {"status": "201"}});
        return (StatusCode::CONFLICT, Json(json!({"error": error, "request_id": "r-1"}))).into_response();
    }
    state.lock().unwrap().made.push(key);
    success(&state, json!({"token": {"token": MADE, "token_id": "ba9876543210", "expires_at": null}}))
}

async fn graph(State(state): Shared, headers: HeaderMap) -> Response {
    let empty = json!({"edges": [], "next_cursor": null});
    refused(&state, &headers).unwrap_or_else(|| success(&state, empty))
}

async fn context(State(state): Shared, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let key = format!("{}:{}", query["node_type"], query["node_id"]);
    let node = |key: &str| json!({"node_id": key, "node_type": "trace", "log_seq": 1, "trace_id": "t-1", "attrs": {"n": 12345678901234567890_u64}});
    let edge = json!({"edge_id": "e", "edge_type": "trace_evaluated_policy", "from_node_id": key, "to_node_id": "policy:<cap>:2", "log_seq": 2, "attrs": {}});
    let around = json!({"center": {"node_id": query["node_id"], "node_type": query["node_type"]}, "nodes": [node(&key)], "edges": [edge], "truncated": false});
    refused(&state, &headers).unwrap_or_else(|| success(&state, around))
}

fn of_trace(state: &Mutex<History>, id: &str, after: i64) -> Vec<Value> {
    let history = state.lock().unwrap();
    let fits = |event: &&Value| event["trace_id"] == id && event["trace_seq"].as_i64().unwrap() > after;
    history.events.iter().filter(fits).cloned().collect()
}

fn row(events: &[Value], id: &str) -> Value {
    let events: Vec<&Value> = events.iter().filter(|event| event["trace_id"] == id).collect();
    let (first, last) = (events[0], events[events.len() - 1]);
    let finish = events.iter().find(|event| event["event_type"] == "TraceFinished");
    json!({
        "trace_id": id, "workflow": first["payload"]["workflow"], "title": first["payload"]["title"],
        "primary_entity_type": "order", "primary_entity_id": first["payload"]["primary_entity"]["entity_id"],
        "primary_entity_system": null, "started_at": first["occurred_at"], "event_count": events.len(),
        "finished_at": finish.map(|event| &event["occurred_at"]), "outcome": finish.map(|event| &event["payload"]["outcome"]),
        "status": if finish.is_some() { "finished" } else { "open" }, "first_log_seq": first["log_seq"],
        "last_log_seq": last["log_seq"], "last_event_type": last["event_type"], "last_occurred_at": last["occurred_at"],
        "actors": ["agent:bot"], "policies": [], "tags": [],
    })
}
