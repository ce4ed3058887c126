//! The columns of a row, read into domain types.

use dg_domain::{Hash32, LogSeq, Micros, TenantId};
use tokio_postgres::{Row, types::FromSql};

use super::cursor::position;
use crate::{error::StoreError, values::PgMicros};

/// A row of the statement `name`.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'r> {
    pub(crate) name: &'static str,
    pub(crate) row: &'r Row,
}

/// A column holds a name that this program does not know.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name is not known")]
struct UnknownName;

impl<'r> Columns<'r> {
    pub(crate) fn get<T: FromSql<'r>>(self, column: &str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(StoreError::of(self.name))
    }

    pub(crate) fn tenant(self, column: &str) -> Result<TenantId, StoreError> {
        TenantId::new(self.get(column)?).map_err(|source| StoreError::corrupt(self.name, source))
    }

    pub(crate) fn at(self, column: &str) -> Result<Micros, StoreError> {
        Ok(self.get::<PgMicros>(column)?.0)
    }

    pub(crate) fn at_if_any(self, column: &str) -> Result<Option<Micros>, StoreError> {
        Ok(self.get::<Option<PgMicros>>(column)?.map(|at| at.0))
    }

    pub(crate) fn position(self, column: &str) -> Result<LogSeq, StoreError> {
        position(self.get(column)?)
    }

    pub(crate) fn position_if_any(self, column: &str) -> Result<Option<LogSeq>, StoreError> {
        self.get::<Option<i64>>(column)?.map(position).transpose()
    }

    pub(crate) fn hash_if_any(self, column: &str) -> Result<Option<Hash32>, StoreError> {
        let Some(bytes) = self.get::<Option<&[u8]>>(column)? else { return Ok(None) };
        Hash32::from_slice(bytes).map(Some).map_err(|source| StoreError::corrupt(self.name, source))
    }

    /// A name, as `known` understands it.
    pub(crate) fn named<T>(self, column: &str, known: impl Fn(&str) -> Option<T>) -> Result<T, StoreError> {
        known(self.get(column)?).ok_or_else(|| StoreError::corrupt(self.name, UnknownName))
    }
}
