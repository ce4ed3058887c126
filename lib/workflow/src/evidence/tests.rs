use serde_json::json;

use super::*;

fn kinds(given: &Value) -> Vec<(EvidenceKind, Option<String>)> {
    read(given).unwrap().into_iter().map(|entry| (entry.kind, entry.locator)).collect()
}

fn wrong(given: &Value) -> Vec<String> {
    read(given).unwrap_err().into_iter().map(|problem| problem.pointer).collect()
}

#[test]
fn objects_pass_and_other_values_become_text() {
    let read = read(&json!([{"locator": "crm://1", "extra": [1]}, "seen", 7, null, true])).unwrap();
    assert_eq!(Value::Object(read[0].value.clone()), json!({"locator": "crm://1", "extra": [1]}));
    let texts: Vec<_> = read[1..].iter().map(|entry| entry.value["value"].clone()).collect();
    assert_eq!(texts, [json!("seen"), json!("7"), json!("null"), json!("true")]);
    assert_eq!(read[0].hash, Hash32::of(br#"{"extra":[1],"locator":"crm://1"}"#));
}

#[test]
fn the_kind_is_said_or_told_by_the_fields() {
    let some = |text: &str| Some(text.to_owned());
    let file = "0".repeat(64);
    assert_eq!(
        kinds(&json!([
            {"locator": "crm://1"}, {"kind": "link", "locator": "https://x/"}, {"event_id": "e"}, {"trace_id": "t"},
            {"job_id": "j", "digest_after": "d"}, {"digest": "d"}, {"kind": "text", "text": "so"}, {},
            {"kind": "file", "sha256": format!("sha256:{file}")}
        ])),
        [
            (EvidenceKind::Locator, some("crm://1")),
            (EvidenceKind::Locator, some("https://x/")),
            (EvidenceKind::Event, some("e")),
            (EvidenceKind::Trace, some("t")),
            (EvidenceKind::Run, some("j")),
            (EvidenceKind::Digest, some("d")),
            (EvidenceKind::Note, None),
            (EvidenceKind::Note, None),
            (EvidenceKind::File, Some(file)),
        ]
    );
}

#[test]
fn everything_wrong_is_told_at_once() {
    assert_eq!(wrong(&json!({"locator": "x"})), ["/evidence"]);
    assert_eq!(wrong(&json!("x")), ["/evidence"]);
    assert_eq!(
        wrong(&json!([
            {"kind": "rumour"}, {"kind": "file"}, {"kind": "file", "sha256": "AB"}, {"kind": "run"}, {"kind": "note"},
            {"locator": 7}, {"label": " ", "size_bytes": -1}, {"score": 1.5}, {"kind": "file", "sha256": null}
        ])),
        [
            "/evidence/0/kind",
            "/evidence/1/sha256",
            "/evidence/2/sha256",
            "/evidence/3/job_id",
            "/evidence/4/value",
            "/evidence/6/label",
            "/evidence/6/size_bytes",
            "/evidence/7/score",
            "/evidence/8/sha256",
        ]
    );
    assert_eq!(wrong(&Value::Array(vec![json!("x"); 51])), ["/evidence"]);
    assert_eq!(wrong(&json!([{"value": "x".repeat(MOST_BYTES)}])), ["/evidence"]);
    assert_eq!(read(&Value::Array(vec![json!("x"); 50])).unwrap().len(), 50);
}

#[test]
fn a_replay_is_evidence() {
    let entry = of_run("job", "trace_summary", Some("aa"), Some("aa"), 12);
    let read = read(&Value::Array(vec![entry])).unwrap();
    assert_eq!((read[0].kind, read[0].locator.as_deref()), (EvidenceKind::Run, Some("job")));
    assert_eq!(read[0].value["equal"], json!(true));
    assert_eq!(of_run("job", "all", Some("aa"), Some("bb"), 1)["equal"], json!(false));
    assert_eq!(of_run("job", "all", None, None, 1)["equal"], json!(null));
}
