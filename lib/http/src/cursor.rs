//! Opaque paging cursors: where a page ended, in a form that nobody is tempted to build.
//!
//! A cursor is base64url of `1`, eight hex digits of a checksum, and the name of the list and its parts, each with its length
//! in front. The checksum is no secret: it tells a damaged cursor from one that this service gave, nothing else. Whoever
//! forges one gets a page of the list that they may read anyway.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

const VERSION: &str = "1";
const CHECKSUM: usize = 8;
/// Longer ones are none of ours: keys are at most a few hundred bytes.
const LONGEST: usize = 8 << 10;

/// Writes the position `parts` in the list named `list`; parts may hold any text.
#[must_use]
pub fn write(list: &str, parts: &[&str]) -> String {
    let mut body = String::new();
    for part in std::iter::once(&list).chain(parts) {
        body.push_str(&part.len().to_string());
        body.push(':');
        body.push_str(part);
    }
    BASE64URL_NOPAD.encode(format!("{VERSION}{}{body}", checksum(&body)).as_bytes())
}

/// Reads a cursor of the list named `list`. `None` for anything that [`write()`] did not write for it.
#[must_use]
pub fn read(list: &str, text: &str) -> Option<Vec<String>> {
    if text.len() > LONGEST {
        return None;
    }
    let whole = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
    let (given, body) = whole.strip_prefix(VERSION)?.split_at_checked(CHECKSUM)?;
    if given != checksum(body) {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (length, after) = rest.split_once(':')?;
        let (part, after) = after.split_at_checked(length.parse().ok()?)?;
        parts.push(part.to_owned());
        rest = after;
    }
    (parts.first()? == list).then(|| parts.split_off(1))
}

fn checksum(body: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(body.as_bytes()));
    digits.truncate(CHECKSUM);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &[&str]) {
        let text = write("runs", parts);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{text}");
        assert_eq!(read("runs", &text).unwrap(), parts, "{text}");
        assert_eq!(read("failures", &text), None);
    }

    #[test]
    fn any_text_comes_back() {
        check(&[]);
        check(&[""]);
        check(&["", "", "a"]);
        check(&["2026-01-01T00:00:00Z", "0190a7c2-0000-7000-8000-000000000000"]);
        check(&["3:abc", "1", ":", "\u{0}\n\"", "überall 漢字 🦀"]);
    }

    #[test]
    fn every_damage_is_seen() {
        let text = write("runs", &["17", "a:b"]);
        for at in 0..text.len() {
            for other in ['A', 'z', '0', '_', '=', ' '] {
                let mut damaged = text.clone();
                damaged.replace_range(at..=at, &other.to_string());
                assert!(damaged == text || read("runs", &damaged).is_none(), "{damaged}");
            }
            assert_eq!(read("runs", &text[..at]), None);
        }
        assert_eq!(read("runs", &format!("{text}A")), None);
    }

    #[test]
    fn refuses_what_it_did_not_write() {
        let sealed = |body: &str| BASE64URL_NOPAD.encode(format!("1{}{body}", checksum(body)).as_bytes());
        assert_eq!(read("runs", &sealed("4:runs1:x")), Some(vec!["x".to_owned()]));
        for body in ["", "4:runs9:x", "4:runsx", "-1:", "4:runs2:é1", "99999999999999999999:x"] {
            assert!(read("runs", &sealed(body)).is_none(), "{body}");
        }
        for text in ["", "1", "é", "MQ", &"A".repeat(LONGEST + 1)] {
            assert_eq!(read("runs", text), None);
        }
    }
}
