//! Writes canonical JSON: compact, keys in code point order, one spelling for everything.

use super::Json;
use crate::violation::Violation;

/// Appends the payload form: text beyond ASCII raw.
///
/// # Errors
/// `schema_violation`, reason `float`, with the pointer of the first float.
pub fn write_canonical(value: &Json<'_>, out: &mut String) -> Result<(), Violation> {
    write(value, write_text, out)
}

/// Appends the digest form: only printable ASCII, everything else as `\uXXXX`.
///
/// # Errors
/// As [`write_canonical`].
pub fn write_digest_form(value: &Json<'_>, out: &mut String) -> Result<(), Violation> {
    write(value, write_text_digest_form, out)
}

fn write(value: &Json<'_>, text: fn(&str, &mut String), out: &mut String) -> Result<(), Violation> {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Int(digits) => out.push_str(digits),
        Json::Float(spelling) => return Err(float(spelling)),
        Json::Text(string) => text(string, out),
        Json::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, text, out).map_err(|violation| below(violation, &at.to_string()))?;
            }
            out.push(']');
        }
        Json::Object(entries) => {
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                text(key, out);
                out.push(':');
                write(item, text, out).map_err(|violation| below(violation, key))?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// The refusal of a number without a canonical form.
pub(crate) fn float(spelling: &str) -> Violation {
    let shown: String = spelling.chars().take(40).collect();
    Violation::schema(format!("{shown} is a float; write decimals as strings")).because("float").at("")
}

/// Puts one step in front of the pointer while the recursion unwinds.
fn below(mut violation: Violation, step: &str) -> Violation {
    let rest = violation.details.pointer.take().unwrap_or_default();
    violation.details.pointer = Some(format!("/{}{rest}", step.replace('~', "~0").replace('/', "~1")));
    violation
}

/// Appends `text` as a JSON string in payload form.
pub fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[from..at]);
        escape(byte, out);
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// Appends `text` as a JSON string in digest form; characters above U+FFFF become surrogate pairs, DEL is escaped.
pub fn write_text_digest_form(text: &str, out: &mut String) {
    out.push('"');
    let mut from = 0;
    for (at, character) in text.char_indices() {
        if matches!(character, ' '..='~') && character != '"' && character != '\\' {
            continue;
        }
        out.push_str(&text[from..at]);
        match u8::try_from(character) {
            Ok(byte) if byte < 0x7f => escape(byte, out),
            _ => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| unicode_escape(*unit, out)),
        }
        from = at + character.len_utf8();
    }
    out.push_str(&text[from..]);
    out.push('"');
}

fn escape(byte: u8, out: &mut String) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        0x08 => out.push_str("\\b"),
        b'\t' => out.push_str("\\t"),
        b'\n' => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        b'\r' => out.push_str("\\r"),
        other => unicode_escape(u16::from(other), out),
    }
}

fn unicode_escape(unit: u16, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        out.push(char::from(DIGITS[usize::from((unit >> shift) & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{json::parse, limits::Limits};

    fn canonical(text: &str) -> Result<String, Violation> {
        let mut out = String::new();
        write_canonical(&parse(text.as_bytes(), &Limits::SERVICE)?, &mut out)?;
        Ok(out)
    }

    fn digest_form(text: &str) -> String {
        let mut out = String::new();
        write_digest_form(&parse(text.as_bytes(), &Limits::SERVICE).unwrap(), &mut out).unwrap();
        out
    }

    #[test]
    fn sorts_by_code_point_and_keeps_the_last_duplicate() {
        assert_eq!(
            canonical(r#"{"\ud83d\ude00":1,"\uff5e":2,"\ue000":3,"z":4,"\u00e9":5}"#).unwrap(),
            "{\"z\":4,\"é\":5,\"\u{e000}\":3,\"～\":2,\"😀\":1}"
        );
        assert_eq!(canonical(r#"{"a":1,"b":2,"a":{"x":3}}"#).unwrap(), r#"{"a":{"x":3},"b":2}"#);
    }

    #[test]
    fn escapes_alike_but_for_del_and_beyond() {
        let text = r#"["\" \\ \/ \b \f \n \r \t \u0000\u001f\u007f\u0080\u2028😀"]"#;
        assert_eq!(
            canonical(text).unwrap(),
            "[\"\\\" \\\\ / \\b \\f \\n \\r \\t \\u0000\\u001f\u{7f}\u{80}\u{2028}😀\"]"
        );
        assert_eq!(digest_form(text), r#"["\" \\ / \b \f \n \r \t \u0000\u001f\u007f\u0080\u2028\ud83d\ude00"]"#);
    }

    #[test]
    fn names_the_place_of_a_float() {
        let violation = canonical(r#"{"a":[{"b/c":1.5}]}"#).unwrap_err();
        assert_eq!(violation.details.pointer.as_deref(), Some("/a/0/b~1c"));
        assert_eq!(violation.details.reason, Some("float"));
    }

    fn reads_as(literal: &str, text: &str) -> bool {
        parse(literal.as_bytes(), &Limits::SERVICE).unwrap().as_str() == Some(text)
    }

    proptest! {
        #[test]
        fn writing_then_reading_is_identity(text in any::<String>()) {
            let mut payload = String::new();
            write_text(&text, &mut payload);
            prop_assert!(reads_as(&payload, &text));
            let mut digest = String::new();
            write_text_digest_form(&text, &mut digest);
            prop_assert!(digest.is_ascii());
            prop_assert!(reads_as(&digest, &text));
        }

        #[test]
        fn agrees_with_an_independent_reader(text in "[\\[\\]{}\",:0-9a-d\\\\ un.-]{0,24}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let ours = parse(text.as_bytes(), &Limits::SERVICE);
            let surrogate = ours.as_ref().err().is_some_and(|v| v.details.reason == Some("unpaired_surrogate"));
            prop_assert!(theirs == ours.is_ok() || surrogate, "{:?}", ours);
        }
    }
}
