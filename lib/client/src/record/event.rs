//! An event on its way to the service: its envelope, and its bytes.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::{Value, ser::Formatter};

use super::payload::Payload;
use crate::{Actor, ClientError, Source, edge};

/// The service's limit for one event, in bytes.
pub const MAX_EVENT_BYTES: usize = 1 << 20;
/// How deep a payload may nest.
const MAX_DEPTH: usize = 32;
const MAX_ID_BYTES: usize = 512;

/// What an event may carry besides its payload; all of it is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventOptions {
    /// Who did it; else the recorder's.
    pub actor: Option<Actor>,
    /// What sends it; else the recorder's.
    pub source: Option<Source>,
    /// When it happened, RFC 3339 with an offset; else now. Kept as given.
    pub occurred_at: Option<String>,
    /// 1 to 200 bytes; else a new one. The same key of a producer stands for the same event for ever, so a key of your own
    /// makes a call repeatable across a crash of your process.
    pub idempotency_key: Option<String>,
    /// Unique in the tenant; else made from producer and key where the key is given, and new otherwise.
    pub event_id: Option<String>,
    /// Ties events of several traces together.
    pub correlation_id: Option<String>,
    /// The event this one follows from. A [`Trace`](crate::Trace) sets it by itself.
    pub causation_event_id: Option<String>,
    /// Of the payload; else 1.
    pub schema_version: Option<i64>,
    /// Labels to search for.
    pub tags: Vec<String>,
}

/// An event on its way: the envelope of `POST /events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Unique in the tenant.
    pub event_id: String,
    /// The decision it belongs to.
    pub trace_id: String,
    /// Its place in the trace; left to the service when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_seq: Option<i64>,
    /// One of the types.
    pub event_type: String,
    /// When it happened, RFC 3339.
    pub occurred_at: String,
    /// What sends it.
    pub source: Source,
    /// Who did it.
    pub actor: Actor,
    /// Makes repeating safe.
    pub idempotency_key: String,
    /// In the shape of its type. Integers beyond 64 bits go as text.
    pub payload: Value,
    /// Of the payload.
    #[serde(default = "first_version")]
    pub schema_version: i64,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Ties traces together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The event this one follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation_event_id: Option<String>,
}

const fn first_version() -> i64 {
    1
}

impl Event {
    /// An event of now, with an id and a key of its own.
    pub fn new<P: Payload>(trace_id: impl Into<String>, payload: P, actor: Actor, source: Source) -> Self {
        let payload = serde_json::to_value(payload).unwrap_or_default();
        Self::build(trace_id.into(), P::EVENT_TYPE.to_owned(), payload, actor, source, EventOptions::default())
    }

    pub(crate) fn build(
        trace_id: String,
        event_type: String,
        payload: Value,
        actor: Actor,
        source: Source,
        options: EventOptions,
    ) -> Self {
        let (actor, source) = (options.actor.unwrap_or(actor), options.source.unwrap_or(source));
        let derived = |key: &String| edge::derived_id(&source.producer_id, key);
        let known = options.event_id.or_else(|| options.idempotency_key.as_ref().map(derived));
        let event_id = known.unwrap_or_else(edge::new_id);
        Self {
            trace_id,
            trace_seq: None,
            event_type,
            occurred_at: options.occurred_at.unwrap_or_else(edge::now),
            source,
            actor,
            idempotency_key: options.idempotency_key.unwrap_or_else(|| event_id.clone()),
            payload,
            schema_version: options.schema_version.unwrap_or(1),
            tags: options.tags,
            correlation_id: options.correlation_id,
            causation_event_id: options.causation_event_id,
            event_id,
        }
    }

    /// The event as the bytes that are sent, and kept by a spool: compact JSON in ASCII.
    ///
    /// # Errors
    /// `invalid_event` for what no service would ever take, found before anything is promised: a number with a fraction, a
    /// missing or oversized id or key, too deep, or above 1 MiB; `details.pointer` names the place.
    pub fn encode(&self) -> Result<Vec<u8>, ClientError> {
        for (name, text, limit) in [
            ("event_id", &self.event_id, MAX_ID_BYTES),
            ("trace_id", &self.trace_id, MAX_ID_BYTES),
            ("idempotency_key", &self.idempotency_key, edge::MAX_KEY_BYTES),
        ] {
            if text.trim().is_empty() {
                return Err(invalid(format!("{name} must be a text that is not blank"), &format!("/{name}")));
            }
            if text.len() > limit {
                return Err(invalid(format!("{name} is longer than {limit} bytes"), &format!("/{name}")));
            }
        }
        check(&self.payload, &mut "/payload".to_owned(), 1)?;
        let mut bytes = Vec::new();
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Ascii))
            .map_err(|error| invalid(error.to_string(), ""))?;
        if bytes.len() > MAX_EVENT_BYTES {
            let message = format!("the event has {} bytes, {MAX_EVENT_BYTES} are taken", bytes.len());
            return Err(invalid(message, ""));
        }
        Ok(bytes)
    }
}

fn check(value: &Value, pointer: &mut String, depth: usize) -> Result<(), ClientError> {
    let length = pointer.len();
    match value {
        Value::Number(number) if number.is_f64() => {
            return Err(invalid("a number with a fraction cannot be recorded: use text, or Fact and Change", pointer));
        }
        Value::Array(_) | Value::Object(_) if depth > MAX_DEPTH => {
            return Err(invalid(format!("nested deeper than {MAX_DEPTH} levels"), pointer));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{index}"));
                check(item, pointer, depth + 1)?;
                pointer.truncate(length);
            }
        }
        Value::Object(items) => {
            for (key, item) in items {
                pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")));
                check(item, pointer, depth + 1)?;
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(())
}

fn invalid(message: impl Into<String>, pointer: &str) -> ClientError {
    let mut error = ClientError::local("invalid_event", message);
    error.details.insert("pointer".to_owned(), pointer.into());
    error
}

/// Writes texts with everything beyond ASCII escaped.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        let mut units = [0; 2];
        for letter in fragment.chars() {
            if letter.is_ascii() {
                writer.write_all(&[u8::try_from(letter).unwrap_or(b'?')])?;
                continue;
            }
            for unit in letter.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(payload: Value) -> Event {
        let (actor, source) = (Actor::new("agent", "a"), Source::new("p", "s"));
        Event::build("t".to_owned(), "InputObserved".to_owned(), payload, actor, source, EventOptions::default())
    }

    #[test]
    fn bytes_are_ascii_and_mean_the_same() {
        let mut event = event(json!({"text": "süß 🦀 \u{7f}\n\"", "n": 17}));
        event.trace_id = "é".to_owned();
        let bytes = event.encode().unwrap();
        assert!(bytes.is_ascii());
        assert!(String::from_utf8_lossy(&bytes).contains(r#""s\u00fc\u00df \ud83e\udd80 "#));
        assert_eq!(serde_json::from_slice::<Event>(&bytes).unwrap(), event);
    }

    #[test]
    fn what_can_never_be_stored_is_refused_before_anything_is_promised() {
        let mut deep = json!({});
        for _ in 0..31 {
            deep = json!({"x": deep});
        }
        assert!(event(deep.clone()).encode().is_ok());
        let deeper = format!("/payload{}", "/x".repeat(32));
        for (payload, pointer) in [
            (json!({"facts": [{"a/b~": 0.5}]}), "/payload/facts/0/a~1b~0"),
            (json!({"x": deep}), deeper.as_str()),
            (json!({"x": "y".repeat(MAX_EVENT_BYTES)}), ""),
        ] {
            let error = event(payload).encode().unwrap_err();
            assert_eq!((error.code.as_str(), &error.details["pointer"]), ("invalid_event", &json!(pointer)));
            assert!(!error.is_transient());
        }
        for (pointer, change) in [
            ("/event_id", (|event: &mut Event| " ".clone_into(&mut event.event_id)) as fn(&mut Event)),
            ("/trace_id", |event| event.trace_id = "é".repeat(257)),
            ("/idempotency_key", |event| event.idempotency_key = "k".repeat(201)),
        ] {
            let mut event = event(json!({}));
            change(&mut event);
            assert_eq!(event.encode().unwrap_err().details["pointer"], pointer);
        }
    }

    #[test]
    fn a_key_of_ones_own_has_the_same_id_every_time() {
        let build = |key: &str| {
            let options = EventOptions { idempotency_key: Some(key.to_owned()), ..EventOptions::default() };
            let (actor, source) = (Actor::new("agent", "a"), Source::new("p", "s"));
            Event::build("t".to_owned(), "TraceFinished".to_owned(), json!({}), actor, source, options)
        };
        assert_eq!(build("k").event_id, build("k").event_id);
        assert_ne!(build("k").event_id, build("l").event_id);
        let drawn = event(json!({}));
        assert_eq!(drawn.event_id, drawn.idempotency_key);
        assert_ne!(drawn.event_id, event(json!({})).event_id);
    }
}
