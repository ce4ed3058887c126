//! The contract of `POST /events:batch` and `POST /events:validate`.

use dg_http::contract::{Operation, Query};
use serde_json::{Value, json};

use super::MODES;
use super::answer::{Answer, Validated};
use crate::event_types;
use crate::ingest::contract::APPEND;

pub(crate) fn append() -> Operation {
    Operation::new("append_events", "Append a batch of events")
        .says(
            "At most 1,000 events and 8 MiB, as one document or as lines. `independent` (default) decides each event on its \
             own and always answers 200; `atomic` stores all or nothing, and a refusal has the status and code of the first \
             refused event and all of them in `details.results`.",
        )
        .query(Query::words("mode", words()).default("independent").says("May stand in the document instead."))
        .bodies(&bodies())
        .answers::<Answer<'_>>(200, "What became of each event, in the order of the batch.")
        .refuses(APPEND)
}

pub(crate) fn validate() -> Operation {
    Operation::new("validate_events", "Check events without storing them")
        .says("Looks at shape, values and size; not at what depends on the log (numbers, used keys, finished traces).")
        .bodies(&bodies())
        .answers::<Validated<'_>>(200, "What would be said of each event.")
}

fn words() -> impl Iterator<Item = &'static str> {
    MODES.into_iter().map(|(word, _)| word)
}

/// Whatever stands in the place of an event is judged alone, so the document takes anything there.
fn bodies() -> [(&'static str, Value, Value); 2] {
    let event = json!({"anyOf": [{"$ref": "#/components/schemas/NewEvent"}, true],
                       "description": "A NewEvent; anything else is refused by itself."});
    let document = json!({
        "type": "object",
        "required": ["events"],
        "properties": {
            "events": {"type": "array", "items": event, "minItems": 1, "maxItems": 1000},
            "mode": {"type": "string", "enum": words().collect::<Vec<_>>()},
        },
        "additionalProperties": false,
    });
    let lines = json!({"type": "string", "pattern": r"[^ \t\r\n]", "description": "One NewEvent a line; empty lines do not count."});
    let example = event_types::example();
    let line = format!("{example}\n");
    [("application/json", document, json!({"events": [example]})), ("application/x-ndjson", lines, line.into())]
}
