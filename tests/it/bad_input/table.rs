//! The table: what is sent, and what has to come back.

use serde_json::{Value, json};

use crate::events::{observed, started, with, without};

pub(super) struct BadEvent {
    pub(super) name: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) pointer: Option<&'static str>,
    pub(super) reason: Option<&'static str>,
}

pub(super) struct BadRequest {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) body: Vec<u8>,
    /// Whether `x-tenant-id` is sent.
    pub(super) tenant: bool,
    /// Another token than the administrator's, or none.
    pub(super) token: Option<Option<&'static str>>,
    pub(super) status: u16,
    pub(super) code: &'static str,
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const UNKNOWN: &str = "dg_unknownunkno_00000000000000000000000000000000000000000000000000000000000000ff";

pub(super) fn events() -> Vec<BadEvent> {
    let event = || observed("t", 1);
    let changed = |pointer: &str, value: Value| with(event(), pointer, value).to_string();
    let deep = format!("{}1{}", "[".repeat(64), "]".repeat(64));
    let deep = changed("/payload/x", json!("@@")).replace("\"@@\"", &deep);
    let large = changed("/payload/x", json!("x".repeat(1_100_000)));
    let schema = (422, "schema_violation");
    let argument = (400, "invalid_argument");
    let (nowhere, unsaid) = (None, None);
    [
        ("not JSON", "{\"event_id\":".to_owned(), argument, nowhere, unsaid),
        ("not UTF-8 text", "\u{1}".to_owned(), argument, nowhere, unsaid),
        ("empty body", String::new(), argument, nowhere, unsaid),
        ("a list", "[]".to_owned(), argument, nowhere, unsaid),
        ("two documents", format!("{} {}", event(), event()), argument, nowhere, unsaid),
        ("unknown field", changed("/corelation_id", json!("x")), schema, Some("/corelation_id"), Some("unknown_field")),
        (
            "unknown field of source",
            changed("/source/host", json!("x")),
            schema,
            Some("/source/host"),
            Some("unknown_field"),
        ),
        ("float", changed("/payload/x", json!({"y": [1.5]})), schema, Some("/payload/x/y/0"), Some("float")),
        (
            "exponent",
            changed("/payload/x", json!("@@")).replace("\"@@\"", "1e3"),
            schema,
            Some("/payload/x"),
            Some("float"),
        ),
        ("too deep", deep, argument, nowhere, Some("too_deep")),
        ("too large", large, (413, "payload_too_large"), nowhere, unsaid),
        ("lone surrogate", changed("/payload/x", json!("@@")).replace("@@", "\\ud800"), argument, nowhere, unsaid),
        ("no event id", without(event(), "event_id").to_string(), schema, nowhere, unsaid),
        ("blank event id", changed("/event_id", json!(" ")), schema, Some("/event_id"), unsaid),
        ("unknown type", changed("/event_type", json!("TraceStopped")), schema, Some("/event_type"), unsaid),
        (
            "time without offset",
            changed("/occurred_at", json!("2026-05-04T09:00:00")),
            argument,
            Some("/occurred_at"),
            unsaid,
        ),
        (
            "impossible date",
            changed("/occurred_at", json!("2026-02-30T09:00:00Z")),
            argument,
            Some("/occurred_at"),
            unsaid,
        ),
        ("negative sequence", changed("/trace_seq", json!(-1)), argument, Some("/trace_seq"), unsaid),
        ("sequence as text", changed("/trace_seq", json!("1")), argument, Some("/trace_seq"), unsaid),
        ("wrong sequence", changed("/trace_seq", json!(7)), (409, "event_sequence_invalid"), nowhere, unsaid),
        (
            "second start",
            with(started("t"), "/idempotency_key", json!("other")).to_string(),
            (409, "event_sequence_invalid"),
            nowhere,
            unsaid,
        ),
        ("unknown trace", observed("never-started", 1).to_string(), (409, "event_sequence_invalid"), nowhere, unsaid),
        ("used event id", changed("/event_id", json!("t/0")), (409, "conflict"), nowhere, unsaid),
        ("used key", changed("/idempotency_key", json!("key:t/0")), (409, "idempotency_conflict"), nowhere, unsaid),
        (
            "key too long",
            changed("/idempotency_key", json!("k".repeat(201))),
            argument,
            Some("/idempotency_key"),
            unsaid,
        ),
        ("NUL in an id", changed("/event_id", json!("a\u{0}b")), argument, Some("/event_id"), unsaid),
        ("missing payload member", changed("/payload", json!({"input_id": "i"})), schema, nowhere, unsaid),
        (
            "wrong role",
            with(event(), "/actor/actor_type", json!("robot")).to_string(),
            schema,
            Some("/actor/actor_type"),
            unsaid,
        ),
        (
            "a secret",
            changed("/payload/note", json!("key AKIAIOSFODNN7EXAMPLE")),
            (422, "pii_policy_violation"),
            Some("/payload/note"),
            unsaid,
        ),
    ]
    .into_iter()
    .map(|(name, body, (status, code), pointer, reason)| BadEvent {
        name,
        body: body.into_bytes(),
        status,
        code,
        pointer,
        reason,
    })
    .collect()
}

pub(super) fn requests() -> Vec<BadRequest> {
    let good = || started("t").to_string().into_bytes();
    let request = |method, path, status, code| BadRequest {
        method,
        path,
        headers: JSON,
        body: if method == "POST" { good() } else { Vec::new() },
        tenant: true,
        token: None,
        status,
        code,
    };
    let events = "/api/v1/events";
    let post = |status, code| request("POST", events, status, code);
    vec![
        BadRequest { tenant: false, ..post(400, "invalid_argument") },
        BadRequest { tenant: false, token: Some(None), ..post(400, "invalid_argument") },
        BadRequest { token: Some(None), ..post(401, "unauthorized") },
        BadRequest { token: Some(Some("nonsense")), ..post(401, "unauthorized") },
        BadRequest { token: Some(Some(UNKNOWN)), ..post(401, "unauthorized") },
        BadRequest { token: Some(Some(UNKNOWN)), ..request("GET", "/api/v1/me", 401, "unauthorized") },
        BadRequest { headers: &[("content-type", "text/plain")], ..post(415, "unsupported_media_type") },
        BadRequest {
            headers: &[("content-type", "application/json"), ("accept", "text/html")],
            ..post(406, "not_acceptable")
        },
        BadRequest {
            body: vec![b' '; 9 * 1024 * 1024],
            ..request("POST", "/api/v1/events:batch", 413, "payload_too_large")
        },
        BadRequest { body: many(1001), ..request("POST", "/api/v1/events:batch", 413, "payload_too_large") },
        BadRequest {
            body: br#"{"events":{}}"#.to_vec(),
            ..request("POST", "/api/v1/events:batch", 400, "invalid_argument")
        },
        request("POST", "/api/v1/events:batch?mode=perhaps", 400, "invalid_argument"),
        request("DELETE", events, 405, "method_not_allowed"),
        request("PUT", "/api/v1/traces/t", 405, "method_not_allowed"),
        request("GET", "/api/v1/nothing", 404, "not_found"),
        request("GET", "/nothing", 404, "not_found"),
        request("GET", "/api/v1/traces/unknown", 404, "not_found"),
        request("GET", "/api/v1/traces/unknown?events=0", 404, "not_found"),
        request("GET", "/api/v1/traces/t?events=10001", 400, "invalid_argument"),
        request("GET", "/api/v1/events?after=x", 400, "invalid_argument"),
        request("GET", "/api/v1/events?after=-1", 400, "invalid_argument"),
        request("GET", "/api/v1/events?limit=0", 400, "invalid_argument"),
        request("GET", "/api/v1/events?limit=1001", 400, "invalid_argument"),
        request("GET", "/api/v1/events?event_type=Nothing", 400, "invalid_argument"),
        request("GET", "/api/v1/traces?limit=201", 400, "invalid_argument"),
        request("GET", "/api/v1/traces?cursor=%21%21", 400, "invalid_argument"),
        request("GET", "/api/v1/traces?status=perhaps", 400, "invalid_argument"),
        request("GET", "/api/v1/graph/context", 400, "invalid_argument"),
        request("GET", "/api/v1/graph/context?node_type=trace&node_id=t&max_depth=11", 400, "invalid_argument"),
        request("GET", "/api/v1/graph/edges?node_type=trace&node_id=t&direction=up", 400, "invalid_argument"),
        request("GET", "/api/v1/precedents?policy_version=1", 400, "invalid_argument"),
        request("GET", "/api/v1/precedents?entity_id=1", 400, "invalid_argument"),
        request("GET", "/api/v1/traces?freshness=perhaps", 400, "invalid_argument"),
        request("GET", "/api/v1/traces?min_log_seq=5&wait_ms=30001", 400, "invalid_argument"),
        request("GET", "/api/v1/traces?min_log_seq=5&wait_ms=1", 409, "projection_out_of_date"),
        BadRequest { body: b"{}".to_vec(), ..request("POST", "/api/v1/admin/tenants", 400, "invalid_argument") },
        BadRequest {
            body: br#"{"tenant_id":"a b"}"#.to_vec(),
            ..request("POST", "/api/v1/admin/tenants", 400, "invalid_argument")
        },
        BadRequest {
            body: br#"{"tenant_id":"strict"}"#.to_vec(),
            ..request("POST", "/api/v1/admin/tenants", 409, "conflict")
        },
        request("GET", "/api/v1/admin/accounts/nobody", 404, "not_found"),
    ]
}

fn many(count: usize) -> Vec<u8> {
    let events: Vec<Value> = (0..count).map(|number| observed("t", number)).collect();
    json!({"events": events}).to_string().into_bytes()
}
