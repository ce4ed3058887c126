//! One item, what was done with it, and what was told about it.

use dg_domain::{LogSeq, Micros, TenantId};
use dg_workflow::{Item, Status};
use tokio_postgres::Row;
use uuid::Uuid;

use super::row::workflow_key;
use crate::{
    error::StoreError,
    store::Store,
    values::{PgKey, PgMicros},
};

const ONE: &str = include_str!("../../../../sql/queries/workflow/one.sql");
const ACTIONS: &str = include_str!("../../../../sql/queries/workflow/actions.sql");
const NOTICES: &str = include_str!("../../../../sql/queries/workflow/notices_of_item.sql");

/// An item as people see it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The fold of the log.
    pub item: Item,
    /// Who holds it.
    pub claimed_by: Option<String>,
    /// Since when.
    pub claimed_at: Option<Micros>,
    /// When the holder last did something with it.
    pub claim_renewed_at: Option<Micros>,
    /// Open, and its time is up.
    pub overdue: bool,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the columns of workflow, section 3.3")]
pub struct ActionRow {
    pub log_seq: LogSeq,
    pub action_id: String,
    pub action_type: String,
    pub actor_type: String,
    pub actor_id: String,
    pub actor_account_id: String,
    pub note: Option<String>,
    pub payload_json: String,
    pub source_event_id: String,
    pub resulting_status: String,
    pub round: i64,
    pub created_at: Micros,
}

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the columns of workflow, section 3.4")]
pub struct NoticeRow {
    pub notification_id: Uuid,
    pub category: String,
    pub channel: String,
    pub status: String,
    pub message: String,
    pub recipient_account_id: Option<String>,
    pub recipient_role: Option<String>,
    pub payload_json: String,
    pub dedupe_key: String,
    pub created_at: Micros,
}

impl Shown {
    /// Where it stands: an item that waits and that somebody holds is in review (WF-10).
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.item.status == Status::Requested && self.claimed_by.is_some() {
            "in_review"
        } else {
            self.item.status.as_str()
        }
    }

    pub(super) fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let text: &str = row.try_get(0).map_err(StoreError::of(name))?;
        let at = |place: usize| -> Result<Option<Micros>, StoreError> {
            Ok(row.try_get::<_, Option<PgMicros>>(place).map_err(StoreError::of(name))?.map(|at| at.0))
        };
        Ok(Self {
            item: serde_json::from_str(text).map_err(|source| StoreError::corrupt(name, source))?,
            claimed_by: row.try_get(1).map_err(StoreError::of(name))?,
            claimed_at: at(2)?,
            claim_renewed_at: at(3)?,
            overdue: row.try_get(4).map_err(StoreError::of(name))?,
        })
    }
}

impl Store {
    /// One item.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_item(&self, tenant: &TenantId, workflow_id: &str) -> Result<Option<Shown>, StoreError> {
        let name = "workflow.one";
        let key = PgKey(workflow_key(workflow_id));
        let row = self.of(tenant).query_opt(name, ONE, &[&tenant.as_str(), &key]).await?;
        row.map(|row| Shown::read(name, &row)).transpose()
    }

    /// What was done with an item after a position, oldest first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_actions(
        &self,
        tenant: &TenantId,
        workflow_id: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<ActionRow>, StoreError> {
        let name = "workflow.actions";
        let key = PgKey(workflow_key(workflow_id));
        let rows = self.of(tenant).query(name, ACTIONS, &[&tenant.as_str(), &key, &after, &limit]).await?;
        rows.iter().map(|row| action(name, row)).collect()
    }

    /// What was told about an item, the newest first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_notices(
        &self,
        tenant: &TenantId,
        workflow_id: &str,
        limit: i64,
    ) -> Result<Vec<NoticeRow>, StoreError> {
        let name = "workflow.notices_of_item";
        let key = PgKey(workflow_key(workflow_id));
        let rows = self.of(tenant).query(name, NOTICES, &[&tenant.as_str(), &key, &limit]).await?;
        rows.iter().map(|row| notice(name, row)).collect()
    }
}

/// Reads a row of `actions.sql`.
pub(super) fn action(name: &'static str, row: &Row) -> Result<ActionRow, StoreError> {
    let text = |place: usize| row.try_get::<_, String>(place).map_err(StoreError::of(name));
    let log_seq: i64 = row.try_get(0).map_err(StoreError::of(name))?;
    Ok(ActionRow {
        log_seq: LogSeq::new(log_seq).map_err(|source| StoreError::corrupt(name, source))?,
        action_id: text(1)?,
        action_type: text(2)?,
        actor_type: text(3)?,
        actor_id: text(4)?,
        actor_account_id: text(5)?,
        note: row.try_get(6).map_err(StoreError::of(name))?,
        payload_json: text(7)?,
        source_event_id: text(8)?,
        resulting_status: text(9)?,
        round: row.try_get(10).map_err(StoreError::of(name))?,
        created_at: row.try_get::<_, PgMicros>(11).map_err(StoreError::of(name))?.0,
    })
}

/// Reads a row of `notices_of_item.sql`.
pub(super) fn notice(name: &'static str, row: &Row) -> Result<NoticeRow, StoreError> {
    let text = |place: usize| row.try_get::<_, String>(place).map_err(StoreError::of(name));
    let maybe = |place: usize| row.try_get::<_, Option<String>>(place).map_err(StoreError::of(name));
    Ok(NoticeRow {
        notification_id: row.try_get(0).map_err(StoreError::of(name))?,
        category: text(1)?,
        channel: text(2)?,
        status: text(3)?,
        message: text(4)?,
        recipient_account_id: maybe(5)?,
        recipient_role: maybe(6)?,
        payload_json: text(7)?,
        dedupe_key: text(8)?,
        created_at: row.try_get::<_, PgMicros>(9).map_err(StoreError::of(name))?.0,
    })
}
