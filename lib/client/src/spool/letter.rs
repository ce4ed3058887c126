//! Dead letters: events that the service refused for good, and what followed them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use super::record::Damage;

/// Why an event became a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterReason {
    /// The service said no to it.
    Refused,
    /// The service said no to an earlier event of its trace.
    Follows,
}

/// An event that will not be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLetter {
    /// Its place in the spool.
    pub position: u64,
    /// Why it is one.
    pub reason: LetterReason,
    /// What the service said, of the refused event: `code`, `message`, `details`, `status`, `request_id`.
    pub error: Map<String, Value>,
    /// As it was to be sent; see [`DeadLetter::event`].
    #[serde(rename = "event")]
    pub body: Box<RawValue>,
    /// When it became one, RFC 3339.
    pub at: String,
}

impl DeadLetter {
    /// Its trace.
    #[must_use]
    pub fn trace_id(&self) -> String {
        trace_of(self.body.get().as_bytes()).unwrap_or_default()
    }

    /// The event, to repair and to give to [`Recorder::append_event`](crate::Recorder::append_event).
    ///
    /// # Errors
    /// When it is not one that this version knows.
    pub fn event(&self) -> Result<crate::Event, serde_json::Error> {
        serde_json::from_str(self.body.get())
    }
}

/// One line of `dead-letters.ndjson`.
#[derive(Debug)]
pub(super) enum Line {
    Letter(DeadLetter),
    Released(String),
}

#[derive(Serialize, Deserialize)]
pub(super) struct Released {
    pub(super) released: String,
    pub(super) at: String,
}

/// The lines of the file, and where it has to end: a line without its end was torn.
pub(super) fn lines(bytes: &[u8]) -> Result<(Vec<Line>, usize), Damage> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let whole = bytes.get(..end).unwrap_or_default().split_inclusive(|byte| *byte == b'\n');
    let read = |(number, line): (usize, &[u8])| {
        if let Ok(letter) = serde_json::from_slice(line) {
            return Ok(Line::Letter(letter));
        }
        let released = serde_json::from_slice::<Released>(line).map_err(|_| Damage::Letter(number + 1))?;
        Ok(Line::Released(released.released))
    };
    Ok((whole.enumerate().map(read).collect::<Result<_, _>>()?, end))
}

/// The trace of an encoded event.
pub(super) fn trace_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        trace_id: String,
    }
    serde_json::from_slice::<Named>(body).ok().map(|named| named.trace_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTER: &str = r#"{"position":3,"reason":"refused","error":{"code":"x"},"event":{"trace_id":"t","n":123456789012345678901},"at":"2026-01-01T00:00:00Z"}"#;

    #[test]
    fn lines_are_read_up_to_the_torn_one() {
        let text = format!("{LETTER}\n{{\"released\":\"t\",\"at\":\"now\"}}\n{{\"posi");
        let (found, end) = lines(text.as_bytes()).unwrap();
        assert_eq!((found.len(), end), (2, text.len() - "{\"posi".len()));
        let [Line::Letter(letter), Line::Released(trace)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((letter.trace_id().as_str(), trace.as_str()), ("t", "t"));
        assert_eq!(serde_json::to_string(letter).unwrap(), LETTER);
    }

    #[test]
    fn a_strange_line_is_damage() {
        for line in ["{}\n", "\n", "[1]\n", r#"{"released":1,"at":""}"#] {
            let text = format!("{LETTER}\n{line}\n");
            assert_eq!(lines(text.as_bytes()).unwrap_err(), Damage::Letter(2), "{line}");
        }
    }
}
