//! Holds the domain against the published edge-case vectors, when they lie beside the checkout.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::{fs, path::PathBuf};

use dg_domain::{
    GuardMode, Hash32, Limits, LogSeq, Micros, NewEvent, Profile, Rules, TenantId, UnknownFields, Violation,
    append::{Ledger, Outcome},
    json,
};
use serde_json::Value;

fn vectors() -> Option<Value> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference");
    let folder = std::env::var_os("DG_REFERENCE_DIR").map_or(beside, PathBuf::from);
    let text = fs::read_to_string(folder.join("vectors.json")).ok()?;
    Some(serde_json::from_str(&text).expect("vectors are JSON"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().expect("a string")
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().expect("a list")
}

fn canonical(document: &str) -> Result<(String, String), Violation> {
    let value = json::parse(document.as_bytes(), &Limits::SERVICE)?;
    let (mut payload, mut digest) = (String::new(), String::new());
    json::write_canonical(&value, &mut payload)?;
    json::write_digest_form(&value, &mut digest)?;
    Ok((payload, digest))
}

fn rules(profile: Profile) -> Rules {
    Rules { profile, guard: GuardMode::Reference, limits: Limits::SERVICE, unknown_fields: UnknownFields::Ignore }
}

#[test]
fn canonical_forms_and_hashes() {
    let Some(vectors) = vectors() else { return };
    for case in list(&vectors, "canonical") {
        let (payload, digest) = canonical(text(case, "json")).unwrap();
        assert_eq!(payload, text(case, "canonical"), "{case}");
        assert_eq!(Hash32::of(payload.as_bytes()).prefixed(), text(case, "payload_hash"), "{case}");
        assert_eq!(digest, text(case, "ascii_form"), "{case}");
        assert_eq!(Hash32::of(digest.as_bytes()).prefixed(), text(case, "ascii_hash"), "{case}");
    }
    for case in list(&vectors, "canonical_refused") {
        let violation = canonical(text(case, "json")).unwrap_err();
        assert_eq!(violation.code.reference_code(), text(case, "code"), "{case}");
    }
}

#[test]
fn secret_guard() {
    let Some(vectors) = vectors() else { return };
    for case in list(&vectors, "pii") {
        let event = serde_json::json!({
            "event_id": "e", "trace_id": "t", "trace_seq": 0, "event_type": "TraceStarted", "idempotency_key": "k",
            "occurred_at": "2026-01-01T00:00:00Z", "actor": {"actor_type": "agent", "actor_id": "a"},
            "source": {"producer_id": "p", "system": "s"},
            "payload": {"workflow": "w", "title": "t", "primary_entity": {"entity_type": "x", "entity_id": "y"},
                        "note": text(case, "text")},
        });
        let found = NewEvent::parse(event.to_string().as_bytes(), &rules(Profile::Strict));
        match case["pattern"].as_str() {
            None => assert!(found.is_ok(), "{case}"),
            Some(pattern) => {
                let violation = found.unwrap_err();
                assert_eq!(violation.code.reference_code(), "DG_ERR_PII_POLICY_VIOLATION", "{case}");
                assert!(violation.message.contains(&format!("'{pattern}'")), "{case}: {violation}");
                assert_eq!(violation.details.pointer.as_deref(), Some("/payload/note"), "{case}");
            }
        }
    }
}

fn verdicts(events: &[Value], profile: Profile) -> Vec<String> {
    let mut ledger = Ledger::new(TenantId::new("vectors").unwrap(), LogSeq::START);
    let verdict = |event: &Value| match NewEvent::parse(event.to_string().as_bytes(), &rules(profile)) {
        Err(violation) => violation.code.reference_code().to_owned(),
        Ok(event) => match ledger.append(event, Micros::default(), "vectors") {
            Outcome::Stored(_) => "ok".to_owned(),
            Outcome::Replayed(_) => "duplicate".to_owned(),
            Outcome::Rejected(violation) => violation.code.reference_code().to_owned(),
        },
    };
    events.iter().map(verdict).collect()
}

#[test]
fn append_cases_in_both_profiles() {
    let Some(vectors) = vectors() else { return };
    for case in list(&vectors, "append") {
        for (profile, name) in [(Profile::Reference, "reference"), (Profile::Strict, "strict")] {
            let expected: Vec<String> = list(case, name)
                .iter()
                .map(|verdict| verdict.as_str().expect("a verdict"))
                // A used event id is a caller's mistake here, not a storage failure (semantics, section 7.4).
                .map(|verdict| if verdict == "DG_ERR_STORAGE" { "DG_ERR_CONFLICT" } else { verdict })
                .map(str::to_owned)
                .collect();
            assert_eq!(verdicts(list(case, "events"), profile), expected, "{name}: {}", text(case, "name"));
        }
    }
}
