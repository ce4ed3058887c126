//! Payloads as the fold reads them.

use dg_domain::{Limits, Micros, StoredEvent, Violation, json, json::Json};
use serde_json::{Map, Number, Value};

/// The payload of one event.
pub(super) struct Payload(Value);

impl Payload {
    /// Reads it as it is stored.
    ///
    /// # Errors
    /// `schema_violation`: no JSON object.
    pub(super) fn of(event: &StoredEvent) -> Result<Self, Violation> {
        let broken = || Violation::schema("payload must be an object").at("/payload");
        let value = json::parse(event.event.payload_json.as_bytes(), &Limits::SERVICE)?;
        let value = plain(&value);
        if value.is_object() { Ok(Self(value)) } else { Err(broken()) }
    }

    /// Text that has to be there.
    ///
    /// # Errors
    /// `schema_violation` with its place.
    pub(super) fn text(&self, pointer: &str) -> Result<&str, Violation> {
        self.maybe(pointer).ok_or_else(|| missing(pointer, "string"))
    }

    /// Text that may be there.
    pub(super) fn maybe(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
    }

    /// The same, owned.
    pub(super) fn owned(&self, pointer: &str) -> Option<String> {
        self.maybe(pointer).map(str::to_owned)
    }

    /// An instant that may be there.
    ///
    /// # Errors
    /// `schema_violation` when it is there and none.
    pub(super) fn instant(&self, pointer: &str) -> Result<Option<Micros>, Violation> {
        self.maybe(pointer)
            .map(|text| Micros::parse_rfc3339(text).ok_or_else(|| missing(pointer, "timestamp")))
            .transpose()
    }

    /// An integer that may be there.
    pub(super) fn integer(&self, pointer: &str) -> Option<i64> {
        self.0.pointer(pointer).and_then(Value::as_i64)
    }

    /// Whatever is there; null for nothing.
    pub(super) fn value(&self, pointer: &str) -> Value {
        self.0.pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    /// A list; empty for nothing.
    pub(super) fn list(&self, pointer: &str) -> Value {
        match self.0.pointer(pointer) {
            Some(list @ Value::Array(_)) => list.clone(),
            _ => Value::Array(Vec::new()),
        }
    }
}

pub(super) fn missing(pointer: &str, kind: &str) -> Violation {
    let at = format!("/payload{pointer}");
    Violation::schema(format!("missing or invalid {kind} for '{at}'")).at(at)
}

/// The contract's JSON as ordinary values. An integer beyond 64 bits becomes its digits as text, so that nothing is rounded.
fn plain(value: &Json<'_>) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Int(digits) => digits
            .parse::<i64>()
            .map_or_else(|_| Value::String((*digits).to_owned()), |int| Value::Number(Number::from(int))),
        Json::Float(spelling) => Value::String((*spelling).to_owned()),
        Json::Text(text) => Value::String(text.to_string()),
        Json::List(items) => Value::Array(items.iter().map(plain).collect()),
        Json::Object(entries) => {
            Value::Object(entries.iter().map(|(key, item)| (key.to_string(), plain(item))).collect::<Map<_, _>>())
        }
    }
}
