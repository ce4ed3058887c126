//! Reads JSON text into a borrowed tree, in one pass and within stated bounds.

use std::borrow::Cow;

use super::Json;
use crate::{limits::Limits, violation::Violation};

/// Levels around a payload: the event, the list of a batch, the batch document.
const LEVELS_AROUND_PAYLOAD: usize = 3;

/// Reads one document (RFC 8259, UTF-8, nothing after it but white space).
///
/// # Errors
/// `invalid_argument`, reason `malformed_json` with the byte offset, `unpaired_surrogate`, `too_deep` beyond
/// `limits.depth` (and the levels around a payload), or `too_many_digits`.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Json<'a>, Violation> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(error.valid_up_to(), "is not valid UTF-8"))?;
    let mut reader =
        Reader { text, bytes: text.as_bytes(), at: 0, depth_left: limits.depth + LEVELS_AROUND_PAYLOAD, limits };
    let value = reader.value()?;
    reader.skip_space();
    if reader.at < reader.bytes.len() { Err(malformed(reader.at, "has text after its end")) } else { Ok(value) }
}

struct Reader<'a, 'l> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth_left: usize,
    limits: &'l Limits,
}

impl<'a> Reader<'a, '_> {
    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Json<'a>, Violation> {
        self.skip_space();
        match self.bytes.get(self.at) {
            Some(b'"') => self.string().map(Json::Text),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err(malformed(self.at, "has an unexpected character")),
            None => Err(malformed(self.at, "ends too early")),
        }
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, Violation> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(malformed(self.at, "has an unexpected character"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json<'a>, Violation>) -> Result<Json<'a>, Violation> {
        if self.depth_left == 0 {
            return Err(too_deep(self.limits));
        }
        self.depth_left -= 1;
        self.at += 1;
        let value = read(self);
        self.depth_left += 1;
        value
    }

    fn list(&mut self) -> Result<Json<'a>, Violation> {
        let mut items = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value()?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Json::List(items));
            }
            self.expect(b',', "needs ',' or ']'")?;
        }
    }

    fn object(&mut self) -> Result<Json<'a>, Violation> {
        let mut entries: Vec<(Cow<'a, str>, Json<'a>)> = Vec::new();
        self.skip_space();
        if self.take(b'}') {
            return Ok(Json::Object(entries));
        }
        loop {
            self.skip_space();
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(malformed(self.at, "needs a quoted key"));
            }
            let key = self.string()?;
            self.skip_space();
            self.expect(b':', "needs ':'")?;
            entries.push((key, self.value()?));
            self.skip_space();
            if self.take(b'}') {
                return Ok(Json::Object(sorted_last_wins(entries)));
            }
            self.expect(b',', "needs ',' or '}'")?;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8, otherwise: &str) -> Result<(), Violation> {
        if self.take(byte) { Ok(()) } else { Err(malformed(self.at, otherwise)) }
    }

    fn skip_digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.bytes.get(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Result<Json<'a>, Violation> {
        let from = self.at;
        self.take(b'-');
        let leading_zero = self.bytes.get(self.at) == Some(&b'0');
        let digits = self.skip_digits();
        if digits == 0 || (leading_zero && digits > 1) {
            return Err(malformed(from, "has a badly written number"));
        }
        let mut float = false;
        if self.take(b'.') {
            float = true;
            if self.skip_digits() == 0 {
                return Err(malformed(from, "has a badly written number"));
            }
        }
        if self.take(b'e') || self.take(b'E') {
            float = true;
            if !self.take(b'+') {
                self.take(b'-');
            }
            if self.skip_digits() == 0 {
                return Err(malformed(from, "has a badly written number"));
            }
        }
        let spelling = &self.text[from..self.at];
        if float {
            return Ok(Json::Float(spelling));
        }
        if digits > self.limits.digits {
            return Err(Violation::argument(format!("an integer has more than {} digits", self.limits.digits))
                .because("too_many_digits"));
        }
        Ok(Json::Int(if spelling == "-0" { "0" } else { spelling }))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Violation> {
        self.at += 1;
        let from = self.at;
        self.skip_plain()?;
        if self.bytes[self.at] == b'"' {
            let plain = &self.text[from..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut resolved = String::with_capacity(self.at - from + 16);
        let mut run = from;
        loop {
            resolved.push_str(&self.text[run..self.at]);
            if self.take(b'"') {
                return Ok(Cow::Owned(resolved));
            }
            self.at += 1;
            resolved.push(self.escape()?);
            run = self.at;
            self.skip_plain()?;
        }
    }

    /// Moves to the next quote or backslash.
    fn skip_plain(&mut self) -> Result<(), Violation> {
        loop {
            match self.bytes.get(self.at) {
                Some(b'"' | b'\\') => return Ok(()),
                Some(0..=0x1f) => return Err(malformed(self.at, "has an unescaped control character")),
                Some(_) => self.at += 1,
                None => return Err(malformed(self.at, "ends inside a string")),
            }
        }
    }

    /// Resolves the escape whose backslash was just passed.
    fn escape(&mut self) -> Result<char, Violation> {
        let kind = self.bytes.get(self.at).copied();
        self.at += 1;
        Ok(match kind {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(malformed(self.at - 1, "has an unknown escape")),
        })
    }

    fn unicode_escape(&mut self) -> Result<char, Violation> {
        let first = self.four_hex()?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or_else(unpaired);
        }
        if first >= 0xDC00 || !self.bytes[self.at..].starts_with(b"\\u") {
            return Err(unpaired());
        }
        self.at += 2;
        let second = self.four_hex()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(unpaired());
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or_else(unpaired)
    }

    fn four_hex(&mut self) -> Result<u32, Violation> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        let mut value = 0;
        for byte in digits {
            let digit = char::from(*byte).to_digit(16).ok_or_else(|| malformed(self.at, "has a bad \\u escape"))?;
            value = value * 16 + digit;
        }
        if digits.is_empty() {
            return Err(malformed(self.at, "has a bad \\u escape"));
        }
        self.at += 4;
        Ok(value)
    }
}

/// Sorts by code point (equal to UTF-8 byte order) and keeps the last of repeated keys.
fn sorted_last_wins<'a>(mut entries: Vec<(Cow<'a, str>, Json<'a>)>) -> Vec<(Cow<'a, str>, Json<'a>)> {
    if entries.is_sorted_by(|left, right| left.0 < right.0) {
        return entries;
    }
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    let mut kept: Vec<(Cow<'a, str>, Json<'a>)> = Vec::with_capacity(entries.len());
    for entry in entries {
        match kept.last_mut() {
            Some(last) if last.0 == entry.0 => *last = entry,
            _ => kept.push(entry),
        }
    }
    kept
}

fn malformed(at: usize, what: &str) -> Violation {
    Violation::argument(format!("the JSON text {what} at byte {at}")).because("malformed_json")
}

fn unpaired() -> Violation {
    Violation::argument("the JSON text has an unpaired surrogate, which UTF-8 cannot encode")
        .because("unpaired_surrogate")
}

/// The refusal of a document or payload that nests too deeply.
pub(super) fn too_deep(limits: &Limits) -> Violation {
    Violation::argument(format!("the JSON text nests deeper than {} levels", limits.depth)).because("too_deep")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> Option<&'static str> {
        parse(text.as_bytes(), &Limits::SERVICE).err().and_then(|violation| violation.details.reason)
    }

    #[test]
    fn refuses_what_is_not_json() {
        for bad in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":}",
            "{\"a\" 1}",
            "{a:1}",
            "01",
            "-",
            "1.",
            "1e",
            ".5",
            "+1",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\u{1}\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "[1] 2",
            "{\"a\":1,}",
            "NaN",
            "'a'",
            "\"\\",
            "\"\\u123é\"",
        ] {
            assert_eq!(reason(bad), Some("malformed_json"), "{bad}");
        }
        assert!(parse(b"\"\xff\"", &Limits::SERVICE).is_err());
    }

    #[test]
    fn refuses_unpaired_surrogates() {
        for bad in [r#""\ud800""#, r#""\udc00""#, r#""\ud800A""#, r#""\ud800x""#, r#"{"\udfff":1}"#] {
            assert_eq!(reason(bad), Some("unpaired_surrogate"), "{bad}");
        }
    }

    #[test]
    fn keeps_integers_of_any_size_and_tells_floats_apart() {
        let number = |text: &'static str| parse(text.as_bytes(), &Limits::SERVICE).unwrap();
        assert_eq!(number("-0"), Json::Int("0"));
        assert_eq!(number("123456789012345678901234567890"), Json::Int("123456789012345678901234567890"));
        for float in ["1.0", "-0.0", "1e3", "1E-3", "0.1"] {
            assert_eq!(number(float), Json::Float(float));
        }
        assert_eq!(reason(&"9".repeat(1001)), Some("too_many_digits"));
    }

    #[test]
    fn bounds_the_depth() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(reason(&nested(35)), None);
        assert_eq!(reason(&nested(36)), Some("too_deep"));
        assert_eq!(reason(&"[".repeat(100_000)), Some("too_deep"));
    }
}
