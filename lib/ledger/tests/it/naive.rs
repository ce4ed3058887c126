//! RFC 6962, 2.1, word by word and as slow as that: what the tree is compared with.

use dg_domain::Hash32;
use dg_ledger::tree::{Frontier, Tile, TileSet, empty_root, leaf_hash, node_hash};

/// The leaf hash of a number, as the independent implementation makes them, too.
pub(crate) fn leaf(number: u64) -> Hash32 {
    leaf_hash(Hash32::of(number.to_string().as_bytes()).as_bytes())
}

pub(crate) fn leaves(size: u64) -> Vec<Hash32> {
    (0..size).map(leaf).collect()
}

fn split(size: usize) -> usize {
    let mut k = 1;
    while k * 2 < size {
        k *= 2;
    }
    k
}

pub(crate) fn mth(d: &[Hash32]) -> Hash32 {
    match d {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => node_hash(&mth(&d[..split(d.len())]), &mth(&d[split(d.len())..])),
    }
}

pub(crate) fn path(m: usize, d: &[Hash32]) -> Vec<Hash32> {
    if d.len() == 1 {
        return Vec::new();
    }
    let k = split(d.len());
    let (mut path, sibling) =
        if m < k { (path(m, &d[..k]), mth(&d[k..])) } else { (path(m - k, &d[k..]), mth(&d[..k])) };
    path.push(sibling);
    path
}

pub(crate) fn subproof(m: usize, d: &[Hash32], known: bool) -> Vec<Hash32> {
    if m == d.len() {
        return if known { Vec::new() } else { vec![mth(d)] };
    }
    let k = split(d.len());
    let (mut proof, sibling) = if m <= k {
        (subproof(m, &d[..k], known), mth(&d[k..]))
    } else {
        (subproof(m - k, &d[k..], false), mth(&d[..k]))
    };
    proof.push(sibling);
    proof
}

/// A tree with those leaves: its frontier, and its tiles, full and partial.
pub(crate) fn grow(leaves: &[Hash32]) -> (Frontier, Vec<Tile>) {
    let (mut frontier, mut tiles) = (Frontier::default(), Vec::new());
    leaves.iter().for_each(|leaf| frontier.append(*leaf, &mut tiles));
    tiles.extend(frontier.partial_tiles());
    (frontier, tiles)
}

pub(crate) fn set(tiles: Vec<Tile>) -> TileSet {
    let mut set = TileSet::default();
    set.extend(tiles);
    set
}
