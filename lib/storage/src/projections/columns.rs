//! The columns of a row, read into domain types.

use dg_domain::{Hash32, LogSeq, Micros, TenantId};
use tokio_postgres::{Row, types::FromSql};

use super::cursor::position;
use crate::{error::StoreError, values::PgMicros};

/// A row of the statement `name`.
#[derive(Clone, Copy)]
pub(super) struct Columns<'r> {
    pub(super) name: &'static str,
    pub(super) row: &'r Row,
}

/// A column holds a name that this program does not know.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name is not known")]
struct UnknownName;

impl<'r> Columns<'r> {
    pub(super) fn get<T: FromSql<'r>>(self, column: &str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(StoreError::of(self.name))
    }

    pub(super) fn tenant(self, column: &str) -> Result<TenantId, StoreError> {
        TenantId::new(self.get(column)?).map_err(|source| StoreError::corrupt(self.name, source))
    }

    pub(super) fn at(self, column: &str) -> Result<Micros, StoreError> {
        Ok(self.get::<PgMicros>(column)?.0)
    }

    pub(super) fn at_if_any(self, column: &str) -> Result<Option<Micros>, StoreError> {
        Ok(self.get::<Option<PgMicros>>(column)?.map(|at| at.0))
    }

    pub(super) fn position(self, column: &str) -> Result<LogSeq, StoreError> {
        position(self.get(column)?)
    }

    pub(super) fn position_if_any(self, column: &str) -> Result<Option<LogSeq>, StoreError> {
        self.get::<Option<i64>>(column)?.map(position).transpose()
    }

    pub(super) fn hash_if_any(self, column: &str) -> Result<Option<Hash32>, StoreError> {
        let Some(bytes) = self.get::<Option<&[u8]>>(column)? else { return Ok(None) };
        Hash32::from_slice(bytes).map(Some).map_err(|source| StoreError::corrupt(self.name, source))
    }

    /// A name, as `known` understands it.
    pub(super) fn named<T>(self, column: &str, known: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        known(self.get(column)?).ok_or_else(|| StoreError::corrupt(self.name, UnknownName))
    }
}
