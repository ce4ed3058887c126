//! Receipts (C2SP tlog-proof): one entry, its place in the tree, and the checkpoint that covers it, in one small file.

mod policy;

use std::fmt;

use dg_domain::{Hash32, LogSeq};

pub use policy::{Policy, PolicyError};

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    entry,
    note::{MAX_NOTE_BYTES, Note, NoteError},
    spelling,
    tree::{ProofError, verify_inclusion},
};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// No path is longer: a tree has at most 2^63 - 1 leaves.
const MAX_PATH: usize = 63;

/// The longest extra data that is read: an entry and room to spare.
const MAX_EXTRA_BYTES: usize = 64 * 1024;

/// Why a receipt proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is longer than any receipt.
    #[error("the receipt is longer than any receipt is")]
    TooLarge,
    /// It is not UTF-8 text.
    #[error("the receipt is not text")]
    NotText,
    /// The first line is not the one of a proof.
    #[error("line 1 is not {HEADER:?}: this is no receipt, or one of a later form")]
    Header,
    /// The extra data is not base64, or too long.
    #[error("the line `extra` is not base64 of at most {MAX_EXTRA_BYTES} bytes")]
    Extra,
    /// The line with the index is missing or wrong.
    #[error("the line `index` is missing, or is not a decimal number without leading zeros")]
    Index,
    /// A line of the path is no hash, or there are too many.
    #[error("hash {line} of the path is not a SHA-256 in base64, or one too many")]
    Path {
        /// Counted from 1.
        line: usize,
    },
    /// It ends before the checkpoint.
    #[error("the receipt ends before its checkpoint: it was cut off")]
    NoCheckpoint,
    /// The checkpoint is no signed note, or its signatures do not hold.
    #[error("the checkpoint is not to be believed")]
    Note(#[from] NoteError),
    /// The signed text is no checkpoint.
    #[error("the signed text is no checkpoint")]
    Checkpoint(#[from] CheckpointError),
    /// It is of another log.
    #[error("the receipt is of the log {found}, not of {expected}")]
    WrongOrigin {
        /// The log that is believed.
        expected: String,
        /// The log that the checkpoint names.
        found: String,
    },
    /// Known witnesses signed, the log did not.
    #[error("the log itself did not sign the checkpoint with a key that is known")]
    NotOfLog,
    /// Not enough witnesses signed.
    #[error("{found} of the known witnesses signed the checkpoint, {needed} are needed")]
    TooFewWitnesses {
        /// How many are asked for.
        needed: usize,
        /// How many signed.
        found: usize,
    },
    /// It carries no entry, and none was given.
    #[error("the receipt does not carry its entry; give the entry's hash")]
    NoEntry,
    /// It is the receipt of another event.
    #[error("the receipt is for position {found} of the log, not for {expected}: it is another event's")]
    WrongPosition {
        /// The event's `log_seq`.
        expected: i64,
        /// The receipt's, its index plus one.
        found: u64,
    },
    /// The path does not lead from the entry to the checkpoint's root.
    #[error("the entry is not in the tree of the checkpoint")]
    Proof(#[from] ProofError),
}

/// A receipt as it was read or is to be written. It proves what [`Self::verify`] returns and nothing before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The text of the entry, or other data of whoever made it. Nobody signed it: only what hashes to the leaf is proven.
    pub extra: Option<Vec<u8>>,
    /// The leaf, from 0: `log_seq - 1`.
    pub index: u64,
    /// From the leaf's sibling to the root's child.
    pub path: Vec<Hash32>,
    /// The signed checkpoint.
    pub checkpoint: Note,
}

/// What a receipt proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The head of the log that the entry is under.
    pub checkpoint: Checkpoint,
    /// The entry's position in the log.
    pub log_seq: u64,
    /// The witnesses of the policy that signed, and when they say they did, in seconds since 1970.
    pub witnesses: Vec<(String, u64)>,
}

impl Receipt {
    /// Reads a receipt. What it prints afterwards are the bytes that were read.
    ///
    /// # Errors
    /// The first line that is wrong. Nothing is verified here.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES {
            return Err(ReceiptError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ReceiptError::NotText)?;
        let mut rest = text;
        if next(&mut rest).ok_or(ReceiptError::Header)? != HEADER {
            return Err(ReceiptError::Header);
        }
        let mut line = next(&mut rest).ok_or(ReceiptError::Index)?;
        let mut extra = None;
        if let Some(data) = line.strip_prefix("extra ") {
            let data = spelling::base64(data).filter(|data| data.len() <= MAX_EXTRA_BYTES);
            extra = Some(data.ok_or(ReceiptError::Extra)?);
            line = next(&mut rest).ok_or(ReceiptError::Index)?;
        }
        let index = line.strip_prefix("index ").and_then(spelling::decimal).ok_or(ReceiptError::Index)?;
        let mut path = Vec::new();
        loop {
            let line = next(&mut rest).ok_or(ReceiptError::NoCheckpoint)?;
            if line.is_empty() {
                break;
            }
            let hash = spelling::hash(line).filter(|_| path.len() < MAX_PATH);
            path.push(hash.ok_or(ReceiptError::Path { line: path.len() + 1 })?);
        }
        if rest.is_empty() {
            return Err(ReceiptError::NoCheckpoint);
        }
        Ok(Self { extra, index, path, checkpoint: Note::parse(rest.as_bytes())? })
    }

    /// Verifies, with nothing but the policy, that the entry with that hash is in the log.
    ///
    /// # Errors
    /// In this order: the checkpoint's form, its origin, the signatures, the witnesses, the path.
    pub fn verify(&self, entry_hash: &Hash32, policy: &Policy) -> Result<Proven, ReceiptError> {
        let (checkpoint, witnesses) = policy.believe(&self.checkpoint)?;
        let leaf = entry::entry_leaf(entry_hash);
        verify_inclusion(self.index, checkpoint.size, &leaf, &self.path, &checkpoint.root)?;
        Ok(Proven { checkpoint, log_seq: self.index + 1, witnesses })
    }

    /// As [`Self::verify`], for an event whose position is known: also the receipt has to be for that position.
    ///
    /// # Errors
    /// [`ReceiptError::WrongPosition`], then those of [`Self::verify`].
    pub fn verify_at(&self, log_seq: LogSeq, entry_hash: &Hash32, policy: &Policy) -> Result<Proven, ReceiptError> {
        if entry::leaf_index(log_seq) != Some(self.index) {
            let found = self.index.saturating_add(1);
            return Err(ReceiptError::WrongPosition { expected: log_seq.get(), found });
        }
        self.verify(entry_hash, policy)
    }

    /// As [`Self::verify`], for the entry that the receipt itself carries as extra data: then the file alone says what is in the log.
    ///
    /// # Errors
    /// [`ReceiptError::NoEntry`], then those of [`Self::verify`].
    pub fn verify_carried(&self, policy: &Policy) -> Result<Proven, ReceiptError> {
        let entry = self.extra.as_ref().ok_or(ReceiptError::NoEntry)?;
        self.verify(&Hash32::of(entry), policy)
    }
}

/// The file to the last byte.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", spelling::to_base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", spelling::to_base64(hash.as_bytes())))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// The next line, which ends in a newline.
fn next<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let (line, after) = rest.split_once('\n')?;
    *rest = after;
    Some(line)
}
