//! JSON with sorted keys whose numbers stay as they were written.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

/// The same document in one line, keys in code point order, numbers and strings verbatim. Of repeated keys the last is
/// kept. A `serde_json::Value` would round integers beyond 64 bits.
///
/// # Errors
/// When the text is deeper than the parser allows.
pub(crate) fn sorted(document: &RawValue) -> Result<String, serde_json::Error> {
    let mut text = String::with_capacity(document.get().len());
    write(document, &mut text)?;
    Ok(text)
}

fn write(value: &RawValue, to: &mut String) -> Result<(), serde_json::Error> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let entries: BTreeMap<Key<'_>, &RawValue> = serde_json::from_str(text)?;
            let mut open = '{';
            for (Key(key), value) in entries {
                to.push(open);
                open = ',';
                to.push_str(&serde_json::to_string(&key)?);
                to.push(':');
                write(value, to)?;
            }
            to.push_str(if open == '{' { "{}" } else { "}" });
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            let mut open = '[';
            for value in items {
                to.push(open);
                open = ',';
                write(value, to)?;
            }
            to.push_str(if open == '[' { "[]" } else { "]" });
        }
        _ => to.push_str(text),
    }
    Ok(())
}

/// A key, borrowed where it holds no escapes. Bytes of UTF-8 sort by code point.
#[derive(PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: &str) {
        let raw: Box<RawValue> = serde_json::from_str(input).unwrap();
        assert_eq!(sorted(&raw).unwrap(), expected);
    }

    #[test]
    fn keys_are_sorted_at_every_level_and_whitespace_is_gone() {
        check("{\"b\": [ {\"z\":1, \"a\":{}} , [] ],\n \"a\" : null}", r#"{"a":null,"b":[{"a":{},"z":1},[]]}"#);
        check(r#"{"é":1,"z":2,"\u0061":3}"#, r#"{"a":3,"z":2,"é":1}"#);
    }

    #[test]
    fn numbers_and_strings_stay_as_written() {
        check(
            r#"{"n":123456789012345678901234567890,"m":-0,"s":"\u00e9\/"}"#,
            r#"{"m":-0,"n":123456789012345678901234567890,"s":"\u00e9\/"}"#,
        );
        check("\"x\"", "\"x\"");
    }
}
