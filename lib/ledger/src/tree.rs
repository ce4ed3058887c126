//! The Merkle tree of RFC 6962 with SHA-256: hashes, the growing edge, tiles, proofs and their verification.

mod frontier;
mod proof;
mod tile;
mod verify;

use dg_domain::Hash32;

pub use frontier::{Frontier, FrontierError};
pub use proof::{MissingTile, ProofPlan, consistency, inclusion};
pub use tile::{TILE_WIDTH, Tile, TileId, TileSet, Tiles};
pub use verify::{ProofError, verify_consistency, verify_inclusion};

/// The root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash32 {
    Hash32::of(&[])
}

/// The hash of a leaf: SHA-256 of `0x00` and the data.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash32 {
    let mut bytes = Vec::with_capacity(data.len() + 1);
    bytes.push(0);
    bytes.extend_from_slice(data);
    Hash32::of(&bytes)
}

/// The hash of an inner node: SHA-256 of `0x01` and its two children.
#[must_use]
pub fn node_hash(left: &Hash32, right: &Hash32) -> Hash32 {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Hash32::of(&bytes)
}

/// The root over hashes whose number is a power of two.
fn complete_root(hashes: &[Hash32]) -> Option<Hash32> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row.pop()
}

/// The root over complete subtrees that stand side by side, each smaller than the one to its left.
fn fold_peaks(peaks: &[Hash32]) -> Option<Hash32> {
    let (last, larger) = peaks.split_last()?;
    Some(larger.iter().rev().fold(*last, |right, left| node_hash(left, &right)))
}
