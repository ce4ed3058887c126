//! Row digests under way: one per projection, changed as its rows are.

use dg_domain::Hash32;
use dg_projections::{Hashed, Projection, RowDigest};
use tokio_postgres::Row;

use crate::error::StoreError;

/// The row digest of every projection of a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tallies([RowDigest; Projection::ALL.len()]);

impl Tallies {
    /// That of one projection.
    #[must_use]
    pub fn of(&self, projection: Projection) -> RowDigest {
        self.0[projection as usize]
    }

    pub(super) fn set(&mut self, projection: Projection, digest: RowDigest) {
        self.0[projection as usize] = digest;
    }

    pub(super) fn add(&mut self, projection: Projection, row: Hash32) {
        self.0[projection as usize].add(row);
    }

    pub(super) fn add_all<'r, R: Hashed + 'r>(
        &mut self,
        projection: Projection,
        rows: impl IntoIterator<Item = &'r R>,
    ) {
        rows.into_iter().for_each(|row| self.add(projection, row.row_hash()));
    }

    /// Takes in what a statement changed, counted from nothing.
    pub(super) fn absorb(&mut self, change: &Self) {
        self.0.iter_mut().zip(&change.0).for_each(|(digest, change)| digest.absorb(change));
    }

    pub(super) fn remove(&mut self, projection: Projection, row: Hash32) {
        self.0[projection as usize].remove(row);
    }
}

/// Reads the columns `row_digest` and `row_count`.
pub(super) fn read_digest(row: &Row) -> Result<RowDigest, StoreError> {
    let name = "projections.row_digest";
    let error = StoreError::of(name);
    let bytes: &[u8] = row.try_get("row_digest").map_err(error)?;
    let bytes = Hash32::from_slice(bytes).map_err(|source| StoreError::corrupt(name, source))?;
    Ok(RowDigest::from_parts(bytes.as_bytes(), row.try_get("row_count").map_err(error)?))
}
