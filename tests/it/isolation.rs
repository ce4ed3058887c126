//! Two tenants with equal ids never meet, on any route.

use dg_testkit::Suite;
use dg_testkit::history::{Shape, generate};
use serde_json::{Value, json};

use crate::api::{Api, encoded};

const ROUTES: [&str; 15] = [
    "/api/v1/events?limit=1000",
    "/api/v1/events?trace_id={trace}",
    "/api/v1/events?event_type=TraceStarted",
    "/api/v1/traces?limit=200",
    "/api/v1/traces?status=finished",
    "/api/v1/traces/{trace}",
    "/api/v1/traces/{trace}/events",
    "/api/v1/graph/context?node_type=trace&node_id={trace}&max_depth=4&max_nodes=500&max_edges=1000",
    "/api/v1/graph/edges?node_type=trace&node_id={trace}",
    "/api/v1/precedents?limit=1000",
    "/api/v1/projections/health",
    "/api/v1/digests",
    "/api/v1/digests/history?projection=trace_index&limit=1",
    "/api/v1/admin/replays",
    "/api/v1/admin/failures",
];

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_with_equal_ids_never_meet() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let (left, right) = (admin.new_tenant("left", "precise").await, admin.new_tenant("right", "precise").await);
    // Equal in every id, key and hash-relevant place but for one word; the right one has less.
    let events = generate(5, Shape { traces: 20, finished_percent: 100, ..Shape::default() });
    let fewer = &events[..events.len() / 2];
    let untouched = admin.new_tenant("untouched", "precise").await;
    for (tenant, events, word) in [(&left, &events[..], "LEFT"), (&right, fewer, "RIGHT"), (&untouched, fewer, "RIGHT")]
    {
        tenant.append_all(&marked(events, word), 50).await;
    }
    let alone = untouched.digests_at(fewer.len()).await;
    assert_eq!(right.digests_at(fewer.len()).await, alone, "a neighbour changes no digest");
    left.digests_at(events.len()).await;
    let trace = events[0]["trace_id"].as_str().unwrap().to_owned();
    for route in ROUTES {
        let path = route.replace("{trace}", &encoded(&trace));
        let (of_left, of_right) = (left.get(&path).await, right.get(&path).await);
        of_left.expect(200);
        of_right.expect(200);
        assert!(!of_left.text.contains("RIGHT"), "{path}: {}", of_left.text);
        assert!(!of_right.text.contains("LEFT"), "{path}: {}", of_right.text);
        assert_eq!(
            comparable(of_right.data()),
            comparable(untouched.get(&path).await.data()),
            "{path}: the neighbour shows"
        );
    }
    // What only the left one has is not there for the right one.
    let only_left = events.iter().rev().find(|event| event["event_type"] == "TraceStarted").unwrap();
    let path = format!("/api/v1/traces/{}", encoded(only_left["trace_id"].as_str().unwrap()));
    left.get(&path).await.expect(200);
    right.get(&path).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_one_tenant_opens_no_other() {
    let suite = Suite::start().unwrap();
    let admin = Api::admin(&suite);
    let (ours, theirs) = (admin.new_tenant("ours", "precise").await, admin.new_tenant("theirs", "precise").await);
    for tenant in [&ours, &theirs] {
        tenant.append_all(&generate(1, Shape::default()), 1000).await;
    }
    let token = admin.new_account("guest", &["reader", "writer"], &["ours"]).await;
    let event = json!({"events": []});
    for route in ROUTES {
        let path = route.replace("{trace}", "trace-1-0");
        theirs.token(Some(&token)).get(&path).await.refused(403, "forbidden");
        admin.tenant("no-such-tenant").token(Some(&token)).get(&path).await.refused(403, "forbidden");
        admin.tenant("no-such-tenant").get(&path).await.refused(404, "not_found");
    }
    theirs.token(Some(&token)).post("/api/v1/events:batch", &event).await.refused(403, "forbidden");
    theirs.token(Some(&token)).post("/api/v1/events", &event).await.refused(403, "forbidden");
    let me = ours.token(Some(&token)).get("/api/v1/me").await;
    assert!(!me.text.contains("theirs"), "{}", me.text);
    assert_eq!(me.expect(200)["tenants"], json!(["ours"]));
}

/// The word goes into every title and reason, and into nothing that a digest of another tenant depends on.
fn marked(events: &[Value], word: &str) -> Vec<Value> {
    let mut events = events.to_vec();
    for event in &mut events {
        event["payload"]["marker"] = json!(word);
        for key in ["title", "reason", "summary"] {
            if event["payload"].get(key).is_some() {
                event["payload"][key] = json!(word);
            }
        }
    }
    events
}

/// Two tenants with the same log answer the same but for their name, and for when something happened to them.
fn comparable(data: &Value) -> Value {
    match data {
        Value::Object(members) => members
            .iter()
            .filter(|(key, _)| {
                ![
                    "tenant_id",
                    "recorded_at",
                    "updated_at",
                    "entry_hash",
                    "generation",
                    "epoch",
                    "lag_seconds",
                    "cursor_age_seconds",
                    "last_success_at",
                    "events_per_second_1m",
                    "events_per_second_5m",
                    "checked_at",
                    "digest",
                    "last_digest",
                    "full_digest",
                    "digests",
                ]
                .contains(&key.as_str())
            })
            .map(|(key, value)| (key.clone(), comparable(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(comparable).collect(),
        other => other.clone(),
    }
}
