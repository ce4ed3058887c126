//! A large tree against a few lines of Python that know nothing of this crate.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use dg_ledger::tree::{Frontier, TileSet, consistency, inclusion};

use crate::naive::leaf;

/// Python computes the roots by itself, of the leaves by their numbers, and checks every proof.
fn python_agrees(size: u64) {
    let (mut frontier, mut full) = (Frontier::default(), Vec::new());
    let olds = [1, 2, 255, 256, 257, size / 3, size / 2, size - 1];
    let mut report = format!("size {size}\n");
    for number in 0..size {
        frontier.append(leaf(number), &mut full);
        if olds.contains(&(number + 1)) {
            report += &format!("old {} {}\n", number + 1, frontier.root().hex());
        }
    }
    report += &format!("root {}\n", frontier.root().hex());
    let mut tiles = TileSet::default();
    tiles.extend(full);
    tiles.extend(frontier.partial_tiles());
    let hexes = |proof: Vec<dg_domain::Hash32>| proof.iter().map(|hash| hash.hex()).collect::<Vec<_>>().join(" ");
    for index in [0, 1, 255, 256, 65_535, 65_536, size / 2, size - 1] {
        report += &format!("inclusion {index} {}\n", hexes(inclusion(index, size).unwrap().prove(&tiles).unwrap()));
    }
    for old in olds {
        report += &format!("consistency {old} {}\n", hexes(consistency(old, size).unwrap().prove(&tiles).unwrap()));
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/independent.py");
    let python = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.expect("python3 is there");
    python.stdin.take().unwrap().write_all(report.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "python does not agree");
    // It says what it checked, so that a script that checks nothing is seen.
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{size} leaves, 8 inclusions, 8 consistencies\n"));
}

/// A hundred thousand entries; with `DG_DRILL=long` a million.
#[test]
fn drill_a_large_tree_verifies_elsewhere() {
    let long = std::env::var_os("DG_DRILL").is_some_and(|kind| kind == "long");
    python_agrees(if long { 1_000_003 } else { 100_000 });
}
