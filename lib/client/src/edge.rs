//! Ids and times: what is drawn, in one place.

use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A new id: a UUIDv7, unique across processes and machines, and ordered by time, which indexes like.
pub(crate) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// The present in the form of `occurred_at`: UTC, six digits of a second, `Z`.
#[expect(clippy::disallowed_methods, reason = "this is the edge of the library")]
pub(crate) fn now() -> String {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    rfc3339(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

fn rfc3339(micros: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second, micro) = (at.hour(), at.minute(), at.second(), at.microsecond());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z")
}

/// The id of the event that a key of a producer stands for: a UUIDv8 from the SHA-256 of both. Whoever has the key has
/// the id, so that an event made again after a crash is the same event.
pub(crate) fn derived_id(producer_id: &str, idempotency_key: &str) -> String {
    let digest = Sha256::new().chain_update(producer_id).chain_update([0]).chain_update(idempotency_key).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

/// The longest idempotency key, in bytes.
pub(crate) const MAX_KEY_BYTES: usize = 200;

/// The key of an event that a trace has once: `start:<trace_id>`. A long id is hashed, because keys are short.
pub(crate) fn fixed_key(verb: &str, trace_id: &str) -> String {
    let key = format!("{verb}:{trace_id}");
    if key.len() <= MAX_KEY_BYTES {
        return key;
    }
    format!("{verb}:sha256:{}", hex::encode(Sha256::digest(trace_id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_microsecond() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(1_709_211_599_000_042), "2024-02-29T12:59:59.000042Z");
        assert!(now().starts_with("20"));
    }

    #[test]
    fn ids_are_what_the_python_client_makes_of_the_same_key() {
        assert_eq!(derived_id("refund-agent", "start:refund-17"), "3b8edf42-9888-8d4d-b9c4-0eb5807f7e70");
        assert_ne!(derived_id("a", "bc"), derived_id("ab", "c"));
        assert!(new_id() < new_id());
    }

    #[test]
    fn fixed_keys_stay_short() {
        assert_eq!(fixed_key("finish", "t"), "finish:t");
        let long = fixed_key("finish", &"é".repeat(150));
        assert!(long.len() <= MAX_KEY_BYTES && long.starts_with("finish:sha256:"), "{long}");
    }
}
