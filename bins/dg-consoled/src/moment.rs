//! How points and stretches of time are worded.

use dg_domain::Micros;

const SECOND: i64 = 1_000_000;

/// `2026-03-06 09:01:00`, in UTC; fractions are left to the machine-readable attribute.
pub(crate) fn absolute(at: Micros) -> String {
    at.rfc3339().chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// How long before `now`: `just now`, `4 min ago`, `3 days ago`; the future reads `in 4 min`.
pub(crate) fn relative(at: Micros, now: Micros) -> String {
    let seconds = now.get().saturating_sub(at.get()) / SECOND;
    match seconds {
        -9..=9 => "just now".to_owned(),
        10.. => format!("{} ago", coarse(seconds)),
        _ => format!("in {}", coarse(seconds.saturating_neg())),
    }
}

/// A stretch in its two largest units: `1 min 30 s`, `2 h`, `3 d 4 h`; below a second `420 ms`.
pub(crate) fn stretch(micros: i64) -> String {
    let micros = micros.max(0);
    if micros < SECOND {
        return if micros < 1000 { "0 s".to_owned() } else { format!("{} ms", micros / 1000) };
    }
    let seconds = micros / SECOND;
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = units.iter().position(|(size, _)| seconds >= *size).unwrap_or(3);
    let (size, name) = units[first];
    let head = format!("{} {name}", seconds / size);
    match units.get(first + 1) {
        Some((next, next_name)) if seconds % size >= *next => format!("{head} {} {next_name}", seconds % size / next),
        _ => head,
    }
}

fn coarse(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..60 => (seconds, "s"),
        60..3_600 => (seconds / 60, "min"),
        3_600..86_400 => (seconds / 3_600, "h"),
        86_400..5_184_000 => (seconds / 86_400, "day"),
        5_184_000..63_072_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count != 1 && matches!(unit, "day" | "month" | "year") { "s" } else { "" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds_ago: i64, expected: &str) {
        let now = Micros::new(1_700_000_000 * SECOND);
        assert_eq!(relative(Micros::new(now.get() - seconds_ago * SECOND), now), expected);
    }

    #[test]
    fn distances_are_coarse() {
        check(0, "just now");
        check(-5, "just now");
        check(59, "59 s ago");
        check(240, "4 min ago");
        check(7200, "2 h ago");
        check(86_400, "1 day ago");
        check(86_400 * 59, "59 days ago");
        check(86_400 * 90, "3 months ago");
        check(86_400 * 800, "2 years ago");
        check(-600, "in 10 min");
    }

    #[test]
    fn stretches_have_two_units() {
        for (micros, expected) in [
            (-5, "0 s"),
            (0, "0 s"),
            (420_000, "420 ms"),
            (SECOND, "1 s"),
            (90 * SECOND, "1 min 30 s"),
            (7200 * SECOND, "2 h"),
            (7201 * SECOND, "2 h"),
            (100_800 * SECOND, "1 d 4 h"),
        ] {
            assert_eq!(stretch(micros), expected);
        }
    }

    #[test]
    fn absolute_is_utc_without_fraction() {
        let at = Micros::parse_rfc3339("2026-03-06T10:01:00.250+01:00").unwrap();
        assert_eq!(absolute(at), "2026-03-06 09:01:00");
    }
}
