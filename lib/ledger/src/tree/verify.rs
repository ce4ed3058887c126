//! Verifies proofs by the procedures of RFC 9162, 2.1.3.2 and 2.1.4.2, which share nothing with how proofs are made.

use dg_domain::Hash32;

use super::{empty_root, node_hash};

/// Why a proof does not prove what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such leaf.
    #[error("there is no leaf {index} in a tree of {size}")]
    OutsideTree {
        /// The leaf, counted from 0.
        index: u64,
        /// How many leaves there are.
        size: u64,
    },
    /// The newer tree is the smaller one.
    #[error("a tree of {old} cannot be the beginning of one of {new}")]
    Shrinks {
        /// The size of the older tree.
        old: u64,
        /// The size of the newer.
        new: u64,
    },
    /// Hashes are missing.
    #[error("the proof is too short: it was cut off, or is for another position or size")]
    TooShort,
    /// There are more hashes than the position and the size allow.
    #[error("the proof is too long: it is for another position or size")]
    TooLong,
    /// It leads to another root than the one that has to be reached.
    #[error("the proof does not lead to the root of the tree: the entry, a hash of the proof or the root is another")]
    OtherRoot,
    /// It starts from another tree than the older one.
    #[error("the older tree is not the beginning of the newer: one of the two was forged or history was changed")]
    OtherHistory,
}

/// Verifies that the leaf with that hash is number `index`, from 0, in the tree of `size` with that root.
///
/// # Errors
/// What is wrong with it.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash32,
    proof: &[Hash32],
    root: &Hash32,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutsideTree { index, size });
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::TooLong);
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            skip_missing_siblings(&mut at, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::TooShort);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

/// Verifies that the tree of `old` with `old_root` is the beginning of the tree of `new` with `new_root`.
///
/// The empty tree is the beginning of every tree, by an empty proof.
///
/// # Errors
/// What is wrong with it.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash32),
    (new, new_root): (u64, &Hash32),
    proof: &[Hash32],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrinks { old, new });
    }
    if old == 0 && *old_root != empty_root() {
        return Err(ProofError::OtherHistory);
    }
    if old == new || old == 0 {
        let same = old != new || old_root == new_root;
        return match proof {
            [] if same => Ok(()),
            [] => Err(ProofError::OtherHistory),
            _ => Err(ProofError::TooLong),
        };
    }
    let (mut at, mut last) = (old - 1, new - 1);
    let whole = at.trailing_ones();
    (at, last) = (at >> whole, last >> whole);
    // Where the old tree is complete it is the first hash itself, and the proof leaves it out.
    let (start, rest) = match proof {
        _ if old.is_power_of_two() => (old_root, proof),
        [first, rest @ ..] => (first, rest),
        [] => return Err(ProofError::TooShort),
    };
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::TooLong);
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            skip_missing_siblings(&mut at, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::TooShort);
    }
    if old_hash != *old_root {
        return Err(ProofError::OtherHistory);
    }
    if new_hash == *new_root { Ok(()) } else { Err(ProofError::OtherRoot) }
}

/// On the right edge of the tree a node moves up until it is somebody's right child.
fn skip_missing_siblings(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        (*at, *last) = (*at >> 1, *last >> 1);
    }
}
