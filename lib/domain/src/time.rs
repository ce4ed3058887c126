//! Instants: parsed from RFC 3339 text, printed in one form, never drawn here.

use std::fmt;

use time::{Date, Month, OffsetDateTime, Time};

/// Microseconds since 1970-01-01T00:00:00Z, the resolution of PostgreSQL's `timestamptz`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(i64);

impl Micros {
    /// Wraps a count of microseconds.
    #[must_use]
    pub const fn new(raw: i64) -> Self {
        Self(raw)
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, always six fraction digits. Years outside 0–9999 are clamped to the epoch's year form.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let at =
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.microsecond()
        )
    }

    /// Reads an RFC 3339 timestamp with an offset: `2026-01-01T09:00:00Z`, any number of fraction digits
    /// (digits beyond the sixth are dropped), `T` and `Z` in capitals, no leap second (semantics, section 5.4).
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let separators = bytes.get(4) == Some(&b'-')
            && bytes.get(7) == Some(&b'-')
            && bytes.get(10) == Some(&b'T')
            && bytes.get(13) == Some(&b':')
            && bytes.get(16) == Some(&b':');
        if !separators {
            return None;
        }
        let date = Date::from_calendar_date(
            i32::try_from(digits(bytes, 0, 4)?).ok()?,
            Month::try_from(u8::try_from(digits(bytes, 5, 2)?).ok()?).ok()?,
            u8::try_from(digits(bytes, 8, 2)?).ok()?,
        )
        .ok()
        .filter(|date| date.year() >= 1)?;
        let clock = Time::from_hms(
            u8::try_from(digits(bytes, 11, 2)?).ok()?,
            u8::try_from(digits(bytes, 14, 2)?).ok()?,
            u8::try_from(digits(bytes, 17, 2)?).ok()?,
        )
        .ok()?;
        let (fraction, zone) = fraction(&bytes[19..])?;
        let offset_minutes = offset(zone)?;
        let seconds = date.with_time(clock).assume_utc().unix_timestamp() - offset_minutes * 60;
        Some(Self(seconds * 1_000_000 + fraction))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

fn digits(bytes: &[u8], from: usize, count: usize) -> Option<i64> {
    let part = bytes.get(from..from + count)?;
    part.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Microseconds of an optional `.ddd…`, and what follows it.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = bytes.strip_prefix(b".") else { return Some((0, bytes)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let micros = (0..6).fold(0, |sum, at| sum * 10 + if at < length { i64::from(rest[at] - b'0') } else { 0 });
    Some((micros, &rest[length..]))
}

/// Minutes east of UTC: `Z` or `±HH:MM`.
fn offset(zone: &[u8]) -> Option<i64> {
    if zone == b"Z" {
        return Some(0);
    }
    if zone.len() != 6 || zone[3] != b':' {
        return None;
    }
    let (hours, minutes) = (digits(zone, 1, 2)?, digits(zone, 4, 2)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    match zone[0] {
        b'+' => Some(hours * 60 + minutes),
        b'-' => Some(-(hours * 60 + minutes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Micros::parse_rfc3339(text).map(Micros::rfc3339).as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_what_the_contract_allows() {
        check("2026-01-01T09:00:00Z", Some("2026-01-01T09:00:00.000000Z"));
        check("2026-01-01T11:00:02+02:00", Some("2026-01-01T09:00:02.000000Z"));
        check("2026-01-01T09:00:01.5Z", Some("2026-01-01T09:00:01.500000Z"));
        check("2026-01-01T09:00:01.1234567-05:30", Some("2026-01-01T14:30:01.123456Z"));
        check("2024-02-29T00:00:00Z", Some("2024-02-29T00:00:00.000000Z"));
        for bad in [
            "",
            "yesterday",
            "2026-01-01",
            "2026-01-01T09:00:00",
            "2026-01-01t09:00:00Z",
            "2026-01-01T09:00:00z",
            "2026-01-01T09:00:60Z",
            "2025-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T09:00:00.Z",
            "2026-01-01T09:00:00+24:00",
            "2026-01-01T09:00:00+0200",
            "2026-01-01T09:00:00Z ",
            "0000-01-01T00:00:00Z",
            "2026-01-01T09:00:00Zé",
        ] {
            check(bad, None);
        }
    }
}
