//! One hash over all items of a tenant: two tables with the same items have the same.

use dg_domain::{Hash32, Limits, json};
use sha2::{Digest as _, Sha256};

use crate::Item;

/// Takes items in the order of their `workflow_id`, byte by byte.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    hasher: Sha256,
    items: u64,
}

/// The item cannot be written as canonical JSON. No event that the log takes leads there.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the item {workflow_id} has no canonical form")]
pub struct NotCanonical {
    /// Which.
    pub workflow_id: String,
}

impl Digest {
    /// Takes the next item, as canonical JSON.
    pub fn add(&mut self, canonical: &str) {
        self.hasher.update(canonical.as_bytes());
        self.hasher.update(b"\n");
        self.items += 1;
    }

    /// How many it took.
    #[must_use]
    pub const fn items(&self) -> u64 {
        self.items
    }

    /// The digest: SHA-256 over a line of canonical JSON per item.
    #[must_use]
    pub fn finish(self) -> Hash32 {
        Hash32::from_bytes(self.hasher.finalize().into())
    }
}

/// An item as canonical JSON: what tables keep and what is hashed.
///
/// # Errors
/// [`NotCanonical`], which would be a bug.
pub fn canonical(item: &Item) -> Result<String, NotCanonical> {
    let broken = || NotCanonical { workflow_id: item.workflow_id.clone() };
    let text = serde_json::to_string(item).map_err(|_| broken())?;
    let limits = Limits { depth: 64, ..Limits::SERVICE };
    let value = json::parse(text.as_bytes(), &limits).map_err(|_| broken())?;
    let mut canonical = String::with_capacity(text.len());
    json::write_canonical(&value, &mut canonical).map_err(|_| broken())?;
    Ok(canonical)
}
