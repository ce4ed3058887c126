//! SHA-256 values and the 16-byte keys cut from them.

use std::fmt;

use sha2::{Digest, Sha256};

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash32([u8; 32]);

/// A byte string that is not as long as the value it should become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongLength {
    /// How many bytes were needed.
    pub needed: usize,
    /// How many there were.
    pub found: usize,
}

impl fmt::Display for WrongLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "needs {} bytes, got {}", self.needed, self.found)
    }
}

impl std::error::Error for WrongLength {}

impl Hash32 {
    /// Hashes `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Takes bytes that are already a hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Takes exactly 32 bytes.
    ///
    /// # Errors
    /// [`WrongLength`] for any other number.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, WrongLength> {
        bytes.try_into().map(Self).map_err(|_| WrongLength { needed: 32, found: bytes.len() })
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lowercase hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        let mut text = String::with_capacity(64);
        push_hex(&self.0, &mut text);
        text
    }

    /// The form of the contract: `sha256:` and 64 lowercase hexadecimal digits.
    #[must_use]
    pub fn prefixed(&self) -> String {
        let mut text = String::with_capacity(71);
        text.push_str("sha256:");
        push_hex(&self.0, &mut text);
        text
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefixed())
    }
}

/// The first 16 bytes of a SHA-256: what narrow unique indexes and look-ups use in place of long text.
///
/// Two texts with one key are not expected in the life of the universe; readers compare the text on a hit all the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key16([u8; 16]);

impl Key16 {
    /// Cuts a hash.
    #[must_use]
    pub fn cut(hash: &Hash32) -> Self {
        let mut key = [0; 16];
        key.copy_from_slice(&hash.0[..16]);
        Self(key)
    }

    /// Takes stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Key16 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(32);
        push_hex(&self.0, &mut text);
        f.write_str(&text)
    }
}

fn push_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_and_cuts() {
        let hash = Hash32::of(b"{}");
        assert_eq!(hash.prefixed(), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_eq!(format!("{:?}", Key16::cut(&hash)), "44136fa355b3678a1146ad16f7e8649e");
        assert_eq!(Hash32::from_slice(hash.as_bytes()), Ok(hash));
        assert_eq!(Hash32::from_slice(b"x"), Err(WrongLength { needed: 32, found: 1 }));
    }
}
