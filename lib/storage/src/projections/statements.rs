//! Statements prepared once per session.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio_postgres::{Client, Statement};

use crate::error::StoreError;

/// The prepared statements of one session, by their text and, where they name a partition, its slot.
#[derive(Debug, Default)]
pub(super) struct Statements(Mutex<HashMap<(&'static str, Option<i16>), Statement>>);

impl Statements {
    /// Prepares `sql`, unless it is.
    pub(super) async fn prepare(
        &self,
        client: &Client,
        name: &'static str,
        sql: &'static str,
    ) -> Result<Statement, StoreError> {
        self.prepare_as(client, name, (sql, None), sql).await
    }

    /// The same for a statement about the partition of one slot, which stands as `{slot}` in its text.
    pub(super) async fn prepare_in_slot(
        &self,
        client: &Client,
        name: &'static str,
        sql: &'static str,
        slot: i16,
    ) -> Result<Statement, StoreError> {
        self.prepare_as(client, name, (sql, Some(slot)), &sql.replace("{slot}", &slot.to_string())).await
    }

    async fn prepare_as(
        &self,
        client: &Client,
        name: &'static str,
        key: (&'static str, Option<i16>),
        text: &str,
    ) -> Result<Statement, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = client.prepare(text).await.map_err(StoreError::of(name))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, statement.clone());
        Ok(statement)
    }
}
