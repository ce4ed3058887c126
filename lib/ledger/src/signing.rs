//! The key pair that checkpoints are signed with: Ed25519, made from a seed.

use std::fmt;

use dg_domain::Hash32;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// The secret half. Whoever has it can sign in the installation's name, so it shows itself to nobody who does not ask.
pub struct Seed([u8; 32]);

impl Seed {
    /// Takes 32 bytes of a source of randomness that is good enough for keys.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be stored.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The other half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(SigningKey::from_bytes(&self.0).verifying_key().to_bytes())
    }

    /// Signs as RFC 8032 says: the same message gives the same 64 bytes, always.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        SigningKey::from_bytes(&self.0).sign(message).to_bytes()
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// What signatures are verified with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// As it was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, as RFC 8032 encodes them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `signature` is this key's, of `message`. Keys of small order and second spellings of a signature are refused.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
    }

    /// A name for it: the first eight bytes of its SHA-256 in hexadecimal.
    #[must_use]
    pub fn key_id(&self) -> String {
        Hash32::of(&self.0).as_bytes()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    #[test]
    fn the_public_half_is_the_one_of_the_standard() {
        let hex = |text: &str| -> [u8; 32] {
            let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect();
            bytes.try_into().unwrap()
        };
        let seed = Seed::new(hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(seed.public_key().as_bytes(), &public);
        assert_eq!(seed.public_key().key_id().len(), 16);
        assert_eq!(format!("{seed:?}"), "Seed(…)");
    }
}
