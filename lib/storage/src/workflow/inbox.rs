//! What somebody was told, and whether they have seen it.

use dg_domain::{Micros, TenantId};
use dg_workflow::Category;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::row::workflow_key;
use crate::{
    error::StoreError,
    projections::columns::Columns,
    store::Store,
    values::{PgKey, PgMicros},
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/telling/", $name, ".sql"))
    };
}

/// Which notifications; everything absent lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// Those that were not seen, or those that were.
    pub unread: Option<bool>,
    /// Of these categories.
    pub categories: Option<Vec<Category>>,
    /// About this item.
    pub workflow_id: Option<String>,
    /// Only those before this one: the end of the page before.
    pub after: Option<(Micros, Uuid)>,
}

/// A notification as one account has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of the tables")]
pub struct InboxRow {
    pub notification_id: Uuid,
    pub workflow_id: String,
    pub trace_id: String,
    pub category: String,
    pub message: String,
    pub payload_json: String,
    pub created_at: Micros,
    /// For whom the account stands in.
    pub instead_of: Option<String>,
    /// When it came into the inbox.
    pub told_at: Micros,
    pub read_at: Option<Micros>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// These.
    Some(Vec<Uuid>),
    /// This one, and all that came before it.
    UpTo(Uuid),
}

impl Store {
    /// A page of an account's notifications, what came last first.
    ///
    /// # Errors
    /// As every statement.
    pub async fn inbox(
        &self,
        tenant: &TenantId,
        account_id: &str,
        filter: &InboxFilter,
        limit: i64,
    ) -> Result<Vec<InboxRow>, StoreError> {
        let name = "telling.inbox";
        let categories: Option<Vec<&str>> =
            filter.categories.as_ref().map(|list| list.iter().map(|category| category.as_str()).collect());
        let item = filter.workflow_id.as_ref().map(|workflow_id| PgKey(workflow_key(workflow_id)));
        let params: [&(dyn ToSql + Sync); 8] = [
            &tenant.as_str(),
            &account_id,
            &filter.unread,
            &categories,
            &item,
            &filter.after.map(|(at, _)| PgMicros(at)),
            &filter.after.map(|(_, notification_id)| notification_id),
            &limit,
        ];
        let rows = self.of(tenant).query(name, sql!("inbox"), &params).await?;
        rows.iter().map(|row| InboxRow::read(name, row)).collect()
    }

    /// How many notifications an account has not seen.
    ///
    /// # Errors
    /// As every statement.
    pub async fn unread_count(&self, tenant: &TenantId, account_id: &str) -> Result<i64, StoreError> {
        let name = "telling.unread";
        let row = self.of(tenant).query_opt(name, sql!("unread"), &[&tenant.as_str(), &account_id]).await?;
        row.map_or(Ok(0), |row| row.try_get(0).map_err(StoreError::of(name)))
    }

    /// Notes what an account has seen. The answer is for how many that is new. Those of others stay as they are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the account was never told of the one that [`Seen::UpTo`] names, or the database's.
    pub async fn mark_read(&self, tenant: &TenantId, account_id: &str, seen: &Seen) -> Result<u64, StoreError> {
        let store = self.of(tenant);
        match seen {
            Seen::Some(ids) => {
                store.count("telling.read_some", sql!("read_some"), &[&tenant.as_str(), &account_id, ids]).await
            }
            Seen::UpTo(last) => {
                let one: [&(dyn ToSql + Sync); 3] = [&tenant.as_str(), &account_id, last];
                if store.query_opt("telling.in_inbox", sql!("in_inbox"), &one).await?.is_none() {
                    return Err(StoreError::NotFound { what: "notification" });
                }
                store.count("telling.read_up_to", sql!("read_up_to"), &one).await
            }
        }
    }
}

impl InboxRow {
    fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        Ok(Self {
            notification_id: row.get("notification_id")?,
            workflow_id: row.get("workflow_id")?,
            trace_id: row.get("trace_id")?,
            category: row.get("category")?,
            message: row.get("message")?,
            payload_json: row.get("payload_json")?,
            created_at: row.at("created_at")?,
            instead_of: row.get("instead_of")?,
            told_at: row.at("told_at")?,
            read_at: row.at_if_any("read_at")?,
        })
    }
}
