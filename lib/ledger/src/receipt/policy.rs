//! Whom a verifier believes: one log, its keys, and how many of which witnesses.

use crate::{
    checkpoint::{Checkpoint, Origin},
    note::{KeyKind, Note, VerifierKey},
};

use super::ReceiptError;

/// Why a policy makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// There is no key of the log.
    #[error("a policy needs a key of the log")]
    NoLogKey,
    /// A key is of the wrong type for its place.
    #[error("the key {0} is of the wrong type: logs sign with type 0x01, witnesses with 0x04")]
    Kind(String),
    /// A key of the log has another name than the log's origin.
    #[error("the key {0} is not named like the log's origin")]
    Name(String),
    /// One key stands there twice, under whatever names.
    #[error("the key {0} is there twice")]
    Twice(String),
    /// More witnesses are asked for than are known.
    #[error("{needed} witnesses are asked for, {known} are known")]
    Quorum {
        /// How many are asked for.
        needed: usize,
        /// How many are known.
        known: usize,
    },
}

/// One log and its witnesses. Several keys of a log may be known at once: while it changes its key, and for old receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    origin: Origin,
    keys: Vec<VerifierKey>,
    quorum: usize,
}

impl Policy {
    /// Puts a policy together. `quorum` is how many of the witnesses have to have signed, 0 for none.
    ///
    /// # Errors
    /// What makes no sense about it.
    pub fn new(
        origin: Origin,
        log_keys: Vec<VerifierKey>,
        witnesses: Vec<VerifierKey>,
        quorum: usize,
    ) -> Result<Self, PolicyError> {
        if log_keys.is_empty() {
            return Err(PolicyError::NoLogKey);
        }
        if quorum > witnesses.len() {
            return Err(PolicyError::Quorum { needed: quorum, known: witnesses.len() });
        }
        let wrong = log_keys.iter().find(|key| key.kind() != KeyKind::Log);
        if let Some(key) = wrong.or_else(|| witnesses.iter().find(|key| key.kind() != KeyKind::Witness)) {
            return Err(PolicyError::Kind(key.to_string()));
        }
        if let Some(key) = log_keys.iter().find(|key| key.name().as_str() != origin.as_str()) {
            return Err(PolicyError::Name(key.to_string()));
        }
        let mut keys = log_keys;
        keys.extend(witnesses);
        for (at, key) in keys.iter().enumerate() {
            if keys[..at].iter().any(|other| other.public() == key.public()) {
                return Err(PolicyError::Twice(key.to_string()));
            }
        }
        Ok(Self { origin, keys, quorum })
    }

    /// The log that is believed.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Verifies a signed checkpoint and says which of the witnesses signed it and when.
    ///
    /// # Errors
    /// In this order: the form, the origin, signatures of known keys that do not hold, the log's own, the witnesses'.
    pub fn believe(&self, note: &Note) -> Result<(Checkpoint, Vec<(String, u64)>), ReceiptError> {
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != self.origin {
            let (expected, found) = (self.origin.to_string(), checkpoint.origin.to_string());
            return Err(ReceiptError::WrongOrigin { expected, found });
        }
        let signers = note.verify(&self.keys)?;
        if signers.iter().all(|signer| signer.key.kind() != KeyKind::Log) {
            return Err(ReceiptError::NotOfLog);
        }
        let at = |signer: &crate::note::Signer<'_>| Some((signer.key.name().to_string(), signer.unix_seconds?));
        let witnesses: Vec<_> = signers.iter().filter_map(at).collect();
        if witnesses.len() < self.quorum {
            return Err(ReceiptError::TooFewWitnesses { needed: self.quorum, found: witnesses.len() });
        }
        Ok((checkpoint, witnesses))
    }
}
