//! What messages are signed with.

use std::fmt;

use data_encoding::BASE64;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use sha2::Sha256;

const HMAC: &str = "whsec_";
const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";

/// How messages are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// HMAC-SHA256 with a secret that both sides know.
    Hmac,
    /// Ed25519 with a key that only the sender has.
    Ed25519,
}

impl SecretKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Hmac, Self::Ed25519];

    /// The name in the table and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hmac => "hmac",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What one endpoint's messages are signed with. `Debug` tells nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Key);

#[derive(Clone, PartialEq, Eq)]
enum Key {
    Hmac(Vec<u8>),
    Ed25519(Box<SigningKey>),
}

/// A text that is no secret of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is no secret of a webhook")]
pub struct BadSecret;

impl Secret {
    /// A secret of 32 random bytes.
    #[must_use]
    pub fn new(kind: SecretKind, random: [u8; 32]) -> Self {
        Self(match kind {
            SecretKind::Hmac => Key::Hmac(random.to_vec()),
            SecretKind::Ed25519 => Key::Ed25519(Box::new(SigningKey::from_bytes(&random))),
        })
    }

    /// Reads `whsec_…` or `whsk_…`.
    ///
    /// # Errors
    /// [`BadSecret`], also for a shared secret of fewer than 24 or more than 64 bytes.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let bytes = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| BadSecret);
        if let Some(shared) = text.strip_prefix(HMAC) {
            return match bytes(shared)? {
                secret if (24..=64).contains(&secret.len()) => Ok(Self(Key::Hmac(secret))),
                _ => Err(BadSecret),
            };
        }
        let seed = bytes(text.strip_prefix(PRIVATE).ok_or(BadSecret)?)?;
        Ok(Self::new(SecretKind::Ed25519, seed.try_into().map_err(|_| BadSecret)?))
    }

    /// How it signs.
    #[must_use]
    pub fn kind(&self) -> SecretKind {
        match &self.0 {
            Key::Hmac(_) => SecretKind::Hmac,
            Key::Ed25519(_) => SecretKind::Ed25519,
        }
    }

    /// The whole secret, `whsec_…` or `whsk_…`, for its table and for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> String {
        match &self.0 {
            Key::Hmac(secret) => format!("{HMAC}{}", BASE64.encode(secret)),
            Key::Ed25519(key) => format!("{PRIVATE}{}", BASE64.encode(key.as_bytes())),
        }
    }

    /// What receivers check signatures with and everybody may see: `whpk_…`.
    #[must_use]
    pub fn public_key(&self) -> Option<String> {
        match &self.0 {
            Key::Hmac(_) => None,
            Key::Ed25519(key) => Some(format!("{PUBLIC}{}", BASE64.encode(key.verifying_key().as_bytes()))),
        }
    }

    /// The signature of one message, `v1,…` or `v1a,…`; `timestamp` is that of the try, in seconds since 1970.
    #[must_use]
    pub fn sign(&self, message_id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut signed = format!("{message_id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(body);
        match &self.0 {
            Key::Hmac(secret) => {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of every length");
                mac.update(&signed);
                format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
            }
            Key::Ed25519(key) => format!("v1a,{}", BASE64.encode(&key.sign(&signed).to_bytes())),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}, …)", self.kind().as_str())
    }
}

/// The header `webhook-signature`: one signature for each secret that is valid now.
#[must_use]
pub fn signatures(secrets: &[Secret], message_id: &str, timestamp: i64, body: &[u8]) -> String {
    let signed: Vec<String> = secrets.iter().map(|secret| secret.sign(message_id, timestamp, body)).collect();
    signed.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    /// The vectors of the libraries that come with Standard Webhooks.
    #[test]
    fn signs_as_the_published_vectors_say() {
        for (secret, expected) in [
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
            (
                "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=",
                "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
            ),
        ] {
            assert_eq!(Secret::parse(secret).unwrap().sign(ID, 1_614_265_330, BODY), expected);
        }
    }

    #[test]
    fn reads_what_it_writes_and_shows_it_to_nobody() {
        for kind in SecretKind::ALL {
            let secret = Secret::new(kind, [7; 32]);
            assert_eq!(Secret::parse(&secret.reveal()).as_ref(), Ok(&secret));
            assert_eq!((secret.kind(), SecretKind::from_name(kind.as_str())), (kind, Some(kind)));
            let shown = format!("{secret:?}");
            assert!(!shown.contains(&secret.reveal()[8..20]), "{shown}");
        }
        assert_eq!(Secret::new(SecretKind::Hmac, [7; 32]).public_key(), None);
        assert!(Secret::new(SecretKind::Ed25519, [7; 32]).public_key().unwrap().starts_with("whpk_"));
    }

    #[test]
    fn refuses_other_texts() {
        let short = format!("whsec_{}", BASE64.encode(&[1; 23]));
        let long = format!("whsec_{}", BASE64.encode(&[1; 65]));
        for bad in
            ["", "whsec_", "whsec_!", &short, &long, "whsk_AAAA", "whpk_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
        {
            assert_eq!(Secret::parse(bad), Err(BadSecret), "{bad}");
        }
    }

    #[test]
    fn each_valid_secret_signs() {
        let secrets = [Secret::new(SecretKind::Hmac, [1; 32]), Secret::new(SecretKind::Ed25519, [2; 32])];
        let header = signatures(&secrets, ID, 5, BODY);
        let parts: Vec<&str> = header.split(' ').collect();
        assert_eq!(parts, [secrets[0].sign(ID, 5, BODY), secrets[1].sign(ID, 5, BODY)]);
    }
}
