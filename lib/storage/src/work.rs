//! A transaction on a pooled connection.

use std::time::Duration;

use deadpool_postgres::Object;
use dg_domain::TenantId;
use tokio_postgres::{Row, types::ToSql};

use crate::{connection::bounded, error::StoreError, store::Store, tenancy::Tenancy};

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Statements that become true together. Dropped without [`Work::commit`], none of them does.
pub(crate) struct Work {
    client: Option<Object>,
    limit: Duration,
}

impl Work {
    /// Begins one that touches no row of a tenant.
    pub(crate) async fn begin(store: &Store) -> Result<Self, StoreError> {
        Self::begin_with(store, BEGIN).await
    }

    /// Begins one about the rows of a tenant.
    pub(crate) async fn begin_of(store: &Store, tenant: &TenantId) -> Result<Self, StoreError> {
        Self::begin_with(store, &Tenancy::One(tenant.as_str()).begin(BEGIN)).await
    }

    /// Begins one that sees a tenant's rows as they are now, whatever happens meanwhile, and changes nothing.
    pub(crate) async fn snapshot_of(store: &Store, tenant: &TenantId) -> Result<Self, StoreError> {
        Self::begin_with(store, &Tenancy::One(tenant.as_str()).begin(SNAPSHOT)).await
    }

    async fn begin_with(store: &Store, begin: &str) -> Result<Self, StoreError> {
        let work = Self { client: Some(store.client().await?), limit: store.config().answer_timeout() };
        work.command("work.begin", begin).await?;
        Ok(work)
    }

    /// Runs one statement, prepared once per connection.
    pub(crate) async fn query(
        &self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.client.as_ref().ok_or_else(|| StoreError::unavailable(name, Over))?;
        let answer = async {
            let statement = client.prepare_cached(sql).await.map_err(StoreError::of(name))?;
            client.query(&statement, params).await.map_err(StoreError::of(name))
        };
        bounded(name, self.limit, answer).await
    }

    /// The first row of [`Self::query`], if any.
    pub(crate) async fn query_opt(
        &self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(name, sql, params).await?.into_iter().next())
    }

    /// How many rows a statement changed.
    pub(crate) async fn count(
        &self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let client = self.client.as_ref().ok_or_else(|| StoreError::unavailable(name, Over))?;
        let answer = async {
            let statement = client.prepare_cached(sql).await.map_err(StoreError::of(name))?;
            client.execute(&statement, params).await.map_err(StoreError::of(name))
        };
        bounded(name, self.limit, answer).await
    }

    /// Makes it true, and gives the connection back.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.command("work.commit", "COMMIT").await?;
        drop(self.client.take());
        Ok(())
    }

    /// Undoes it, and gives the connection back. Dropping it would close the connection.
    pub(crate) async fn roll_back(mut self) -> Result<(), StoreError> {
        self.command("work.roll_back", "ROLLBACK").await?;
        drop(self.client.take());
        Ok(())
    }

    async fn command(&self, name: &'static str, sql: &str) -> Result<(), StoreError> {
        let client = self.client.as_ref().ok_or_else(|| StoreError::unavailable(name, Over))?;
        bounded(name, self.limit, async { client.batch_execute(sql).await.map_err(StoreError::of(name)) }).await
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // What was begun and not ended is no connection for the next caller; closed, the server undoes it.
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

/// The transaction has ended.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the transaction has ended")]
struct Over;
