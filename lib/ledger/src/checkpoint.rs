//! Checkpoints (C2SP tlog-checkpoint): the head of a log's tree as the text of a note.

use std::fmt;

use dg_domain::{Hash32, TenantId};

use crate::{
    note::{Note, NoteError},
    spelling,
};

/// Why a text is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text does not end in a newline, or has fewer than three lines.
    #[error("a checkpoint has a line each for origin, size and root: this one was cut off")]
    Lines,
    /// The origin is empty or has control characters.
    #[error("line 1 is no origin: it is empty or has control characters")]
    Origin,
    /// The size is no number.
    #[error("line 2 is no tree size: a decimal number without leading zeros")]
    Size,
    /// The root is no hash.
    #[error("line 3 is no root: a SHA-256 in base64")]
    Root,
    /// An extension line is empty or has control characters.
    #[error("an extension line is empty or has control characters")]
    Extension,
}

/// Which log speaks: one line of text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Accepts every line of text that is not empty, as the specification does.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`].
    pub fn new(text: &str) -> Result<Self, CheckpointError> {
        if text.is_empty() || text.contains(|c| c < ' ') {
            Err(CheckpointError::Origin)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The log of a tenant: the installation's name, a URL without scheme such as `dg.example.com`, and `/t/` and the tenant.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] when the installation's name could not be a key's name: it is empty, or has spaces, plus signs
    /// or control characters. A tenant's name always can.
    pub fn of_tenant(installation: &str, tenant: &TenantId) -> Result<Self, CheckpointError> {
        crate::note::KeyName::new(installation).map_err(|_| CheckpointError::Origin)?;
        Self::new(&format!("{}/t/{tenant}", installation.trim_end_matches('/')))
    }

    /// The line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The head of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many leaves, at most 2^63 - 1.
    pub size: u64,
    /// The root over them.
    pub root: Hash32,
    extensions: Vec<String>,
}

impl Checkpoint {
    /// A head without extension lines. Our logs write none, so that origin, size and root decide every byte.
    #[must_use]
    pub const fn new(origin: Origin, size: u64, root: Hash32) -> Self {
        Self { origin, size, root, extensions: Vec::new() }
    }

    /// Reads the text of a note, to the last byte.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let mut next = || lines.next().ok_or(CheckpointError::Lines);
        let origin = Origin::new(next()?)?;
        let size = spelling::decimal(next()?).ok_or(CheckpointError::Size)?;
        let root = spelling::hash(next()?).ok_or(CheckpointError::Root)?;
        let extensions: Vec<_> = lines.map(str::to_owned).collect();
        if extensions.iter().any(|line| line.is_empty() || line.contains(|c| c < ' ')) {
            return Err(CheckpointError::Extension);
        }
        Ok(Self { origin, size, root, extensions })
    }

    /// The lines after the third. They mean nothing here, but are signed and kept.
    #[must_use]
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// The note that has it as its text, to be signed.
    ///
    /// # Errors
    /// [`NoteError::Text`], which no checkpoint that was made or read here gives.
    pub fn to_note(&self) -> Result<Note, NoteError> {
        Note::new(self.to_string())
    }
}

/// The note's text.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, spelling::to_base64(self.root.as_bytes()))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
