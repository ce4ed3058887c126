//! The document is whole: every route is in it and nothing else is, and every reference leads somewhere.

use std::collections::BTreeSet;
use std::path::Path;

use dg_http::contract::compare;
use serde_json::Value;

use super::{DOCUMENT, TAGS};
use crate::routes;

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let documented: BTreeSet<(String, String)> = DOCUMENT["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
        .collect();
    let routed: BTreeSet<(String, String)> = routes::every().map(|(method, path)| (method.to_owned(), path)).collect();
    assert_eq!(documented, routed);
}

#[test]
fn every_operation_says_enough() {
    let tags: BTreeSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
    let mut used = BTreeSet::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let what = format!("{method} {path}");
            let tag = operation["tags"][0].as_str().unwrap();
            assert!(tags.contains(tag), "{what}: the tag {tag} is not in TAGS");
            used.insert(tag);
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{what} never succeeds");
            let segments = path.matches('{').count();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let described = parameters.iter().filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(segments, described, "{what}");
            if path.starts_with("/api/v1/") {
                for status in ["400", "401", "403", "406", "429", "500", "503"] {
                    assert!(responses.contains_key(status), "{what} does not document {status}");
                }
            }
            if operation.get("requestBody").is_some() {
                for status in ["408", "413", "415"] {
                    assert!(responses.contains_key(status), "{what} does not document {status}");
                }
            }
        }
    }
    assert_eq!(tags, used, "a tag that no operation has");
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, at: &str) {
        match value {
            Value::Object(entries) => {
                for (key, inner) in entries {
                    if let ("$ref", Some(target)) = (key.as_str(), inner.as_str()) {
                        let pointer = target.strip_prefix('#').unwrap();
                        assert!(DOCUMENT.pointer(pointer).is_some(), "{at}: {target}");
                    }
                    check(inner, &format!("{at}/{key}"));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| check(item, at)),
            _ => {}
        }
    }
    check(&DOCUMENT, "");
}

/// Examples are what the schemas say, and the schemas are JSON Schema.
#[test]
fn every_example_is_valid() {
    let mut root = (*DOCUMENT).clone();
    root["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(content) = operation["requestBody"]["content"].as_object() else { continue };
            for (media, body) in content {
                let mut schema = body["schema"].clone();
                schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
                schema["components"] = DOCUMENT["components"].clone();
                let validator = jsonschema::validator_for(&schema).unwrap();
                let errors: Vec<String> =
                    validator.iter_errors(&body["example"]).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{method} {path} {media}: {errors:?}");
            }
        }
    }
}

/// Nothing that the last release promised is broken. `docs/api/README.md` says when the kept document is moved.
#[test]
fn what_was_released_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/openapi-released.json");
    let released: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let broken = compare::breaking(&released, &DOCUMENT);
    assert!(broken.is_empty(), "clients of the last release break:\n{}", broken.join("\n"));
}
