//! What is sent: names of messages, and their bodies.

use dg_domain::{EventType, LogSeq, Micros, keys};
use uuid::Uuid;

/// One message, as every try sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The header `webhook-id`: the same each time it is sent.
    pub message_id: String,
    /// What it says: `{type, timestamp, data}`.
    pub body: String,
}

impl Message {
    /// A message about something that was at `at`; `data` is JSON.
    #[must_use]
    pub fn new(message_id: Uuid, message_type: &str, at: Micros, data: &str) -> Self {
        // Types are names of ours and times are digits: nothing in them needs an escape.
        let body = format!("{{\"type\":\"{message_type}\",\"timestamp\":\"{}\",\"data\":{data}}}", at.rfc3339());
        Self { message_id: message_id.to_string(), body }
    }
}

/// The type of the messages about events of a type: `event.TraceStarted`.
#[must_use]
pub fn event_type(event_type: EventType) -> String {
    format!("event.{}", event_type.as_str())
}

/// The id of the message about one event for one endpoint, whenever it is made.
#[must_use]
pub fn event_id(webhook_id: Uuid, log_seq: LogSeq) -> Uuid {
    named(&[&webhook_id.to_string(), "event", &log_seq.get().to_string()])
}

/// The id of the message that projections stand as `data` says.
#[must_use]
pub fn advance_id(webhook_id: Uuid, data: &str) -> Uuid {
    named(&[&webhook_id.to_string(), "projection", data])
}

/// A UUID of version 8: made from a hash of names.
fn named(parts: &[&str]) -> Uuid {
    uuid::Builder::from_custom_bytes(*keys::parts_key(parts).as_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_event_has_one_id_at_one_endpoint() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let seq = |raw| LogSeq::new(raw).unwrap();
        assert_eq!(event_id(one, seq(7)), event_id(one, seq(7)));
        assert_ne!(event_id(one, seq(7)), event_id(other, seq(7)));
        assert_ne!(event_id(one, seq(7)), event_id(one, seq(8)));
        assert_ne!(event_id(one, seq(7)), advance_id(one, "7"));
        assert_eq!(event_id(one, seq(7)).get_version_num(), 8);
    }

    #[test]
    fn a_body_says_what_when_and_the_rest() {
        let message =
            Message::new(Uuid::from_u128(3), &event_type(EventType::TraceStarted), Micros::new(0), "{\"a\":1}");
        let body = r#"{"type":"event.TraceStarted","timestamp":"1970-01-01T00:00:00Z","data":{"a":1}}"#;
        assert!(
            message.body.starts_with(&body[..55]) && message.body.ends_with(",\"data\":{\"a\":1}}"),
            "{}",
            message.body
        );
        assert_eq!(message.message_id, "00000000-0000-0000-0000-000000000003");
    }
}
