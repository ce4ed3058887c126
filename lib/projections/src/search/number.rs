//! Numbers as they are compared: millionths that fit 64 bits.

/// Reads a decimal: a sign, digits, perhaps a point and digits. What lies beyond a millionth is cut off downwards, what does
/// not fit saturates; so the order of two numbers is never turned round. Anything else is no number.
#[must_use]
pub fn millionths(text: &str) -> Option<i64> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // Counted below zero, where there is room for one more.
    let digit = |byte: u8| i64::from(byte - b'0');
    let kept = whole.bytes().chain((0..6).map(|at| fraction.as_bytes().get(at).copied().unwrap_or(b'0')));
    let below = kept.fold(0_i64, |sum, byte| sum.saturating_mul(10).saturating_sub(digit(byte)));
    let cut = fraction.bytes().skip(6).any(|byte| byte != b'0');
    Some(match (negative, cut) {
        (true, true) => below.saturating_sub(1),
        (true, false) => below,
        (false, _) => below.checked_neg().unwrap_or(i64::MAX),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimals_and_nothing_else() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("+3", 3_000_000),
            ("12.5", 12_500_000),
            ("-12.5", -12_500_000),
            ("0.0000019", 1),
            ("-0.0000019", -2),
            ("-0.0000010", -1),
            ("007", 7_000_000),
            ("9223372036854.775807", i64::MAX),
            ("9223372036854.775808", i64::MAX),
            ("-9223372036854.775808", i64::MIN),
            ("-9223372036854.7758081", i64::MIN),
            ("1000000000000000000000000000000", i64::MAX),
            ("-1000000000000000000000000000000", i64::MIN),
        ] {
            assert_eq!(millionths(text), Some(expected), "{text}");
        }
        for text in ["", "-", "+", ".", "1.", ".5", "1e3", " 1", "1 ", "--1", "1.2.3", "0x1", "NaN", "١", "1,5"] {
            assert_eq!(millionths(text), None, "{text}");
        }
    }
}
