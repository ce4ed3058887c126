//! Payloads as text for people.

use dg_domain::{
    Limits,
    json::{self, Json, write_text},
};

/// A longer value is cut in a sentence; the payload below shows all of it.
const ONE_LINE: usize = 80;

/// The payload with two spaces per level, exact in every digit; text that is no JSON is returned as it is.
pub(crate) fn laid_out(payload: &str) -> String {
    match json::parse(payload.as_bytes(), &Limits::SERVICE) {
        Ok(value) => {
            let mut out = String::with_capacity(payload.len() * 2);
            write(&value, 0, &mut out);
            out
        }
        Err(_) => payload.to_owned(),
    }
}

/// A typed value (`{"type":…,"value":…}`) or any other, short enough for a chip.
pub(super) fn in_one_line(value: &Json<'_>) -> String {
    let text = match value.get("value").unwrap_or(value) {
        Json::Text(text) => text.to_string(),
        other => {
            let mut out = String::new();
            compact(other, &mut out);
            out
        }
    };
    match text.char_indices().nth(ONE_LINE) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

fn write(value: &Json<'_>, depth: usize, out: &mut String) {
    match value {
        Json::List(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                line(at, depth + 1, out);
                write(item, depth + 1, out);
            }
            end(depth, ']', out);
        }
        Json::Object(entries) if !entries.is_empty() => {
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                line(at, depth + 1, out);
                write_text(key, out);
                out.push_str(": ");
                write(item, depth + 1, out);
            }
            end(depth, '}', out);
        }
        other => compact(other, out),
    }
}

fn line(at: usize, depth: usize, out: &mut String) {
    out.push_str(if at == 0 { "\n" } else { ",\n" });
    out.extend(std::iter::repeat_n("  ", depth));
}

fn end(depth: usize, bracket: char, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
    out.push(bracket);
}

fn compact(value: &Json<'_>, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Json::Int(digits) | Json::Float(digits) => out.push_str(digits),
        Json::Text(text) => write_text(text, out),
        Json::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                compact(item, out);
            }
            out.push(']');
        }
        Json::Object(entries) => {
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_text(key, out);
                out.push_str(": ");
                compact(item, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_keeps_every_digit() {
        let text = r#"{"a":[],"n":123456789012345678901234567890,"z":{"k":["x",true,null]}}"#;
        let expected = "{\n  \"a\": [],\n  \"n\": 123456789012345678901234567890,\n  \"z\": {\n    \"k\": [\n      \"x\",\n      true,\n      null\n    ]\n  }\n}";
        assert_eq!(laid_out(text), expected);
        assert_eq!(laid_out("not json"), "not json");
    }

    #[test]
    fn long_values_are_cut_on_a_character() {
        let limits = Limits::SERVICE;
        let long = format!("\"{}\"", "ä".repeat(100));
        let value = json::parse(long.as_bytes(), &limits).unwrap();
        assert_eq!(in_one_line(&value).chars().count(), ONE_LINE + 1);
    }
}
