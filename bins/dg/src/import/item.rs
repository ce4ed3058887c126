//! One event of a file, made ready to be sent.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

use crate::output::sorted;

/// What the server adds to an event. A producer cannot set these; in an exported file they tell where it came from.
const STORED_ONLY: [&str; 6] = ["entry_hash", "log_seq", "payload_hash", "recorded_at", "recorded_by", "tenant_id"];

/// An event as one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Where it stood in the file: the line of NDJSON, or the place in the list, from 1.
    pub(crate) number: usize,
    /// The object without what only a stored event has.
    pub(crate) line: String,
    /// The hash that the payload had where the file was exported.
    pub(crate) payload_hash: Option<String>,
}

impl Item {
    /// Makes the event `text` ready. Values stay as they were written.
    ///
    /// # Errors
    /// Why it is not a JSON object.
    pub(crate) fn new(number: usize, text: &str) -> Result<Self, String> {
        let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).map_err(|error| {
            if serde_json::from_str::<&RawValue>(text).is_ok() {
                "not a JSON object".to_owned()
            } else {
                error.to_string()
            }
        })?;
        let payload_hash = fields.get("payload_hash").and_then(|raw| serde_json::from_str(raw.get()).ok());
        let mut line = String::with_capacity(text.len());
        let mut open = '{';
        for (name, value) in &fields {
            if STORED_ONLY.contains(&name.as_ref()) {
                continue;
            }
            line.push(open);
            open = ',';
            line.push_str(&serde_json::to_string(name).map_err(|error| error.to_string())?);
            line.push(':');
            if value.get().contains('\n') {
                line.push_str(&sorted(value).map_err(|error| error.to_string())?);
            } else {
                line.push_str(value.get());
            }
        }
        line.push_str(if open == '{' { "{}" } else { "}" });
        Ok(Self { number, line, payload_hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_the_server_knows_is_left_out() {
        let text = r#"{"log_seq": 7, "event_id":"e","payload": {"n": 123456789012345678901, "log_seq": 1},"payload_hash":"sha256:1","recorded_at":"x","tenant_id":"t","entry_hash":null,"recorded_by":"a"}"#;
        let item = Item::new(1, text).unwrap();
        assert_eq!(item.line, r#"{"event_id":"e","payload":{"n": 123456789012345678901, "log_seq": 1}}"#);
        assert_eq!(item.payload_hash.as_deref(), Some("sha256:1"));
    }

    #[test]
    fn an_item_is_always_one_line() {
        let item = Item::new(1, "{\n \"payload\": {\n  \"b\": 1,\n  \"a\": [\n 2 ]\n },\n \"tags\": []\n}").unwrap();
        assert_eq!(item.line, r#"{"payload":{"a":[2],"b":1},"tags":[]}"#);
    }

    #[test]
    fn what_is_no_object_is_named() {
        assert_eq!(Item::new(1, "[1]").unwrap_err(), "not a JSON object");
        assert!(Item::new(1, "{\"a\":").unwrap_err().contains("EOF"));
    }
}
