//! Search over HTTP: what it finds, how it pages while others write, how it looks back.

use std::collections::BTreeSet;

use dg_testkit::{Suite, history};
use serde_json::{Value, json};

use crate::api::{Api, encoded};

fn event(trace_id: &str, seq: usize, event_type: &str, occurred_at: &str, payload: &Value) -> Value {
    json!({
        "event_id": format!("{trace_id}-{seq}"), "trace_id": trace_id, "event_type": event_type, "occurred_at": occurred_at,
        "source": {"producer_id": "p", "system": "s"}, "actor": {"actor_type": "agent", "actor_id": "a"},
        "idempotency_key": format!("{trace_id}-{seq}"), "payload": payload, "tags": [],
    })
}

/// A trace that starts in that minute and is left open.
fn started(trace_id: &str, minute: usize) -> Value {
    let entity = json!({"entity_type": "customer", "entity_id": trace_id});
    let payload = json!({"workflow": "paging", "title": "Some trace", "primary_entity": entity});
    event(trace_id, 0, "TraceStarted", &format!("2026-03-01T{:02}:{:02}:00Z", minute / 60, minute % 60), &payload)
}

/// Every page, as `(trace_id, row)` in order.
async fn pages(api: &Api, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let answer = api.get(&format!("/api/v1/traces?{query}{cursor}")).await;
        let data = answer.expect(200);
        found.extend(data["traces"].as_array().unwrap().iter().cloned());
        match data["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", encoded(next)),
            None => return found,
        }
    }
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["trace_id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_find_what_a_look_at_every_trace_finds() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("search", "precise").await;
    let events = history::generate(5, history::Shape { traces: 80, ..history::Shape::default() });
    tenant.append_all(&events, 1000).await;
    let fresh = format!("min_log_seq={}&wait_ms=20000", events.len());
    let all = pages(&tenant, &format!("include=companions&order=started&limit=7&{fresh}")).await;
    assert_eq!(ids(&all).into_iter().collect::<BTreeSet<_>>().len(), all.len());

    let tags = |row: &Value, tag: &str| row["tags"].as_array().unwrap().iter().any(|one| one == tag);
    type Check<'c> = (&'c str, Box<dyn Fn(&Value) -> bool + 'c>);
    let checks: Vec<Check<'_>> = vec![
        ("workflow=refund", Box::new(|row| row["workflow"] == "refund")),
        ("outcome=success&tag=release", Box::new(|row| row["outcome"] == "success" && tags(row, "release"))),
        ("status=open&workflow=renewal", Box::new(|row| row["status"] == "open" && row["workflow"] == "renewal")),
        ("policy=cap:1", Box::new(|row| row["policies"].as_array().unwrap().iter().any(|one| one == "cap:1"))),
        ("tag=a&tag=release", Box::new(|row| tags(row, "a") && tags(row, "release"))),
        (
            "started_after=2026-02-01T00:00:00Z&status=finished",
            Box::new(|row| {
                row["status"] == "finished" && row["started_at"].as_str().unwrap() >= "2026-02-01T00:00:00Z"
            }),
        ),
    ];
    for (query, holds) in checks {
        let expected: Vec<&str> =
            ids(&all).into_iter().zip(&all).filter(|(_, row)| holds(row)).map(|(id, _)| id).collect();
        let found = pages(&tenant, &format!("{query}&include=companions&limit=3")).await;
        assert_eq!(ids(&found), expected, "{query}");
        let counted = tenant.get(&format!("/api/v1/traces?{query}&include=companions&count=true&limit=1")).await;
        assert_eq!(counted.expect(200)["total"], expected.len(), "{query}");
        let mut active = pages(&tenant, &format!("{query}&include=companions&order=activity&limit=3")).await;
        assert!(active.is_sorted_by_key(|row| -row["last_log_seq"].as_i64().unwrap()), "{query}");
        active.sort_by_key(|row| ids(&all).iter().position(|id| *id == row["trace_id"]));
        assert_eq!(ids(&active), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_shows_every_trace_once_while_others_are_added() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("paging", "precise").await;
    let there: Vec<Value> = (0..120).map(|at| started(&format!("t-{at}"), at * 2)).collect();
    tenant.append_all(&there, 1000).await;
    let fresh = format!("min_log_seq={}&wait_ms=20000", there.len());
    tenant.get(&format!("/api/v1/traces?{fresh}")).await.expect(200);
    let (mut seen, mut cursor, mut added) = (Vec::new(), String::new(), 0);
    loop {
        let answer = tenant.get(&format!("/api/v1/traces?workflow=paging&limit=10{cursor}")).await;
        let data = answer.expect(200).clone();
        seen.extend(ids(data["traces"].as_array().unwrap()).into_iter().map(str::to_owned));
        // One before, one behind, one among what was seen.
        for minute in [0, 500, 117 - added % 100] {
            tenant.append_all(&[started(&format!("n-{added}"), minute)], 1).await;
            added += 1;
        }
        let wait = format!("min_log_seq={}&wait_ms=20000", there.len() + added);
        tenant.get(&format!("/api/v1/traces?limit=1&{wait}")).await.expect(200);
        match data["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", encoded(next)),
            None => break,
        }
    }
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len());
    assert!((0..there.len()).all(|at| distinct.contains(&format!("t-{at}"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_back_needs_the_position_and_shows_nothing_later() {
    let suite = Suite::start().unwrap();
    let tenant = Api::admin(&suite).new_tenant("back", "precise").await;
    let finish = event("t", 1, "TraceFinished", "2026-03-01T01:00:00Z", &json!({"outcome": "success"}));
    tenant.append_all(&[started("t", 0), started("u", 1), finish], 1000).await;
    let back = async |at: i64| tenant.get(&format!("/api/v1/traces/t?as_of_log_seq={at}&wait_ms=20000")).await;
    let now = back(3).await;
    assert_eq!(now.expect(200)["summary"]["outcome"], "success");
    assert_eq!(now.body["meta"]["as_of_log_seq"], 3);
    for at in [1, 2] {
        let then = back(at).await;
        let data = then.expect(200);
        assert_eq!((&data["summary"]["outcome"], &data["index"]["status"]), (&Value::Null, &json!("open")));
        assert_eq!((data["events"].as_array().unwrap().len(), &data["index"]["event_count"]), (1, &json!(1)));
    }
    let shown = async |query: &str| {
        let answer = tenant.get(&format!("/api/v1/traces/t?{query}")).await;
        let data = answer.expect(200).clone();
        (data["events"].as_array().unwrap().len(), data["index"]["event_count"].clone())
    };
    for (query, events) in [("events=0", 0), ("events=1", 1), ("events=2", 2), ("events=0&as_of_log_seq=3", 0)] {
        assert_eq!(shown(query).await, (events, json!(2)), "{query}");
    }
    tenant.get("/api/v1/traces/u?as_of_log_seq=1").await.refused(404, "not_found");
    tenant.get("/api/v1/traces/t?as_of_log_seq=9").await.refused(409, "projection_out_of_date");
    tenant.get("/api/v1/traces/t?as_of_log_seq=1&freshness=strict").await.refused(400, "invalid_argument");
    let precedents = async |at: i64| {
        let answer = tenant.get(&format!("/api/v1/precedents?as_of_log_seq={at}")).await;
        answer.expect(200)["precedents"].as_array().unwrap().len()
    };
    assert_eq!((precedents(2).await, precedents(3).await), (0, 1));
    let edges = async |query: &str| {
        let path = format!("/api/v1/graph/edges?node_type=trace&node_id=u&{query}");
        tenant.get(&path).await.expect(200)["edges"].as_array().unwrap().len()
    };
    assert_eq!((edges("as_of_log_seq=1").await, edges("as_of_log_seq=2").await), (0, 1));
}
