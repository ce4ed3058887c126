//! Every size up to some hundreds against the naive recursion; tiles; forged and mixed-up proofs.

use dg_domain::Hash32;
use dg_ledger::tree::{
    Frontier, FrontierError, ProofError, TILE_WIDTH, TileId, TileSet, Tiles, consistency, inclusion,
    verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

use crate::naive::{self, grow, leaf, leaves, mth, path, set, subproof};

/// Beyond two full tiles, so that every height within a tile and the step to the next level take part.
const SIZES: u64 = 530;

fn at(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// The recursion is slow: of large trees every so many positions, coprime to all that is a power of two.
fn stride(size: u64) -> usize {
    if size <= 70 { 1 } else { 11 }
}

#[test]
fn every_size_has_the_root_and_the_tiles_of_the_recursion() {
    let all = leaves(SIZES);
    let (mut frontier, mut full) = (Frontier::default(), Vec::new());
    for size in 0..=SIZES {
        assert_eq!(frontier.root(), mth(&all[..at(size)]), "{size}");
        let mut tiles = full.clone();
        tiles.extend(frontier.partial_tiles());
        let expected: Vec<_> =
            (0..8_u8).flat_map(|level| (0..).map_while(move |index| TileId::in_tree(size, level, index))).collect();
        let mut found: Vec<_> = tiles.iter().filter_map(dg_ledger::tree::Tile::id).collect();
        found.sort();
        assert_eq!(found, expected, "{size}");
        for tile in &tiles {
            let width = 1_usize << (8 * tile.level);
            for (number, hash) in tile.hashes.iter().enumerate() {
                let from = (at(tile.index) * 256 + number) * width;
                assert_eq!(*hash, mth(&all[from..from + width]), "{size} {:?}", tile.id());
            }
        }
        let loaded = Frontier::load(size, &set(tiles)).unwrap();
        assert_eq!(loaded, frontier, "{size}");
        frontier.append(leaf(size), &mut full);
    }
}

#[test]
fn every_inclusion_proof_is_the_one_of_the_recursion() {
    let all = leaves(SIZES);
    for size in (1..=70).chain([127, 128, 129, 255, 256, 257, 300, 511, 512, 513, SIZES]) {
        let d = &all[..at(size)];
        let (frontier, tiles) = grow(d);
        let tiles = set(tiles);
        for index in (0..size).step_by(stride(size)).chain([size - 1]) {
            let plan = inclusion(index, size).unwrap();
            let proof = plan.prove(&tiles).unwrap();
            assert_eq!(proof, path(at(index), d), "{index} in {size}");
            assert_eq!(proof.len(), plan.len());
            verify_inclusion(index, size, &d[at(index)], &proof, &frontier.root()).unwrap();
        }
    }
}

#[test]
fn every_consistency_proof_is_the_one_of_the_recursion() {
    let all = leaves(SIZES);
    let roots: Vec<_> = (0..=SIZES).map(|size| grow(&all[..at(size)]).0.root()).collect();
    for new in (1..=70).chain([129, 256, 257, 512, SIZES]) {
        let d = &all[..at(new)];
        let tiles = set(grow(d).1);
        for old in (0..=new).step_by(stride(new)).chain([1, new / 2, new - 1, new]) {
            let proof = consistency(old, new).unwrap().prove(&tiles).unwrap();
            let expected = if old == 0 { Vec::new() } else { subproof(at(old), d, true) };
            assert_eq!(proof, expected, "{old} to {new}");
            verify_consistency((old, &roots[at(old)]), (new, &roots[at(new)]), &proof).unwrap();
            if old < new && old > 0 {
                let refused = verify_consistency((old, &roots[at(old) - 1]), (new, &roots[at(new)]), &proof);
                assert!(refused.is_err(), "{old} to {new}");
            }
        }
    }
}

/// The plan names what it reads: with those tiles alone the proof is made, and without any one of them it is not.
#[test]
fn a_plan_needs_the_tiles_that_it_names_and_no_others() {
    let size = 66_000;
    let (_, tiles) = grow(&leaves(size));
    let all = set(tiles);
    for plan in [inclusion(0, size), inclusion(65_999, size), consistency(65_537, size), consistency(300, size)] {
        let plan = plan.unwrap();
        let proof = plan.prove(&all).unwrap();
        let only = |left_out: Option<TileId>| {
            let mut some = TileSet::default();
            for id in plan.tiles().into_iter().filter(|id| Some(*id) != left_out) {
                let hashes = all.hashes(id).unwrap()[..usize::from(id.width)].to_vec();
                some.insert(dg_ledger::tree::Tile { level: id.level, index: id.index, hashes });
            }
            plan.prove(&some)
        };
        assert_eq!(only(None), Ok(proof));
        for id in plan.tiles() {
            assert_eq!(only(Some(id)).unwrap_err().0, id);
        }
    }
}

#[test]
fn a_frontier_without_a_tile_names_it() {
    let missing = TileId { level: 0, index: 1, width: 44 };
    assert_eq!(Frontier::load(300, &TileSet::default()), Err(FrontierError::Missing(missing)));
    // A tile of an older, smaller tree is not enough.
    assert_eq!(Frontier::load(300, &set(grow(&leaves(299)).1)), Err(FrontierError::Missing(missing)));
    // A wider one is.
    let newer = set(grow(&leaves(600)).1);
    assert_eq!(Frontier::load(300, &newer).unwrap().root(), mth(&leaves(300)));
}

#[test]
fn tiles_in_bytes_are_as_long_as_their_names_say() {
    let (_, tiles) = grow(&leaves(300));
    for tile in tiles {
        let (id, bytes) = (tile.id().unwrap(), tile.to_bytes());
        assert_eq!(bytes.len(), 32 * usize::from(id.width));
        assert_eq!(dg_ledger::tree::Tile::from_bytes(id, &bytes), Some(tile));
        assert_eq!(dg_ledger::tree::Tile::from_bytes(id, &bytes[1..]), None);
        let other = TileId { width: if id.width == TILE_WIDTH { 1 } else { id.width + 1 }, ..id };
        assert_eq!(dg_ledger::tree::Tile::from_bytes(other, &bytes), None);
    }
}

#[test]
fn what_no_tree_has_is_refused_by_name() {
    assert_eq!(inclusion(0, 0), Err(ProofError::OutsideTree { index: 0, size: 0 }));
    assert_eq!(inclusion(8, 8), Err(ProofError::OutsideTree { index: 8, size: 8 }));
    assert_eq!(consistency(9, 8), Err(ProofError::Shrinks { old: 9, new: 8 }));
    let (all, root) = (leaves(8), mth(&leaves(8)));
    let proof = path(5, &all);
    let check = |index, size, proof: &[Hash32]| verify_inclusion(index, size, &all[5], proof, &root);
    assert_eq!(check(5, 8, &proof), Ok(()));
    assert_eq!(check(8, 8, &proof), Err(ProofError::OutsideTree { index: 8, size: 8 }));
    assert_eq!(check(4, 8, &proof), Err(ProofError::OtherRoot));
    assert_eq!(check(5, 9, &proof), Err(ProofError::TooShort));
    assert_eq!(check(5, 8, &proof[..2]), Err(ProofError::TooShort));
    assert_eq!(check(5, 6, &proof), Err(ProofError::TooLong));
    assert_eq!(check(5, 8, &[&proof[..], &proof[..1]].concat()), Err(ProofError::TooLong));
    assert_eq!(check(5, 8, &[proof[1], proof[0], proof[2]]), Err(ProofError::OtherRoot));
    let (old, proof) = (mth(&all[..6]), subproof(6, &all, true));
    let check = |old, new, proof: &[Hash32]| verify_consistency(old, new, proof);
    assert_eq!(check((6, &old), (8, &root), &proof), Ok(()));
    assert_eq!(check((8, &root), (6, &old), &proof), Err(ProofError::Shrinks { old: 8, new: 6 }));
    assert_eq!(check((6, &root), (8, &root), &proof), Err(ProofError::OtherHistory));
    assert_eq!(check((6, &old), (8, &old), &proof), Err(ProofError::OtherRoot));
    assert_eq!(check((6, &old), (8, &root), &proof[..2]), Err(ProofError::TooShort));
    assert_eq!(check((6, &old), (8, &root), &[]), Err(ProofError::TooShort));
    assert_eq!(check((6, &old), (6, &root), &[]), Err(ProofError::OtherHistory));
    assert_eq!(check((6, &old), (6, &old), &proof), Err(ProofError::TooLong));
    assert_eq!(check((0, &old), (8, &root), &[]), Err(ProofError::OtherHistory));
}

proptest! {
    /// One changed bit anywhere, in a hash of the proof, the leaf or a root, and nothing is proven.
    #[test]
    fn one_changed_bit_proves_nothing(size in 2_u64..600, seed in any::<u64>(), bit in 0_usize..256) {
        let all = leaves(size);
        let (index, old) = (seed % size, 1 + seed % (size - 1));
        let root = mth(&all);
        let flip = |hash: &Hash32| {
            let mut bytes = *hash.as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Hash32::from_bytes(bytes)
        };
        let proof = path(at(index), &all);
        let leaf = naive::leaf(index);
        prop_assert!(verify_inclusion(index, size, &leaf, &proof, &root).is_ok());
        prop_assert!(verify_inclusion(index, size, &flip(&leaf), &proof, &root).is_err());
        prop_assert!(verify_inclusion(index, size, &leaf, &proof, &flip(&root)).is_err());
        for number in 0..proof.len() {
            let mut forged = proof.clone();
            forged[number] = flip(&forged[number]);
            prop_assert!(verify_inclusion(index, size, &leaf, &forged, &root).is_err());
        }
        let (old_root, proof) = (mth(&all[..at(old)]), subproof(at(old), &all, true));
        let check = |old_root: &Hash32, root: &Hash32, proof: &[Hash32]| {
            verify_consistency((old, old_root), (size, root), proof)
        };
        prop_assert!(check(&old_root, &root, &proof).is_ok());
        prop_assert!(check(&flip(&old_root), &root, &proof).is_err());
        prop_assert!(check(&old_root, &flip(&root), &proof).is_err());
        for number in 0..proof.len() {
            let mut forged = proof.clone();
            forged[number] = flip(&forged[number]);
            prop_assert!(check(&old_root, &root, &forged).is_err());
        }
    }
}
