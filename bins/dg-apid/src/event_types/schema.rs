//! Events as JSON Schema, made of the rules that the domain checks payloads by.
//!
//! What JSON Schema cannot say stays with the service: lengths are bytes of UTF-8 and not characters, a payload nests at most
//! 32 levels, `1.0` is a fraction, dates exist, secrets are refused.

use dg_domain::EventType;
use dg_domain::event::{Need, rules_of};
use dg_http::contract::asked_instant;
use dg_workflow::ids;
use serde_json::{Map, Value, json};

use crate::words::SPACE;

/// Where a standalone schema has [`plain`], and where the OpenAPI document has it.
pub(super) const BESIDE: &str = "#/$defs/PlainJson";
const AMONG_COMPONENTS: &str = "#/components/schemas/PlainJson";
const ID_LENGTH: usize = 512;

/// A schema that stands alone.
pub(super) fn standalone(mut schema: Value) -> Value {
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$defs"] = json!({"PlainJson": plain(BESIDE)});
    schema
}

/// The schemas that the OpenAPI document refers to: `NewEvent`, one for each type, and what is in free members.
pub(crate) fn components() -> Vec<(String, Value)> {
    let name = |kind: EventType| format!("New{kind}");
    let reference = |kind: EventType| format!("#/components/schemas/{}", name(kind));
    // What is done with reviews is recorded by the service alone.
    let sent = || EventType::ALL.into_iter().filter(|kind| *kind != EventType::WorkflowActionRecorded);
    let mapping: Map<String, Value> = sent().map(|kind| (kind.to_string(), reference(kind).into())).collect();
    let any = json!({
        "oneOf": sent().map(|kind| json!({"$ref": reference(kind)})).collect::<Vec<_>>(),
        "discriminator": {"propertyName": "event_type", "mapping": mapping},
        "description": "An event as a producer sends it.",
    });
    let each = sent().map(|kind| (name(kind), event(kind, AMONG_COMPONENTS)));
    let shared = [("NewEvent".to_owned(), any), ("PlainJson".to_owned(), plain(AMONG_COMPONENTS))];
    shared.into_iter().chain(each).collect()
}

/// A whole event of one type, as it is sent.
pub(super) fn event(kind: EventType, plain: &str) -> Value {
    let or_null = |schema: Value| {
        let mut schema = schema;
        schema["type"] = json!(["string", "null"]);
        schema
    };
    let free = json!({"type": "string", "maxLength": ID_LENGTH, "pattern": "^[^\\u0000]*$"});
    json!({
        "type": "object",
        "title": kind.as_str(),
        "description": kind.about(),
        "required": ["event_id", "trace_id", "event_type", "occurred_at", "source", "actor", "idempotency_key", "payload"],
        "properties": {
            "event_id": said(id(), "Unique in the tenant."),
            "trace_id": id(),
            "trace_seq": {"type": ["integer", "null"], "minimum": 0, "maximum": i64::MAX,
                          "description": "The next number of the trace, from 0; left out, the service assigns it."},
            "event_type": {"const": kind.as_str()},
            "occurred_at": said(asked_instant(), "RFC 3339 with an offset; kept as sent."),
            "source": {
                "type": "object", "required": ["producer_id", "system"], "additionalProperties": false,
                "properties": {"producer_id": producer(), "system": id(), "subsystem": or_null(free.clone())},
            },
            "actor": {
                "type": "object", "required": ["actor_type", "actor_id"], "additionalProperties": false,
                "properties": {"actor_type": {"enum": ["agent", "person", "role", "system"]}, "actor_id": id()},
            },
            "correlation_id": or_null(free.clone()),
            "causation_event_id": or_null(free),
            "idempotency_key": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000]+$",
                                "description": "One key of a producer stands for one event for ever."},
            "schema_version": {"type": "integer", "minimum": 1, "maximum": i64::MAX, "default": 1},
            "tags": {"type": "array", "items": id(), "maxItems": 256},
            "payload": payload(kind, plain),
        },
        "additionalProperties": false,
    })
}

/// The payload of one type. What is not named is kept and hashed.
pub(super) fn payload(kind: EventType, plain: &str) -> Value {
    let mut root = holder(plain);
    for (path, need) in rules_of(kind) {
        let (last, above) = path.split_last().expect("a rule is about a place");
        let inside = above.iter().fold(&mut root, |holder, key| &mut holder["properties"][*key]);
        inside["properties"][*last] = needed(*need, plain);
        if !matches!(need, Need::OptionalId | Need::OptionalText | Need::OptionalList | Need::OptionalOneOf(_)) {
            let required = inside["required"].as_array().cloned().unwrap_or_default();
            inside["required"] = required.into_iter().chain([(*last).into()]).collect();
        }
    }
    root
}

fn holder(plain: &str) -> Value {
    json!({"type": "object", "required": [], "properties": {}, "additionalProperties": {"$ref": plain}})
}

fn needed(need: Need, plain: &str) -> Value {
    let items = json!({"$ref": plain});
    match need {
        Need::Object => holder(plain),
        Need::List => json!({"type": "array", "items": items}),
        Need::Text => json!({"type": "string", "minLength": 1, "pattern": format!("[^{SPACE}]")}),
        Need::Shown => json!({"type": "string", "minLength": 1, "pattern": shown()}),
        Need::Id => id(),
        Need::OptionalId => json!({"type": ["string", "null"], "maxLength": ID_LENGTH, "pattern": "^[^\\u0000]*$"}),
        Need::OneOf(words) => json!({"type": "string", "enum": words}),
        Need::OptionalOneOf(words) => {
            let words: Vec<Value> = words.iter().map(|word| Value::from(*word)).chain([Value::Null]).collect();
            json!({"type": ["string", "null"], "enum": words})
        }
        Need::Positive => json!({"type": "integer", "minimum": 1, "maximum": i64::MAX}),
        Need::OptionalText => json!({"type": ["string", "null"]}),
        Need::OptionalList => json!({"type": ["array", "null"], "items": items}),
    }
}

/// A text that becomes part of a key: not blank, without U+0000, at most 512 bytes.
fn id() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": ID_LENGTH, "pattern": shown()})
}

/// Some names are the service's own.
fn producer() -> Value {
    let mut schema = id();
    schema["not"] = json!({"enum": [ids::SERVICE, ids::STUDIO, ids::TIMER]});
    schema
}

fn shown() -> String {
    format!(r"^[^\u0000]*[^\u0000{SPACE}][^\u0000]*$")
}

fn said(mut schema: Value, says: &str) -> Value {
    schema["description"] = says.into();
    schema
}

/// Any JSON without fractions.
fn plain(own: &str) -> Value {
    json!({
        "description": "Any JSON without fractions: decimals are written as strings.",
        "type": ["null", "boolean", "integer", "string", "array", "object"],
        "items": {"$ref": own},
        "additionalProperties": {"$ref": own},
    })
}

/// An event for examples.
pub(crate) fn example() -> Value {
    json!({
        "event_id": "e-1", "trace_id": "refund-17", "event_type": "TraceStarted", "occurred_at": "2026-05-04T09:00:00Z",
        "source": {"producer_id": "refund-agent", "system": "shop"},
        "actor": {"actor_type": "agent", "actor_id": "refund-agent"},
        "idempotency_key": "refund-17/start",
        "payload": {
            "workflow": "refund", "title": "Refund of order 17",
            "primary_entity": {"entity_type": "order", "entity_id": "17"},
        },
    })
}

#[cfg(test)]
mod tests;
