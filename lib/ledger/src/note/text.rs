//! A note: its text, the signatures below it, and which of them count.

use std::fmt;

use super::{KeyKind, KeyName, VerifierKey, key};
use crate::spelling;

/// The longest note that is read: one mebibyte.
pub const MAX_NOTE_BYTES: usize = 1 << 20;

/// The most signatures that are read.
pub const MAX_SIGNATURES: usize = 100;

/// Why a note is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// There are more bytes or signatures than anybody needs.
    #[error("the note has more than {MAX_NOTE_BYTES} bytes or more than {MAX_SIGNATURES} signatures")]
    TooLarge,
    /// It is not UTF-8, or has control characters other than newlines.
    #[error("the note is not plain text in UTF-8 with newlines")]
    NotText,
    /// There is no blank line with signature lines below it.
    #[error("the note has no signatures below a blank line: it was cut off, or is no signed note")]
    NoSignatures,
    /// A line below the blank one is not a signature.
    #[error("signature line {line} of the note is not of the form: dash, name, base64")]
    SignatureLine {
        /// Counted from 1.
        line: usize,
    },
    /// A key that is known did not sign this.
    #[error("the signature of {name} is forged, or the text was changed after it was signed")]
    Forged {
        /// Whose signature it should be.
        name: String,
    },
    /// Two known keys have one name and one id.
    #[error("two of the known keys are named {name} and have one id, so a signature cannot be told from another")]
    Ambiguous {
        /// Their name.
        name: String,
    },
    /// No key that is known signed it.
    #[error("none of the known keys signed the note")]
    Unsigned,
    /// A text that no note may have.
    #[error("a note's text ends in a newline and has no control characters other than newlines")]
    Text,
}

/// One signature of a note: who says that they signed, with which key, and the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: KeyName,
    key_id: [u8; 4],
    bytes: Vec<u8>,
}

impl Signature {
    /// Puts one together. `bytes` are what the key made, after its id.
    #[must_use]
    pub const fn new(name: KeyName, key_id: [u8; 4], bytes: Vec<u8>) -> Self {
        Self { name, key_id, bytes }
    }

    /// Whose it says to be.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Which key of that name.
    #[must_use]
    pub const fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// What the key made.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a line without its newline.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = spelling::base64(bytes)?;
        let (key_id, bytes) = bytes.split_first_chunk()?;
        let name = KeyName::new(name).ok()?;
        (!bytes.is_empty()).then(|| Self::new(name, *key_id, bytes.to_vec()))
    }
}

/// The line, without its newline.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "— {} {}", self.name, spelling::to_base64(&[&self.key_id[..], &self.bytes].concat()))
    }
}

/// A key whose signature was found and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signer<'k> {
    /// The key.
    pub key: &'k VerifierKey,
    /// When a witness says that it signed, in seconds since 1970.
    pub unix_seconds: Option<u64>,
}

/// A note as it was read or is to be written. Its text is to be believed only after [`Self::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note that nobody signed yet.
    ///
    /// # Errors
    /// [`NoteError::Text`].
    pub fn new(text: String) -> Result<Self, NoteError> {
        if !text.ends_with('\n') || !is_plain(&text) {
            return Err(NoteError::Text);
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a signed note. What it prints afterwards are the bytes that were read.
    ///
    /// # Errors
    /// What is wrong with its form. No signature is verified here.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        let note = std::str::from_utf8(bytes).ok().filter(|note| is_plain(note)).ok_or(NoteError::NotText)?;
        let end = note.rfind("\n\n").ok_or(NoteError::NoSignatures)? + 1;
        let (text, below) = note.split_at(end);
        let lines = below[1..].strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::TooLarge);
        }
        let line = |(at, line)| Signature::parse(line).ok_or(NoteError::SignatureLine { line: at + 1 });
        let signatures = lines.split('\n').enumerate().map(line).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, believed or not.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature, for example a witness's.
    pub fn add(&mut self, signature: Signature) {
        self.signatures.push(signature);
    }

    /// Verifies the signatures of the keys that are known, and ignores all others. Each key is named once.
    ///
    /// # Errors
    /// [`NoteError::Forged`] when one signature that names a known key is not that key's, [`NoteError::Unsigned`] when none names
    /// a known key, [`NoteError::Ambiguous`].
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<Signer<'k>>, NoteError> {
        let mut signers: Vec<Signer<'k>> = Vec::new();
        for signature in &self.signatures {
            let mut named = known.iter().filter(|key| key.is_named_by(signature));
            let Some(key) = named.next() else { continue };
            let name = || signature.name.to_string();
            if named.any(|other| other != key) {
                return Err(NoteError::Ambiguous { name: name() });
            }
            if !key.verifies(&self.text, signature) {
                return Err(NoteError::Forged { name: name() });
            }
            if signers.iter().all(|signer| signer.key != key) {
                let witness = key.kind() == KeyKind::Witness;
                let unix_seconds = witness.then(|| key::cosigned_at(&signature.bytes)).flatten();
                signers.push(Signer { key, unix_seconds });
            }
        }
        if signers.is_empty() { Err(NoteError::Unsigned) } else { Ok(signers) }
    }
}

/// The note to the last byte.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' || byte == b'\n')
}
