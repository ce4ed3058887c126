//! Reads the body of a batch into events and refusals, one per item.

use dg_domain::json::{self, Json};
use dg_domain::{Limits, NewEvent, Rules, Violation};
use dg_http::media::Media;
use dg_http::{ApiError, Code};
use dg_storage::log::AppendMode;

use super::MODES;

/// How deep the document itself may nest. Each payload is held to its own, much smaller limit, so that one event that nests too
/// deep is refused alone.
const DOCUMENT_DEPTH: usize = 256;

/// What a body asks for.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) mode: Option<AppendMode>,
    pub(super) items: Vec<Result<NewEvent, Violation>>,
}

impl Document {
    /// Reads a body.
    ///
    /// # Errors
    /// `invalid_argument` when it is not JSON, not of the form `{"events": […]}`, or empty; `payload_too_large` when it holds
    /// more than `most` events. What is wrong with a single event is a refusal of that item.
    pub(super) fn read(text: &[u8], media: Media, rules: &Rules, most: usize) -> Result<Self, ApiError> {
        match media {
            Media::Json => Self::read_json(text, rules, most),
            Media::Ndjson => Self::read_lines(text, rules, most),
        }
    }

    fn read_json(text: &[u8], rules: &Rules, most: usize) -> Result<Self, ApiError> {
        let limits = Limits { depth: DOCUMENT_DEPTH, ..rules.limits };
        let root = json::parse(text, &limits)?;
        let fields = root.as_object().ok_or_else(|| malformed("a batch is a JSON object with the key events", ""))?;
        if let Some((name, _)) = fields.iter().find(|(name, _)| !matches!(name.as_ref(), "events" | "mode")) {
            return Err(malformed("a batch has the keys events and mode only", &format!("/{name}")));
        }
        let mode = match root.get("mode") {
            None => None,
            Some(value) => Some(
                MODES
                    .into_iter()
                    .find_map(|(word, mode)| (value.as_str() == Some(word)).then_some(mode))
                    .ok_or_else(|| malformed("mode is independent or atomic", "/mode"))?,
            ),
        };
        let events = root.get("events").and_then(Json::as_list);
        let events = events.ok_or_else(|| malformed("events must be a list", "/events"))?;
        check_length(events.len(), most)?;
        Ok(Self { mode, items: events.iter().map(|event| NewEvent::from_json(event, rules)).collect() })
    }

    fn read_lines(text: &[u8], rules: &Rules, most: usize) -> Result<Self, ApiError> {
        let lines = || text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        check_length(lines().count(), most)?;
        Ok(Self { mode: None, items: lines().map(|line| NewEvent::parse(line, rules)).collect() })
    }
}

fn check_length(events: usize, most: usize) -> Result<(), ApiError> {
    if events == 0 {
        return Err(malformed("a batch holds at least one event", "/events"));
    }
    if events > most {
        let message = format!("the batch holds {events} events, at most {most} are taken at once");
        return Err(ApiError::new(Code::PayloadTooLarge, message).with("limit_events", most));
    }
    Ok(())
}

fn malformed(message: &'static str, pointer: &str) -> ApiError {
    ApiError::invalid(message).with("pointer", pointer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dg_domain::{ErrorCode, GuardMode};

    fn event(id: &str, payload: &str) -> String {
        format!(
            r#"{{"event_id":"{id}","trace_id":"t","event_type":"TraceFinished","occurred_at":"2026-01-01T00:00:00Z",
               "source":{{"producer_id":"p","system":"s"}},"actor":{{"actor_type":"agent","actor_id":"a"}},
               "idempotency_key":"{id}","payload":{payload}}}"#
        )
        .replace('\n', "")
    }

    const GOOD: &str = r#"{"outcome":"success"}"#;

    fn read(text: &str, media: Media) -> Result<Document, Code> {
        Document::read(text.as_bytes(), media, &Rules::edge(GuardMode::Precise), 3).map_err(|error| error.code())
    }

    fn codes(document: &Document) -> Vec<Option<ErrorCode>> {
        document.items.iter().map(|item| item.as_ref().err().map(|violation| violation.code)).collect()
    }

    #[test]
    fn refuses_single_items() {
        let text = format!(r#"{{"events":[{},{},7]}}"#, event("1", GOOD), event("2", "{}"));
        let document = read(&text, Media::Json).unwrap();
        assert_eq!(codes(&document), [None, Some(ErrorCode::SchemaViolation), Some(ErrorCode::InvalidArgument)]);
        assert_eq!(document.mode, None);
        let deep = format!(r#"{{"outcome":"success","summary":{}1{}}}"#, "[".repeat(60), "]".repeat(60));
        let text = format!(r#"{{"events":[{},{}]}}"#, event("1", GOOD), event("2", &deep));
        assert_eq!(codes(&read(&text, Media::Json).unwrap()), [None, Some(ErrorCode::InvalidArgument)]);
    }

    #[test]
    fn reads_lines() {
        let text = format!("{}\r\n\n{{\n{}", event("1", GOOD), event("2", GOOD));
        let document = read(&text, Media::Ndjson).unwrap();
        assert_eq!(codes(&document), [None, Some(ErrorCode::InvalidArgument), None]);
    }

    #[test]
    fn knows_the_mode() {
        let text = format!(r#"{{"events":[{}],"mode":"atomic"}}"#, event("1", GOOD));
        assert_eq!(read(&text, Media::Json).unwrap().mode, Some(AppendMode::Atomic));
        assert_eq!(read(&text.replace("atomic", "both"), Media::Json).unwrap_err(), Code::InvalidArgument);
    }

    #[test]
    fn refuses_whole_documents() {
        let one = event("1", GOOD);
        let four = format!(r#"{{"events":[{one},{one},{one},{one}]}}"#);
        assert_eq!(read(&four, Media::Json).unwrap_err(), Code::PayloadTooLarge);
        assert_eq!(read(&format!("{one}\n{one}\n{one}\n{one}"), Media::Ndjson).unwrap_err(), Code::PayloadTooLarge);
        for bad in ["", "{", "[]", "{}", r#"{"events":{}}"#, r#"{"events":[]}"#, r#"{"events":[],"x":1}"#] {
            assert_eq!(read(bad, Media::Json).unwrap_err(), Code::InvalidArgument, "{bad}");
        }
        assert_eq!(read(" \n \r\n", Media::Ndjson).unwrap_err(), Code::InvalidArgument);
    }
}
