//! Decides what may be signed: the next head of a log, nothing, or no head ever again because history was changed.
//!
//! The sealer holds the tree as far as it was published. It proposes; whoever drives it signs the proposal, stores note and tiles
//! in one transaction, and only then tells the sealer ([`Sealer::settle`]) and the world. What was signed but not stored is lost
//! with the process, was seen by nobody, and Ed25519 gives the same bytes for the same text again. The store takes a checkpoint
//! only where the one before it is still the newest (one row per tenant and size, under the scope's fence), so of two
//! sealers one stores. And because origin, size and root decide every byte of the text, two checkpoints of one size
//! could only come of two histories, which is what is refused here.

use dg_domain::Hash32;

use crate::{
    checkpoint::{Checkpoint, Origin},
    tree::{Frontier, ProofError, Tile, TileSet, consistency, verify_consistency},
};

/// Why nothing is signed until somebody has looked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The newest checkpoint is of another log.
    #[error("the newest checkpoint is of {found}, this log is {expected}")]
    OtherOrigin {
        /// This log.
        expected: Origin,
        /// Whose checkpoint it is.
        found: Origin,
    },
    /// The stored tree ends elsewhere than the newest checkpoint.
    #[error("the stored tree has {tree} leaves, the newest checkpoint {published}")]
    OtherSize {
        /// The tree's.
        tree: u64,
        /// The checkpoint's.
        published: u64,
    },
    /// The stored tree is not the one that was signed.
    #[error(
        "the stored tree of {size} has another root than the checkpoint of that size: tiles or checkpoint were changed"
    )]
    Diverged {
        /// The size of both.
        size: u64,
    },
    /// A checkpoint that somebody else holds is newer than the newest one here.
    #[error("a checkpoint of {known} is known, the newest one here is of {stored}: the database was set back")]
    SetBack {
        /// The size that is known.
        known: u64,
        /// The newest that is stored.
        stored: u64,
    },
    /// The log is shorter than what was signed.
    #[error("the log ends at {head}, a checkpoint of {published} was published: events are missing")]
    LogShrank {
        /// The last position of the log.
        head: u64,
        /// The size of the newest checkpoint.
        published: u64,
    },
    /// The new tree does not continue the old one.
    #[error("the new tree does not continue the published one")]
    Fork(#[from] ProofError),
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Everything is sealed.
    Nothing,
    /// Entries `after + 1` to `upto` are to be read and given to [`Sealer::propose`].
    Read {
        /// The last position that is sealed.
        after: u64,
        /// The last one to read.
        upto: u64,
    },
}

/// A head that may be signed, with all that has to be stored in the same transaction.
#[derive(Clone, Debug)]
pub struct Proposal {
    previous: u64,
    checkpoint: Checkpoint,
    frontier: Frontier,
    full: Vec<Tile>,
}

impl Proposal {
    /// What to sign.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The size of the checkpoint that has to be the newest when this one is stored.
    #[must_use]
    pub const fn previous(&self) -> u64 {
        self.previous
    }

    /// Tiles that became full.
    #[must_use]
    pub fn full_tiles(&self) -> &[Tile] {
        &self.full
    }

    /// The partial tiles of the new size.
    pub fn partial_tiles(&self) -> impl Iterator<Item = Tile> {
        self.frontier.partial_tiles()
    }
}

/// The tree of one log as far as it was published.
#[derive(Clone, Debug)]
pub struct Sealer {
    origin: Origin,
    frontier: Frontier,
}

impl Sealer {
    /// Takes up a log at its newest stored checkpoint, none before the first, and the tree that is stored with it.
    ///
    /// `known` are checkpoints of this log that are remembered elsewhere: by a witness, in a file, in a backup's report.
    ///
    /// # Errors
    /// Every way in which these do not fit together.
    pub fn resume(
        origin: Origin,
        published: Option<&Checkpoint>,
        frontier: Frontier,
        known: &[Checkpoint],
    ) -> Result<Self, Refusal> {
        let foreign = published.into_iter().chain(known).find(|checkpoint| checkpoint.origin != origin);
        if let Some(checkpoint) = foreign {
            return Err(Refusal::OtherOrigin { expected: origin, found: checkpoint.origin.clone() });
        }
        let size = published.map_or(0, |checkpoint| checkpoint.size);
        if frontier.size() != size {
            return Err(Refusal::OtherSize { tree: frontier.size(), published: size });
        }
        if let Some(newer) = known.iter().find(|checkpoint| checkpoint.size > size) {
            return Err(Refusal::SetBack { known: newer.size, stored: size });
        }
        let root = frontier.root();
        let mut same = published.into_iter().chain(known).filter(|checkpoint| checkpoint.size == size);
        if same.any(|checkpoint| checkpoint.root != root) {
            return Err(Refusal::Diverged { size });
        }
        Ok(Self { origin, frontier })
    }

    /// Says what to read, given the last position of the log; at most `limit` entries.
    ///
    /// # Errors
    /// [`Refusal::LogShrank`].
    pub fn next(&self, head: u64, limit: u64) -> Result<Step, Refusal> {
        let after = self.frontier.size();
        match head.checked_sub(after) {
            None => Err(Refusal::LogShrank { head, published: after }),
            Some(0) => Ok(Step::Nothing),
            Some(more) => Ok(Step::Read { after, upto: after + more.min(limit.max(1)) }),
        }
    }

    /// Appends the leaves that follow and proposes the head over them. It has proved to itself that the new tree continues the old
    /// one, by a proof of the tiles that would be stored. Nothing is changed here: a proposal can be dropped.
    ///
    /// # Errors
    /// [`Refusal::Fork`].
    pub fn propose(&self, leaves: impl IntoIterator<Item = Hash32>) -> Result<Option<Proposal>, Refusal> {
        let (mut frontier, mut full) = (self.frontier.clone(), Vec::new());
        leaves.into_iter().for_each(|leaf| frontier.append(leaf, &mut full));
        let (old, new) = (self.frontier.size(), frontier.size());
        if old == new {
            return Ok(None);
        }
        let mut tiles = TileSet::default();
        tiles.extend(full.iter().cloned());
        tiles.extend(frontier.partial_tiles());
        let proof = consistency(old, new)?.prove(&tiles).map_err(|_| ProofError::TooShort)?;
        let root = frontier.root();
        verify_consistency((old, &self.frontier.root()), (new, &root), &proof)?;
        let checkpoint = Checkpoint::new(self.origin.clone(), new, root);
        Ok(Some(Proposal { previous: old, checkpoint, frontier, full }))
    }

    /// Goes on from a proposal whose note and tiles are durable.
    ///
    /// # Errors
    /// [`Refusal::OtherSize`] for a proposal that does not continue what was settled last.
    pub fn settle(&mut self, stored: Proposal) -> Result<(), Refusal> {
        let tree = self.frontier.size();
        if stored.previous != tree {
            return Err(Refusal::OtherSize { tree, published: stored.previous });
        }
        self.frontier = stored.frontier;
        Ok(())
    }

    /// How many entries are sealed.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }
}
