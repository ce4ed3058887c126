//! Reading the log.

use dg_domain::{EventType, LogSeq, StoredEvent, TenantId, TraceSeq, keys};
use tokio_postgres::Row;

use super::stored_event;
use crate::{error::StoreError, store::Store, values::PgKey};

const HEAD: &str = include_str!("../../../../sql/queries/log/head.sql");
const EVENTS: &str = include_str!("../../../../sql/queries/log/events.sql");
const EVENTS_OF_TRACE: &str = include_str!("../../../../sql/queries/log/events_of_trace.sql");
const TRACE_EVENTS: &str = include_str!("../../../../sql/queries/log/trace_events.sql");
const EVENT: &str = include_str!("../../../../sql/queries/log/event.sql");

/// Which part of a log to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only events after this position.
    pub after: LogSeq,
    /// Only events up to and including this position.
    pub until: Option<LogSeq>,
    /// Only events of this type. Reads past all others, so bound it with `until` where that matters.
    pub event_type: Option<EventType>,
    /// Only events of this trace.
    pub trace_id: Option<String>,
    /// At most so many.
    pub limit: i64,
}

impl Store {
    /// Where a tenant's log ends. A reader that has seen this position has seen everything before it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a tenant that is not registered, or the database's.
    pub async fn head(&self, tenant_id: &TenantId) -> Result<LogSeq, StoreError> {
        let name = "log.head";
        let row = self.of(tenant_id).query_opt(name, HEAD, &[&tenant_id.as_str()]).await?;
        let row = row.ok_or(StoreError::NotFound { what: "tenant" })?;
        let last = row.try_get(0).map_err(StoreError::of(name))?;
        LogSeq::new(last).map_err(|source| StoreError::corrupt(name, source))
    }

    /// A page of a tenant's log in order. Fewer than `limit` events mean that there are no more for now.
    ///
    /// # Errors
    /// The database's.
    pub async fn events(&self, tenant_id: &TenantId, filter: &EventFilter) -> Result<Vec<StoredEvent>, StoreError> {
        let tenant = tenant_id.as_str();
        let after = filter.after.get();
        let until = filter.until.map(LogSeq::get);
        let event_type = filter.event_type.map(EventType::as_str);
        match &filter.trace_id {
            None => {
                let name = "log.events";
                let rows = self
                    .of(tenant_id)
                    .query(name, EVENTS, &[&tenant, &after, &until, &event_type, &filter.limit])
                    .await?;
                events(name, &rows)
            }
            Some(trace_id) => {
                let name = "log.events_of_trace";
                let key = PgKey(keys::trace_key(trace_id));
                let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
                    [&tenant, &after, &until, &event_type, &filter.limit, &key, trace_id];
                events(name, &self.of(tenant_id).query(name, EVENTS_OF_TRACE, &params).await?)
            }
        }
    }

    /// A page of one trace in its own order, from its start or after a position.
    ///
    /// # Errors
    /// The database's.
    pub async fn trace_events(
        &self,
        tenant_id: &TenantId,
        trace_id: &str,
        after: Option<TraceSeq>,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let name = "log.trace_events";
        let key = PgKey(keys::trace_key(trace_id));
        let after = after.map_or(-1, TraceSeq::get);
        let rows = self
            .of(tenant_id)
            .query(name, TRACE_EVENTS, &[&tenant_id.as_str(), &key, &trace_id, &after, &limit])
            .await?;
        events(name, &rows)
    }

    /// One event by its id.
    ///
    /// # Errors
    /// The database's.
    pub async fn event(&self, tenant_id: &TenantId, event_id: &str) -> Result<Option<StoredEvent>, StoreError> {
        let name = "log.event";
        let key = PgKey(keys::event_key(event_id));
        let row = self.of(tenant_id).query_opt(name, EVENT, &[&tenant_id.as_str(), &key, &event_id]).await?;
        row.map(|row| stored_event(name, &row)).transpose()
    }
}

fn events(name: &'static str, rows: &[Row]) -> Result<Vec<StoredEvent>, StoreError> {
    rows.iter().map(|row| stored_event(name, row)).collect()
}
