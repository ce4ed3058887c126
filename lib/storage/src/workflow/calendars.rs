//! Business calendars: every version is kept, the newest counts.

use dg_domain::{Micros, TenantId};
use dg_workflow::{
    calendar::Calendar,
    command::{EveryHour, Hours},
};
use serde_json::Value;
use tokio_postgres::{Row, types::ToSql};

use crate::{
    audit::{self, By},
    error::StoreError,
    projections::columns::Columns,
    store::Store,
    work::Work,
};

macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/telling/", $name, ".sql"))
    };
}

/// A version of a calendar.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_workflow_calendars")]
pub struct CalendarRow {
    pub calendar_id: String,
    pub version: i64,
    pub definition: Value,
    pub reason: String,
    pub created_at: Micros,
    pub created_by: String,
}

/// A definition that was kept is no calendar: other hands changed it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the definition is no calendar")]
struct NoCalendar;

impl Store {
    /// The newest version of each calendar of a tenant.
    ///
    /// # Errors
    /// As every statement.
    pub async fn calendars(&self, tenant: &TenantId) -> Result<Vec<CalendarRow>, StoreError> {
        let name = "telling.calendars";
        let rows = self.of(tenant).query(name, sql!("calendars"), &[&tenant.as_str()]).await?;
        rows.iter().map(|row| CalendarRow::read(name, row)).collect()
    }

    /// A version of a calendar, the newest where none is named.
    ///
    /// # Errors
    /// As every statement.
    pub async fn calendar(
        &self,
        tenant: &TenantId,
        calendar_id: &str,
        version: Option<i64>,
    ) -> Result<Option<CalendarRow>, StoreError> {
        let name = "telling.calendar";
        let row =
            self.of(tenant).query_opt(name, sql!("calendar"), &[&tenant.as_str(), &calendar_id, &version]).await?;
        row.map(|row| CalendarRow::read(name, &row)).transpose()
    }

    /// Makes the next version of a calendar, whose `definition` was read before. `seen` is the version that the caller saw, 0
    /// for none.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when another version is the newest, or the database's.
    pub async fn put_calendar(
        &self,
        tenant: &TenantId,
        calendar_id: &str,
        definition: &Value,
        seen: Option<i64>,
        reason: &str,
        by: &By,
    ) -> Result<CalendarRow, StoreError> {
        let name = "telling.put_calendar";
        let work = Work::begin_of(self, tenant).await?;
        let text = definition.to_string();
        let params: [&(dyn ToSql + Sync); 6] = [&tenant.as_str(), &calendar_id, &text, &reason, &by.name(), &seen];
        let row = work.query_opt(name, sql!("put_calendar"), &params).await?;
        let row = CalendarRow::read(name, &row.ok_or(StoreError::Changed { what: "calendar" })?)?;
        let entry = by.did("calendar.put").tenant(tenant.as_str()).subject(calendar_id);
        audit::append(&work, vec![entry.with("version", row.version).with("reason", reason)]).await?;
        work.commit().await?;
        Ok(row)
    }

    /// When so much open time, in microseconds, has passed by a calendar; `None` when there is no such calendar.
    ///
    /// # Errors
    /// As every statement.
    pub async fn calendar_deadline(
        &self,
        tenant: &TenantId,
        calendar_id: &str,
        from: Micros,
        span_us: i64,
    ) -> Result<Option<Micros>, StoreError> {
        let work = Work::snapshot_of(self, tenant).await?;
        let found = find(&work, tenant, calendar_id).await?;
        work.roll_back().await?;
        Ok(found.map(|calendar| calendar.add(from, span_us)))
    }
}

/// How deadlines of a calendar are counted, inside the transaction that makes one. Every hour counts where no calendar is named,
/// and where the one that is named is not there.
pub(crate) async fn hours(
    work: &Work,
    tenant: &TenantId,
    calendar_id: Option<&str>,
) -> Result<Box<dyn Hours + Send + Sync>, StoreError> {
    let Some(calendar_id) = calendar_id else { return Ok(Box::new(EveryHour)) };
    match find(work, tenant, calendar_id).await? {
        Some(calendar) => Ok(Box::new(calendar)),
        None => Ok(Box::new(EveryHour)),
    }
}

async fn find(work: &Work, tenant: &TenantId, calendar_id: &str) -> Result<Option<Calendar>, StoreError> {
    let name = "telling.calendar";
    let newest: Option<i64> = None;
    let row = work.query_opt(name, sql!("calendar"), &[&tenant.as_str(), &calendar_id, &newest]).await?;
    let Some(row) = row else { return Ok(None) };
    let row = CalendarRow::read(name, &row)?;
    Calendar::read(&row.definition).map(Some).map_err(|_| StoreError::corrupt(name, NoCalendar))
}

impl CalendarRow {
    fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let row = Columns { name, row };
        let text: &str = row.get("definition_json")?;
        Ok(Self {
            calendar_id: row.get("calendar_id")?,
            version: row.get("version")?,
            definition: serde_json::from_str(text).map_err(|source| StoreError::corrupt(name, source))?,
            reason: row.get("reason")?,
            created_at: row.at("created_at")?,
            created_by: row.get("created_by")?,
        })
    }
}
