//! Statements prepared once per session.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio_postgres::{Client, Statement};

use crate::error::StoreError;

/// The prepared statements of one session, by their text.
#[derive(Debug, Default)]
pub(super) struct Statements(Mutex<HashMap<&'static str, Statement>>);

impl Statements {
    /// Prepares `sql`, unless it is.
    pub(super) async fn prepare(
        &self,
        client: &Client,
        name: &'static str,
        sql: &'static str,
    ) -> Result<Statement, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = client.prepare(sql).await.map_err(StoreError::of(name))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sql, statement.clone());
        Ok(statement)
    }
}
