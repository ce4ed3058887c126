//! The known answers of RFC 6962: the tree of eight leaves that implementations are compared by.

use dg_domain::Hash32;
use dg_ledger::tree::{Frontier, consistency, empty_root, inclusion, leaf_hash, verify_consistency, verify_inclusion};

use crate::naive;

const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Leaf, size, path.
const PATHS: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// Older size, newer size, proof.
const CONSISTENCY: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hash(hex: &str) -> Hash32 {
    Hash32::from_slice(&bytes(hex)).unwrap()
}

fn leaves() -> Vec<Hash32> {
    LEAVES.iter().map(|leaf| leaf_hash(&bytes(leaf))).collect()
}

#[test]
fn roots_are_the_known_ones() {
    assert_eq!((empty_root(), Frontier::default().root()), (hash(ROOTS[0]), hash(ROOTS[0])));
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(naive::grow(&leaves()[..size]).0.root(), hash(root), "{size}");
    }
}

#[test]
fn paths_are_the_known_ones() {
    for (index, size, path) in PATHS {
        let at = |number: u64| usize::try_from(number).unwrap();
        let path: Vec<_> = path.iter().map(|text| hash(text)).collect();
        let tiles = naive::set(naive::grow(&leaves()[..at(size)]).1);
        assert_eq!(inclusion(index, size).unwrap().prove(&tiles).unwrap(), path, "{index} in {size}");
        verify_inclusion(index, size, &leaves()[at(index)], &path, &hash(ROOTS[at(size)])).unwrap();
    }
}

#[test]
fn consistency_proofs_are_the_known_ones() {
    for (old, new, proof) in CONSISTENCY {
        let root = |size: u64| hash(ROOTS[usize::try_from(size).unwrap()]);
        let proof: Vec<_> = proof.iter().map(|text| hash(text)).collect();
        let tiles = naive::set(naive::grow(&leaves()[..usize::try_from(new).unwrap()]).1);
        assert_eq!(consistency(old, new).unwrap().prove(&tiles).unwrap(), proof, "{old} to {new}");
        verify_consistency((old, &root(old)), (new, &root(new)), &proof).unwrap();
    }
}
