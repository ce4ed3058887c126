//! Tells the forms of event files apart and yields their events.
//!
//! Accepted: NDJSON (one event per line); a JSON list of events; an object with a list `events`, which is also the form
//! of published golden files and histories, and of an answer of the API (`{"data": {"events": …}}`); one event alone.
//! NDJSON is read line by line, so that its size does not matter; the other forms are read whole.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde_json::value::RawValue;

use super::item::Item;

/// Yields the events of one file.
pub(crate) struct Reader<R> {
    source: Source<R>,
    read_bytes: u64,
}

enum Source<R> {
    /// The next line's number, and what follows it.
    Lines {
        first: Option<String>,
        number: usize,
        rest: R,
    },
    Whole(std::vec::IntoIter<(usize, String)>),
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormatError {
    #[error("cannot read it")]
    Io(#[from] io::Error),
    #[error("it is empty")]
    Empty,
    #[error("it is neither NDJSON, nor a JSON list of events, nor an object with a list `events`: {0}")]
    Unknown(String),
}

/// One event, or what is wrong with its line.
pub(crate) type Entry = Result<Item, (usize, String)>;

impl<R: BufRead> Reader<R> {
    /// Looks at the beginning to find out the form.
    ///
    /// # Errors
    /// When there is nothing, or nothing that could be events.
    pub(crate) fn new(mut from: R) -> Result<Self, FormatError> {
        let mut number = 0;
        let mut read_bytes = 0;
        let first = loop {
            let mut line = String::new();
            let size = read_line(&mut from, &mut line)?;
            if size == 0 {
                return Err(FormatError::Empty);
            }
            read_bytes += size;
            number += 1;
            if !line.trim_start_matches('\u{feff}').trim().is_empty() {
                break line.trim_start_matches('\u{feff}').to_owned();
            }
        };
        if is_event(&first) {
            let source = Source::Lines { first: Some(first), number, rest: from };
            return Ok(Self { source, read_bytes });
        }
        let mut text = first;
        from.read_to_string(&mut text).map_err(not_text)?;
        let read_bytes = text.len() as u64;
        let events = events_of(text.trim())?;
        let numbered: Vec<_> = events.into_iter().enumerate().map(|(at, text)| (at + 1, text)).collect();
        Ok(Self { source: Source::Whole(numbered.into_iter()), read_bytes })
    }

    /// How much of the file has been read.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// The next event; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, FormatError> {
        match &mut self.source {
            Source::Whole(events) => {
                Ok(events.next().map(|(number, text)| Item::new(number, &text).map_err(|why| (number, why))))
            }
            Source::Lines { first, number, rest } => loop {
                let (at, line) = match first.take() {
                    Some(line) => (*number, line),
                    None => {
                        let mut line = String::new();
                        let size = read_line(rest, &mut line)?;
                        if size == 0 {
                            return Ok(None);
                        }
                        self.read_bytes += size;
                        *number += 1;
                        (*number, line)
                    }
                };
                if !line.trim().is_empty() {
                    return Ok(Some(Item::new(at, line.trim()).map_err(|why| (at, why))));
                }
            },
        }
    }
}

fn read_line(from: &mut impl BufRead, line: &mut String) -> Result<u64, FormatError> {
    Ok(from.read_line(line).map_err(not_text)? as u64)
}

fn not_text(error: io::Error) -> FormatError {
    if error.kind() == io::ErrorKind::InvalidData {
        FormatError::Unknown("it is not UTF-8 text".to_owned())
    } else {
        FormatError::Io(error)
    }
}

/// Whether a line is a whole event, so that the file is NDJSON.
fn is_event(line: &str) -> bool {
    let fields: Result<BTreeMap<Cow<'_, str>, &RawValue>, _> = serde_json::from_str(line.trim());
    fields.is_ok_and(|fields| fields.contains_key("event_type") || fields.contains_key("event_id"))
}

/// The events of a document, each as its own text.
fn events_of(text: &str) -> Result<Vec<String>, FormatError> {
    let unknown = |error: serde_json::Error| FormatError::Unknown(error.to_string());
    let list = |text: &str| -> Result<Vec<String>, FormatError> {
        let items: Vec<&RawValue> = serde_json::from_str(text).map_err(unknown)?;
        Ok(items.into_iter().map(|item| item.get().to_owned()).collect())
    };
    if text.starts_with('[') {
        return list(text);
    }
    let fields: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).map_err(unknown)?;
    if let Some(events) = fields.get("events") {
        return list(events.get());
    }
    if let Some(data) = fields.get("data") {
        return events_of(data.get());
    }
    if is_event(text) {
        return Ok(vec![text.to_owned()]);
    }
    Err(FormatError::Unknown("the object has no list `events`".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers and event ids of what comes out; `!` marks a line that is no event.
    fn check(text: &str, expected: &str) {
        let mut reader = Reader::new(text.as_bytes()).unwrap();
        let mut found = Vec::new();
        while let Some(entry) = reader.next().unwrap() {
            found.push(match entry {
                Ok(item) => {
                    let event: serde_json::Value = serde_json::from_str(&item.line).unwrap();
                    format!("{}{}", item.number, event["event_id"].as_str().unwrap_or("?"))
                }
                Err((number, _)) => format!("{number}!"),
            });
        }
        assert_eq!(found.join(" "), expected, "{text}");
        assert_eq!(reader.read_bytes(), text.trim_start_matches('\u{feff}').len() as u64, "{text}");
    }

    #[test]
    fn every_form_is_recognised() {
        check("{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}\n", "1a 2b");
        check("[{\"event_id\":\"a\"},\n {\"event_id\":\"b\"}]", "1a 2b");
        check("{\"events\":[{\"event_id\":\"a\"}],\"scenario\":\"x\"}", "1a");
        check("{\n \"scenario\": \"x\",\n \"events\": [\n {\"event_id\": \"a\"}\n ]\n}\n", "1a");
        check("{\"data\":{\"events\":[{\"event_id\":\"a\"}],\"next_after\":null},\"request_id\":\"r\"}", "1a");
        check("{\n \"event_id\": \"a\"\n}", "1a");
        check("[]", "");
        check("{\"events\":[]}", "");
    }

    #[test]
    fn lines_keep_their_numbers_and_bad_ones_do_not_stop_the_others() {
        check("{\"event_id\":\"a\"}\r\n\n{\"event_id\":\nnull\n{\"event_id\":\"b\"}", "1a 3! 4! 5b");
    }

    #[test]
    fn what_holds_no_events_is_refused() {
        for (text, expected) in [
            ("", "empty"),
            ("  \n\n", "empty"),
            ("{\"a\":1}", "no list"),
            ("hello", "neither"),
            ("[{\"event_id\":\"a\"},", "neither"),
            ("{\"events\":{}}", "neither"),
        ] {
            let error = Reader::new(text.as_bytes()).err().unwrap().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(Reader::new(&b"\xff\xfe"[..]).err().unwrap().to_string().contains("UTF-8"));
    }
}
