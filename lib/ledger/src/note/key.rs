//! The keys of notes: their names, their ids, and the texts that they are handed around as.

use std::fmt;

use dg_domain::Hash32;

use super::Signature;
use crate::{
    signing::{PublicKey, Seed},
    spelling,
};

const PRIVATE: &str = "PRIVATE+KEY+";

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or holds a space, a plus sign or a control character.
    #[error("a key's name is not empty and has neither spaces nor plus signs nor control characters")]
    Name,
    /// The text is not of the form of a key.
    #[error("a key is written as name+id+base64, the id in eight lowercase hexadecimal digits")]
    Form,
    /// The key is of a type that is not supported.
    #[error("a key of type {0:#04x} is not supported, only 0x01 (Ed25519) and 0x04 (Ed25519 cosignatures)")]
    Kind(u8),
    /// The id is not the one of this name and this key.
    #[error("the key's id does not belong to its name and bytes: one of them was changed")]
    Id,
}

/// What a key signs, which is part of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Plain Ed25519 over the text (`0x01`): the key of a log.
    Log,
    /// Ed25519 over the text and a time (`0x04`, C2SP tlog-cosignature): the key of a witness.
    Witness,
}

impl KeyKind {
    /// The byte that stands for it.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Log => 1,
            Self::Witness => 4,
        }
    }

    const fn of(byte: u8) -> Result<Self, KeyError> {
        match byte {
            1 => Ok(Self::Log),
            4 => Ok(Self::Witness),
            other => Err(KeyError::Kind(other)),
        }
    }
}

/// The name of a key: not empty, without Unicode spaces, plus signs and ASCII control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// Checks the name.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let refused = |c: char| c.is_whitespace() || c == '+' || c < ' ';
        if text.is_empty() || text.contains(refused) { Err(KeyError::Name) } else { Ok(Self(text.to_owned())) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the signatures of one signer are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    kind: KeyKind,
    public: PublicKey,
}

impl VerifierKey {
    /// Names a key.
    #[must_use]
    pub const fn new(name: KeyName, kind: KeyKind, public: PublicKey) -> Self {
        Self { name, kind, public }
    }

    /// Reads `name+id+base64(type || key)`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, kind, bytes) = parts(text)?;
        let key = Self::new(name, kind, PublicKey::from_bytes(bytes));
        if hex(key.id()) == id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// Whose it is.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key itself.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The first four bytes of SHA-256 over name, newline, type and key. No proof of anything: it only finds the key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let mut bytes = self.name.as_str().as_bytes().to_vec();
        bytes.extend_from_slice(&[b'\n', self.kind.byte()]);
        bytes.extend_from_slice(self.public.as_bytes());
        let [a, b, c, d, ..] = *Hash32::of(&bytes).as_bytes();
        [a, b, c, d]
    }

    /// Whether the signature names this key.
    #[must_use]
    pub fn is_named_by(&self, signature: &Signature) -> bool {
        *signature.name() == self.name && signature.key_id() == self.id()
    }

    /// Whether the signature is this key's, of this text.
    #[must_use]
    pub fn verifies(&self, text: &str, signature: &Signature) -> bool {
        let bytes = signature.bytes();
        match self.kind {
            KeyKind::Log => bytes.try_into().is_ok_and(|bytes| self.public.verifies(text.as_bytes(), bytes)),
            KeyKind::Witness => {
                let (Some(seconds), Some(bytes)) = (cosigned_at(bytes), bytes.get(8..)) else { return false };
                let message = cosigned(seconds, text);
                bytes.try_into().is_ok_and(|bytes| self.public.verifies(message.as_bytes(), bytes))
            }
        }
    }
}

/// The verifier key's text, or vkey.
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind.byte()];
        bytes.extend_from_slice(self.public.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex(self.id()), spelling::to_base64(&bytes))
    }
}

/// What a signer signs with. It shows its name and nothing else.
pub struct SignerKey {
    verifier: VerifierKey,
    seed: Seed,
}

impl SignerKey {
    /// Names a key.
    #[must_use]
    pub fn new(name: KeyName, kind: KeyKind, seed: Seed) -> Self {
        Self { verifier: VerifierKey::new(name, kind, seed.public_key()), seed }
    }

    /// Reads `PRIVATE+KEY+name+id+base64(type || seed)`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, kind, bytes) = parts(text.strip_prefix(PRIVATE).ok_or(KeyError::Form)?)?;
        let key = Self::new(name, kind, Seed::new(bytes));
        if hex(key.verifier.id()) == id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// The secret text, to be stored where nobody else reads.
    #[must_use]
    pub fn expose(&self) -> String {
        let mut bytes = vec![self.verifier.kind.byte()];
        bytes.extend_from_slice(self.seed.expose());
        format!("{PRIVATE}{}+{}+{}", self.verifier.name, hex(self.verifier.id()), spelling::to_base64(&bytes))
    }

    /// The half that everybody may know.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a note's text. A witness also states the time, in seconds since 1970; a log's signature has none.
    #[must_use]
    pub fn sign(&self, text: &str, unix_seconds: u32) -> Signature {
        let bytes = match self.verifier.kind {
            KeyKind::Log => self.seed.sign(text.as_bytes()).to_vec(),
            KeyKind::Witness => {
                let seconds = u64::from(unix_seconds);
                [&seconds.to_be_bytes()[..], &self.seed.sign(cosigned(seconds, text).as_bytes())].concat()
            }
        };
        Signature::new(self.verifier.name.clone(), self.verifier.id(), bytes)
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}+{}+…)", self.verifier.name, hex(self.verifier.id()))
    }
}

/// The time in a cosignature, seconds since 1970; none when it is too short for one or the time is beyond 2^63 - 1.
pub(super) fn cosigned_at(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().map(|seconds| u64::from_be_bytes(*seconds)).filter(|seconds| i64::try_from(*seconds).is_ok())
}

/// What a witness signs.
fn cosigned(seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

fn parts(text: &str) -> Result<(KeyName, &str, KeyKind, [u8; 32]), KeyError> {
    // Base64 has plus signs of its own, so what follows the second one is the key.
    let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
    let name = KeyName::new(name)?;
    let bytes = spelling::base64(key).ok_or(KeyError::Form)?;
    let (kind, key) = bytes.split_first().ok_or(KeyError::Form)?;
    let kind = KeyKind::of(*kind)?;
    Ok((name, id, kind, key.try_into().map_err(|_| KeyError::Form)?))
}
