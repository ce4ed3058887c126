//! What proves the log and the audit: entries, the Merkle tree over them, signed checkpoints, receipts. Pure.
//!
//! An entry is the stored envelope without its payload; the payload takes part through `payload_hash`. So a payload
//! that was erased on a person's request leaves every proof valid. Each tenant has one tree (RFC 6962) over its entries, kept
//! as tiles (C2SP tlog-tiles); its heads are signed as checkpoints, and a receipt ties one entry to one of them, for
//! anybody to check with nothing but the file and the log's public key.

pub mod audit;
pub mod checkpoint;
pub mod entry;
pub mod note;
pub mod receipt;
pub mod sealer;
pub mod signing;
mod spelling;
pub mod tree;

use dg_domain::json;

pub use entry::{entry_hash, entry_leaf, entry_text};

fn text_field(key: &str, value: &str, out: &mut String) {
    out.push('"');
    out.push_str(key);
    out.push_str("\":");
    json::write_text(value, out);
}

/// A field that may be null, with the comma that follows it.
fn optional_field(key: &str, value: Option<&str>, out: &mut String) {
    match value {
        Some(value) => text_field(key, value, out),
        None => {
            out.push('"');
            out.push_str(key);
            out.push_str("\":null");
        }
    }
    out.push(',');
}
