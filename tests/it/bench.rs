//! `dg bench`: every scenario comes through with little, and says everything it promises.

use std::process::Command;

use dg_testkit::daemon;
use serde_json::Value;

/// What every scenario says.
const ALWAYS: &[&str] = &["ceiling_per_second", "events", "payload_bytes", "processes", "scenario", "timed"];

#[test]
fn append_and_catch_up() {
    let keys = ["batch", "connections", "events_per_second", "p50_ms", "p99_ms", "ratio"];
    check(&["append-batch", "--events", "2000"], &keys);
    check(&["append-single", "--events", "1000"], &keys);
    check(&["catch-up", "--events", "2000"], &keys);
}

#[test]
fn end_to_end() {
    let found = check(
        &["e2e", "--rate", "200", "--seconds", "3", "--connections", "8"],
        &[
            "append_p50_ms",
            "append_p99_ms",
            "events_per_second",
            "met",
            "rate",
            "ratio",
            "visible_p50_ms",
            "visible_p99_ms",
        ],
    );
    assert_eq!(found["events"], 600);
    let found = check(
        &["e2e", "--rate", "200", "--seconds", "2", "--connections", "4", "--batch", "7"],
        &["batch", "visible_p50_ms"],
    );
    assert_eq!((&found["batch"], &found["events"]), (&7.into(), &400.into()));
}

#[test]
fn idle() {
    let found = check(
        &["idle", "--tenants", "5", "--seconds", "2", "--rest", "0"],
        &["cpu_percent_of_core", "idle_processes", "met", "pickup_max_ms", "pickup_p50_ms", "pss_bytes", "rss_bytes"],
    );
    assert!(found["rss_bytes"].as_u64().is_some_and(|bytes| bytes > 1_000_000), "{found}");
    assert!(found["pickup_max_ms"].as_f64().is_some_and(|ms| ms > 0.0), "{found}");
}

#[test]
fn overhead() {
    let found = check(
        &["overhead", "--events", "1000"],
        &[
            "authentication_share",
            "authentication_us",
            "events_per_second",
            "limits_share",
            "limits_us",
            "met",
            "overhead",
            "ratio",
        ],
    );
    for turns in ["policies_one_tenant", "policies_many_tenants"] {
        for key in ["per_second", "per_second_without", "ratio"] {
            assert!(found[turns][key].as_f64().is_some_and(|value| value > 0.0), "{turns} {key}: {found}");
        }
    }
}

#[test]
fn read() {
    let found = check(&["read", "--events", "3000", "--seconds", "1"], &["kinds"]);
    let kinds = found["kinds"].as_object().unwrap();
    assert_eq!(kinds.len(), 13, "{found}");
    for (name, kind) in kinds {
        let keys: Vec<&str> = kind.as_object().unwrap().keys().map(String::as_str).collect();
        let wanted = ["client_p50_ms", "client_p99_ms", "count", "max_ms", "met", "p50_ms", "p99_ms", "target_ms"];
        assert_eq!(keys, wanted, "{name}");
    }
}

#[test]
fn rebuild() {
    let found = check(
        &["rebuild", "--events", "3000", "--seconds", "2", "--read-rate", "50"],
        &[
            "disk_after",
            "disk_before",
            "disk_peak",
            "disk_ratio",
            "events_per_second",
            "projection",
            "ratio",
            "read_p99_before_ms",
            "read_p99_during_ms",
            "read_p99_ratio",
            "reads",
        ],
    );
    assert_eq!((&found["digests_equal"], &found["reads_failed"]), (&true.into(), &0.into()), "{found}");
    let without = check(&["rebuild", "--events", "1000", "--no-reads", "--projection", "trace_index"], &[]);
    assert_eq!((&without["projection"], &without["reads"]), (&"trace_index".into(), &0.into()), "{without}");
}

#[test]
fn stream() {
    let found = check(
        &["stream", "--streams", "5", "--rate", "200", "--seconds", "2", "--connections", "8"],
        &["delivered_p50_ms", "delivered_p95_ms", "events_per_second", "met", "rate", "ratio", "streams"],
    );
    assert_eq!((&found["events"], &found["deliveries"]), (&400.into(), &2000.into()), "{found}");
}

#[test]
fn workflow() {
    let found = check(
        &["workflow", "--tenants", "5", "--items", "200", "--rate", "5", "--seconds", "2"],
        &["actions", "firing", "folded_items_per_second", "idle", "items", "met", "queues", "rate", "tenants"],
    );
    let count = |stretch: &str| {
        let firing = &found["firing"][stretch];
        firing["escalations"]["count"].as_u64().unwrap_or_else(|| panic!("{stretch}: {found}"))
    };
    assert_eq!((count("steady"), count("outage"), count("kills")), (10, 10, 10), "{found}");
    for (what, names) in [
        ("actions", vec!["approve", "claim", "comment"]),
        (
            "queues",
            vec![
                "largest_buckets",
                "largest_of_my_roles",
                "largest_overdue",
                "largest_page_after_page",
                "largest_queue",
                "queue",
            ],
        ),
    ] {
        let kinds = found[what].as_object().unwrap();
        assert_eq!(kinds.keys().map(String::as_str).collect::<Vec<_>>(), names);
        assert!(kinds.values().all(|kind| kind["p95_ms"].as_f64().is_some_and(|ms| ms > 0.0)), "{found}");
    }
}

/// Runs a scenario; its last line is one document with sorted keys.
#[track_caller]
fn check(words: &[&str], keys: &[&str]) -> Value {
    let output = Command::new(daemon("dg").unwrap()).arg("bench").args(words).arg("--json").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().last().unwrap();
    let found: Value = serde_json::from_str(line).unwrap();
    assert_eq!(found["scenario"], words[0]);
    for key in ALWAYS.iter().chain(keys) {
        assert!(found.get(key).is_some(), "{key} is missing: {found}");
    }
    let projector = &found["processes"]["dg-projectord"];
    for key in ["cpu_seconds", "peak_rss_bytes", "rss_bytes"] {
        assert!(projector[key].is_number(), "{key} of dg-projectord is missing: {found}");
    }
    let names: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert!(line.starts_with(&format!("{{\"{}\"", names[0])) && names.is_sorted(), "{line}");
    found
}
