//! Signed notes (C2SP signed-note): text with signatures below it, read and written exactly.

mod key;
mod text;

pub use key::{KeyError, KeyKind, KeyName, SignerKey, VerifierKey};
pub use text::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, Signature, Signer};
