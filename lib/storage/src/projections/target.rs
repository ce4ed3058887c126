//! Where rows are written: the slots of a tenant, inside one transaction.

use dg_projections::Projection;
use tokio_postgres::{Client, Row, types::ToSql};

use super::statements::Statements;
use crate::{error::StoreError, tenancy::Tenancy};

/// The slot of each projection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots([i16; Projection::ALL.len()]);

impl Slots {
    pub(super) fn set(&mut self, projection: Projection, slot: i16) {
        self.0[projection as usize] = slot;
    }

    pub(super) const fn of(&self, projection: Projection) -> i16 {
        self.0[projection as usize]
    }
}

/// A session with an open transaction, and whose rows it writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'t> {
    pub(super) client: &'t Client,
    pub(super) statements: &'t Statements,
    pub(super) tenant: &'t str,
    pub(super) slots: Slots,
}

impl Target<'_> {
    /// Runs a statement whose first parameters are the tenant and the projection's slot.
    pub(super) async fn run(
        &self,
        projection: Projection,
        name: &'static str,
        sql: &'static str,
        columns: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let slot = self.slots.of(projection);
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&self.tenant, &slot];
        params.extend_from_slice(columns);
        self.query(name, sql, &params).await
    }

    /// Runs any statement.
    pub(super) async fn query(
        &self,
        name: &'static str,
        sql: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.statements.prepare(self.client, name, sql).await?;
        self.client.query(&statement, params).await.map_err(StoreError::of(name))
    }

    /// Says whose rows the transaction is about: before its first statement, and best sent together with it.
    pub(super) async fn say_whose(&self) -> Result<(), StoreError> {
        self.command("projections.tenant", &Tenancy::One(self.tenant).setting()).await
    }

    /// Runs a command without parameters.
    pub(super) async fn command(&self, name: &'static str, text: &str) -> Result<(), StoreError> {
        self.client.batch_execute(text).await.map_err(StoreError::of(name))
    }
}
