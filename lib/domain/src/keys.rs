//! The 16-byte keys under which texts are found, one function per kind of text.
//!
//! Parts are length-prefixed before hashing, so that (`a:b`, `c`) and (`a`, `b:c`) never share a key.

use sha2::{Digest, Sha256};

use crate::hash::{Hash32, Key16};

/// The key of one text.
#[must_use]
pub fn text_key(text: &str) -> Key16 {
    parts_key(&[text])
}

/// The key of a trace id.
#[must_use]
pub fn trace_key(trace_id: &str) -> Key16 {
    text_key(trace_id)
}

/// The key of an event id.
#[must_use]
pub fn event_key(event_id: &str) -> Key16 {
    text_key(event_id)
}

/// The key of an idempotency scope: producer and key together.
#[must_use]
pub fn idempotency_key(producer_id: &str, idempotency_key: &str) -> Key16 {
    parts_key(&[producer_id, idempotency_key])
}

/// The key of several texts in order.
#[must_use]
pub fn parts_key(parts: &[&str]) -> Key16 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    Key16::cut(&Hash32::from_bytes(hasher.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(idempotency_key("a:b", "c"), idempotency_key("a", "b:c"));
        assert_ne!(idempotency_key("ab", ""), idempotency_key("a", "b"));
        assert_eq!(trace_key("t"), event_key("t"));
    }
}
