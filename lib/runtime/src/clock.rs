//! The one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use dg_domain::Micros;

/// Now, in microseconds since 1970 UTC. Draw it at the edge and pass it down; rules never ask.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the edge the ban points to")]
pub fn now() -> Micros {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::new(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn now_is_after_this_was_written() {
        assert!(super::now().get() > 1_700_000_000_000_000);
    }
}
