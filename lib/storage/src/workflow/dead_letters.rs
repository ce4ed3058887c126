//! Events that the fold could not take.

use dg_domain::{LogSeq, Micros, TenantId};
use tokio_postgres::Row;

use crate::{error::StoreError, store::Store, values::PgMicros};

const PAGE: &str = include_str!("../../../../sql/queries/workflow/dead_letters.sql");
const RESOLVE: &str = include_str!("../../../../sql/queries/workflow/resolve_dead_letter.sql");

/// An event that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its position.
    pub log_seq: LogSeq,
    /// Its id.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// Why.
    pub error_code: String,
    /// Why, as a sentence.
    pub error_message: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When first.
    pub first_seen_at: Micros,
    /// When somebody dealt with it.
    pub resolved_at: Option<Micros>,
    /// Who.
    pub resolved_by: Option<String>,
    /// `applied` or `skipped`.
    pub resolution: Option<String>,
}

impl Store {
    /// A page of them, the newest first, before a position.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_dead_letters(
        &self,
        tenant: &TenantId,
        resolved_too: bool,
        before: Option<LogSeq>,
        limit: i64,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let name = "workflow.dead_letters";
        let before = before.map(LogSeq::get);
        let rows = self.of(tenant).query(name, PAGE, &[&tenant.as_str(), &resolved_too, &before, &limit]).await?;
        rows.iter().map(|row| read(name, row)).collect()
    }

    /// Accepts that the items go on without an event; whether there was one to accept.
    ///
    /// # Errors
    /// As every statement.
    pub async fn skip_dead_letter(&self, tenant: &TenantId, log_seq: LogSeq, by: &str) -> Result<bool, StoreError> {
        let params = (tenant.as_str(), log_seq.get(), by, "skipped");
        let name = "workflow.resolve_dead_letter";
        let row = self.of(tenant).query_opt(name, RESOLVE, &[&params.0, &params.1, &params.2, &params.3]).await?;
        Ok(row.is_some())
    }
}

fn read(name: &'static str, row: &Row) -> Result<DeadLetter, StoreError> {
    let text = |place: usize| row.try_get::<_, String>(place).map_err(StoreError::of(name));
    let log_seq: i64 = row.try_get(0).map_err(StoreError::of(name))?;
    Ok(DeadLetter {
        log_seq: LogSeq::new(log_seq).map_err(|source| StoreError::corrupt(name, source))?,
        event_id: text(1)?,
        event_type: text(2)?,
        error_code: text(3)?,
        error_message: text(4)?,
        attempts: row.try_get(5).map_err(StoreError::of(name))?,
        first_seen_at: row.try_get::<_, PgMicros>(6).map_err(StoreError::of(name))?.0,
        resolved_at: row.try_get::<_, Option<PgMicros>>(7).map_err(StoreError::of(name))?.map(|at| at.0),
        resolved_by: row.try_get(8).map_err(StoreError::of(name))?,
        resolution: row.try_get(9).map_err(StoreError::of(name))?,
    })
}
