//! What happens with items, for those who look on.

use dg_domain::{LogSeq, Micros, TenantId, keys};
use dg_workflow::Priority;
use tokio_postgres::types::ToSql;

use super::{
    read::{ActionRow, action},
    row::workflow_key,
};
use crate::{
    error::StoreError,
    store::Store,
    values::{PgKey, PgMicros},
};

const NEWS: &str = include_str!("../../../../sql/queries/workflow/news.sql");
const APPLIED: &str = include_str!("../../../../sql/queries/workflow/applied.sql");

/// Whose news.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewsFilter {
    /// One item's.
    pub workflow_id: Option<String>,
    /// Those of the items of one trace.
    pub trace_id: Option<String>,
}

/// Something that was done, and where the item stands now, which may be further on.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of the item")]
pub struct News {
    pub action: ActionRow,
    /// Whether the item came to be with it.
    pub is_first: bool,
    pub workflow_id: String,
    pub trace_id: String,
    pub version: i64,
    pub priority: Priority,
    pub assigned_account_id: Option<String>,
    pub assigned_role: Option<String>,
    pub sla_due_at: Option<Micros>,
}

impl Store {
    /// How far the items of a tenant are in its log: everything that was done up to there is in [`Self::workflow_news`], and
    /// what comes later stands behind it.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_applied(&self, tenant: &TenantId) -> Result<LogSeq, StoreError> {
        let name = "workflow.applied";
        let row = self.of(tenant).query_opt(name, APPLIED, &[&tenant.as_str()]).await?;
        let applied = row.map_or(Ok(0), |row| row.try_get(0).map_err(StoreError::of(name)))?;
        LogSeq::new(applied).map_err(|source| StoreError::corrupt(name, source))
    }

    /// What was done with a tenant's items after a position, oldest first, at most `limit`.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_news(
        &self,
        tenant: &TenantId,
        filter: &NewsFilter,
        after: LogSeq,
        limit: i64,
    ) -> Result<Vec<News>, StoreError> {
        let name = "workflow.news";
        let item = filter.workflow_id.as_deref().map(|workflow_id| PgKey(workflow_key(workflow_id)));
        let trace = filter.trace_id.as_deref().map(|trace_id| PgKey(keys::trace_key(trace_id)));
        let params: [&(dyn ToSql + Sync); 5] = [&tenant.as_str(), &after.get(), &item, &trace, &limit];
        let rows = self.of(tenant).query(name, NEWS, &params).await?;
        let read = |row: &tokio_postgres::Row| {
            let text = |place: usize| row.try_get::<_, String>(place).map_err(StoreError::of(name));
            let maybe = |place: usize| row.try_get::<_, Option<String>>(place).map_err(StoreError::of(name));
            let rank: i16 = row.try_get(15).map_err(StoreError::of(name))?;
            let due = row.try_get::<_, Option<PgMicros>>(18).map_err(StoreError::of(name))?;
            Ok(News {
                action: action(name, row)?,
                is_first: row.try_get::<_, Option<bool>>(19).map_err(StoreError::of(name))?.unwrap_or_default(),
                workflow_id: text(12)?,
                trace_id: text(13)?,
                version: row.try_get(14).map_err(StoreError::of(name))?,
                priority: priority(name, rank)?,
                assigned_account_id: maybe(16)?,
                assigned_role: maybe(17)?,
                sla_due_at: due.map(|due| due.0),
            })
        };
        rows.iter().map(read).collect()
    }
}

fn priority(name: &'static str, rank: i16) -> Result<Priority, StoreError> {
    let found = Priority::ALL.into_iter().find(|priority| priority.rank() == i64::from(rank));
    found.ok_or_else(|| StoreError::corrupt(name, std::io::Error::other(format!("no priority has the rank {rank}"))))
}
