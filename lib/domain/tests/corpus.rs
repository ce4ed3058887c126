//! Replays what the fuzz targets have found worth keeping (`fuzz/corpus`), without a fuzzer.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::{fs, path::Path};

#[path = "../../../fuzz/properties.rs"]
mod properties;

#[test]
fn what_holds_for_every_document_holds_for_the_corpus() {
    replay("canonical", properties::canonical);
}

#[test]
fn what_holds_for_every_event_holds_for_the_corpus() {
    replay("event", properties::event);
}

/// Each line of the file is an input in hexadecimal digits.
fn replay(target: &str, holds: fn(&[u8])) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../fuzz/corpus/{target}.hex"));
    let lines = fs::read_to_string(path).unwrap();
    assert!(lines.lines().count() > 50, "the corpus of {target} is there");
    for line in lines.lines() {
        let input = hex::decode(line).unwrap();
        holds(&input);
        // What is nearly such an input is worth a look too.
        for cut in 0..input.len().min(64) {
            holds(&input[..input.len() - 1 - cut]);
        }
    }
}
