//! Inclusion and consistency proofs: which tiles one needs, and what it is once they were read.

use std::collections::BTreeSet;

use dg_domain::Hash32;

use super::{ProofError, TileId, Tiles, complete_root, fold_peaks};

/// A tile that a proof needs was not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is missing")]
pub struct MissingTile(pub TileId);

/// What a proof consists of: ranges of leaves, of each the root is one hash of the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofPlan {
    size: u64,
    ranges: Vec<(u64, u64)>,
}

/// Plans the proof that leaf `index` is in the tree of `size` (RFC 6962, 2.1.1).
///
/// # Errors
/// [`ProofError::OutsideTree`] when the tree has no such leaf.
pub fn inclusion(index: u64, size: u64) -> Result<ProofPlan, ProofError> {
    if index >= size {
        return Err(ProofError::OutsideTree { index, size });
    }
    let (mut from, mut to, mut ranges) = (0, size, Vec::new());
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            ranges.push((middle, to));
            to = middle;
        } else {
            ranges.push((from, middle));
            from = middle;
        }
    }
    ranges.reverse();
    Ok(ProofPlan { size, ranges })
}

/// Plans the proof that the tree of `old` is the beginning of the tree of `new` (RFC 6962, 2.1.2). It is empty where one of
/// them is empty or both are as large.
///
/// # Errors
/// [`ProofError::Shrinks`] when `old` is the larger.
pub fn consistency(old: u64, new: u64) -> Result<ProofPlan, ProofError> {
    if old > new {
        return Err(ProofError::Shrinks { old, new });
    }
    let (mut from, mut to, mut ranges) = (0, new, Vec::new());
    if old == 0 {
        return Ok(ProofPlan { size: new, ranges });
    }
    while old < to {
        let middle = from + split(to - from);
        if old <= middle {
            ranges.push((middle, to));
            to = middle;
        } else {
            ranges.push((from, middle));
            from = middle;
        }
    }
    // The old tree as a whole is known to whoever checks.
    if from > 0 {
        ranges.push((from, to));
    }
    ranges.reverse();
    Ok(ProofPlan { size: new, ranges })
}

impl ProofPlan {
    /// The tiles to read, each once. Partial tiles are those of the tree's size; wider ones do as well.
    #[must_use]
    pub fn tiles(&self) -> Vec<TileId> {
        let nodes = self.ranges.iter().flat_map(|range| nodes(*range));
        nodes.filter_map(|node| node.tile(self.size)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// How many hashes the proof has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether nothing has to be shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The proof, as RFC 6962 orders it.
    ///
    /// # Errors
    /// [`MissingTile`] names a tile that was not read.
    pub fn prove(&self, tiles: &impl Tiles) -> Result<Vec<Hash32>, MissingTile> {
        let root = |range: &(u64, u64)| {
            let peaks: Vec<_> = nodes(*range).map(|node| node.hash(self.size, tiles)).collect::<Result<_, _>>()?;
            fold_peaks(&peaks).ok_or(MissingTile(TileId { level: 0, index: range.0 >> 8, width: 1 }))
        };
        self.ranges.iter().map(root).collect()
    }
}

/// Where a tree with that many leaves, at least two, is divided: the largest power of two below the number.
const fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// A complete subtree: 2^height leaves, the `index`-th of its height.
#[derive(Clone, Copy)]
struct Node {
    height: u32,
    index: u64,
}

/// The complete subtrees of a range that begins where a subtree of its size may begin, the largest first.
fn nodes((from, to): (u64, u64)) -> impl Iterator<Item = Node> {
    let mut at = from;
    std::iter::from_fn(move || {
        let height = (to - at).checked_ilog2()?;
        let node = Node { height, index: at >> height };
        at += 1 << height;
        Some(node)
    })
}

impl Node {
    /// The tile that has the node or all of what it is hashed from.
    fn tile(self, size: u64) -> Option<TileId> {
        TileId::in_tree(size, u8::try_from(self.height / 8).ok()?, self.index >> (8 - self.height % 8))
    }

    fn hash(self, size: u64, tiles: &impl Tiles) -> Result<Hash32, MissingTile> {
        let inner = self.height % 8;
        let tile = self.tile(size).ok_or(MissingTile(TileId { level: 0, index: self.index, width: 1 }))?;
        let from = usize::try_from((self.index << inner) & 0xff).map_err(|_| MissingTile(tile))?;
        let hashes = tiles.hashes(tile).and_then(|hashes| hashes.get(from..from + (1 << inner)));
        hashes.and_then(complete_root).ok_or(MissingTile(tile))
    }
}
