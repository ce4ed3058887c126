//! The spellings that notes, checkpoints and receipts share: decimals and base64, one for each value.

use data_encoding::BASE64;
use dg_domain::Hash32;

/// Reads an ASCII decimal without sign or leading zeros, up to 2^63 - 1, the largest position that the log can have.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if text.is_empty() || !canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok())
}

/// Reads padded base64 (RFC 4648, section 4); stray bits and missing padding are refused.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok()
}

/// Reads one hash in base64.
pub(crate) fn hash(text: &str) -> Option<Hash32> {
    base64(text).and_then(|bytes| Hash32::from_slice(&bytes).ok())
}

/// Writes base64.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_one_spelling() {
        assert_eq!((decimal("0"), decimal("10")), (Some(0), Some(10)));
        assert_eq!(decimal("9223372036854775807"), Some(9_223_372_036_854_775_807));
        for wrong in ["", "00", "01", "+1", "-1", " 1", "1 ", "1_0", "٣", "9223372036854775808"] {
            assert_eq!(decimal(wrong), None, "{wrong:?}");
        }
        assert_eq!(base64("AA=="), Some(vec![0]));
        for wrong in ["AA", "AB==", "AA==\n", "A-==", "AA= ="] {
            assert_eq!(base64(wrong), None, "{wrong:?}");
        }
    }
}
