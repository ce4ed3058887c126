//! Checking webhooks, for whoever receives them.
//!
//! ```
//! # fn handle(headers: &[(&str, &str)], body: &[u8], now: i64) -> Result<(), dg_client::webhook::Refused> {
//! use dg_client::webhook;
//!
//! let message = webhook::verify("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", headers.iter().copied(), body, now)?;
//! // The same message may come twice: what has been done under this id is done.
//! println!("{} {}", message.id, String::from_utf8_lossy(body));
//! # Ok(()) }
//! ```

use data_encoding::BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How old a message may be, or how far ahead its sender's clock, in seconds.
pub const TOLERANCE_S: i64 = 300;

/// A message that is genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The same each time the message is sent.
    pub id: String,
    /// When it was sent this time, in seconds since 1970.
    pub timestamp: i64,
}

/// Why a message is refused. Answer 400 then, and do nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A header is missing or does not have the form it should have.
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    /// It is older than [`TOLERANCE_S`], or from the future: it may have been recorded and sent again.
    #[error("the message is too old, or from the future")]
    Timestamp,
    /// Nobody who has the secret signed this.
    #[error("no signature of the message is by this secret")]
    Signature,
    /// The secret is neither `whsec_…` nor `whpk_…`.
    #[error("the secret is neither whsec_… nor whpk_…")]
    Secret,
}

/// Checks that a message is genuine: that one of its signatures is by `secret` (`whsec_…`, or the public key `whpk_…`), and that
/// it was sent within [`TOLERANCE_S`] of `now`, in seconds since 1970. `body` are the bytes that came, before anything
/// reads them as JSON; the names of headers may be in any case.
///
/// # Errors
/// [`Refused`].
pub fn verify<'h>(
    secret: &str,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    body: &[u8],
    now: i64,
) -> Result<Verified, Refused> {
    let key = Key::parse(secret)?;
    let (mut id, mut timestamp, mut signatures) = (None, None, None);
    for (name, value) in headers {
        match name {
            name if name.eq_ignore_ascii_case("webhook-id") => id = Some(value),
            name if name.eq_ignore_ascii_case("webhook-timestamp") => timestamp = Some(value),
            name if name.eq_ignore_ascii_case("webhook-signature") => signatures = Some(value),
            _ => {}
        }
    }
    let id = id.filter(|id| !id.is_empty()).ok_or(Refused::Header("webhook-id"))?;
    let seconds = timestamp.and_then(|text| text.parse::<i64>().ok()).ok_or(Refused::Header("webhook-timestamp"))?;
    let signatures = signatures.ok_or(Refused::Header("webhook-signature"))?;
    if now.checked_sub(seconds).is_none_or(|age| age.saturating_abs() > TOLERANCE_S) {
        return Err(Refused::Timestamp);
    }
    let mut signed = format!("{id}.{}.", timestamp.unwrap_or_default()).into_bytes();
    signed.extend_from_slice(body);
    if signatures.split(' ').any(|signature| key.signed(&signed, signature)) {
        return Ok(Verified { id: id.to_owned(), timestamp: seconds });
    }
    Err(Refused::Signature)
}

enum Key {
    Shared(Vec<u8>),
    Public(Box<VerifyingKey>),
}

impl Key {
    fn parse(secret: &str) -> Result<Self, Refused> {
        let bytes = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| Refused::Secret);
        if let Some(shared) = secret.strip_prefix("whsec_") {
            let key = bytes(shared)?;
            return if key.is_empty() { Err(Refused::Secret) } else { Ok(Self::Shared(key)) };
        }
        let key = bytes(secret.strip_prefix("whpk_").ok_or(Refused::Secret)?)?;
        let key = VerifyingKey::from_bytes(&key.try_into().map_err(|_| Refused::Secret)?);
        key.map(|key| Self::Public(Box::new(key))).map_err(|_| Refused::Secret)
    }

    /// Whether this one signature, with its version in front, is ours. Others are for other secrets.
    fn signed(&self, signed: &[u8], signature: &str) -> bool {
        let Some((version, text)) = signature.split_once(',') else { return false };
        let Ok(given) = BASE64.decode(text.as_bytes()) else { return false };
        match (self, version) {
            (Self::Shared(key), "v1") => {
                let mac = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(signed));
                // In constant time.
                mac.is_ok_and(|mac| mac.verify_slice(&given).is_ok())
            }
            (Self::Public(key), "v1a") => {
                Signature::from_slice(&given).is_ok_and(|given| key.verify_strict(signed, &given).is_ok())
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SHARED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const SIGNED: &str = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";

    fn check(secret: &str, signature: &str, timestamp: &str, body: &[u8], now: i64) -> Result<Verified, Refused> {
        let headers =
            [("Webhook-Id", ID), ("WEBHOOK-TIMESTAMP", timestamp), ("webhook-signature", signature), ("host", "x")];
        verify(secret, headers, body, now)
    }

    #[test]
    fn the_published_vectors_hold() {
        let verified = Verified { id: ID.to_owned(), timestamp: AT };
        assert_eq!(check(SECRET, SHARED, "1614265330", BODY, AT), Ok(verified.clone()));
        let public = public_of("VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=");
        assert_eq!(check(&public, SIGNED, "1614265330", BODY, AT), Ok(verified.clone()));
        let several = format!("v2,x v1,AAAA {SIGNED} {SHARED} v1");
        assert_eq!(check(SECRET, &several, "1614265330", BODY, AT + TOLERANCE_S), Ok(verified));
    }

    fn public_of(seed: &str) -> String {
        let seed: [u8; 32] = BASE64.decode(seed.as_bytes()).unwrap().try_into().unwrap();
        let key = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
        format!("whpk_{}", BASE64.encode(key.as_bytes()))
    }

    #[test]
    fn everything_else_is_refused() {
        let at = "1614265330";
        assert_eq!(check(SECRET, SHARED, at, b"{\"test\": 2432232315}", AT), Err(Refused::Signature));
        assert_eq!(check(SECRET, SHARED, "1614265331", BODY, AT), Err(Refused::Signature));
        for other in ["", "v1,", "v1", "v1,AAAA", SIGNED, &SHARED.replace("v1,", "v1a,")] {
            assert_eq!(check(SECRET, other, at, BODY, AT), Err(Refused::Signature), "{other}");
        }
        for now in [AT + TOLERANCE_S + 1, AT - TOLERANCE_S - 1, i64::MIN, i64::MAX] {
            assert_eq!(check(SECRET, SHARED, at, BODY, now), Err(Refused::Timestamp));
        }
        assert_eq!(check(SECRET, SHARED, "soon", BODY, AT), Err(Refused::Header("webhook-timestamp")));
        for bad in ["", "whsec_", "whsec_!", "whpk_AAAA", "whsk_AAAA", &SECRET[6..]] {
            assert_eq!(check(bad, SHARED, at, BODY, AT), Err(Refused::Secret), "{bad}");
        }
        let only = [("webhook-id", ID), ("webhook-timestamp", at)];
        assert_eq!(verify(SECRET, only, BODY, AT), Err(Refused::Header("webhook-signature")));
        assert_eq!(verify(SECRET, [], BODY, AT), Err(Refused::Header("webhook-id")));
    }
}
