//! Events that a projection does not hold: why, and what an operator decided.

use dg_domain::{LogSeq, Micros, TenantId};
use dg_projections::Projection;
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::{columns::Columns, snapshot::Snapshot};
use crate::{error::StoreError, store::Store, values::PgMicros};

const ONE: &str = include_str!("../../../../sql/queries/failures/one.sql");
const PAGE: &str = include_str!("../../../../sql/queries/failures/page.sql");
const OPEN: &str = include_str!("../../../../sql/queries/failures/open.sql");
const QUARANTINE: &str = include_str!("../../../../sql/queries/failures/quarantine.sql");
const OF_TRACE: &str = include_str!("../../../../sql/queries/failures/of_trace.sql");
const SKIPPED: &str = include_str!("../../../../sql/queries/failures/skipped.sql");

/// What became of an event that could not be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureStatus {
    /// The projection went on without it; a person has to decide.
    Open,
    /// An operator accepted that it is missing.
    Quarantined,
    /// It was projected after all.
    Resolved,
    /// A rebuild holds it.
    Superseded,
}

impl FailureStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Open, Self::Quarantined, Self::Resolved, Self::Superseded];

    /// The name in the table and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Quarantined => "quarantined",
            Self::Resolved => "resolved",
            Self::Superseded => "superseded",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// An event that a projection does not hold, or did not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_failures")]
pub struct Failure {
    pub tenant_id: TenantId,
    pub failure_id: Uuid,
    pub projection: Projection,
    pub log_seq: LogSeq,
    pub trace_id: String,
    pub event_id: String,
    pub category: String,
    pub error_code: String,
    pub error_message: String,
    pub status: FailureStatus,
    pub attempts: i64,
    pub first_seen_at: Micros,
    pub last_seen_at: Micros,
    pub quarantined_at: Option<Micros>,
    pub quarantined_by: Option<String>,
    pub quarantine_reason: Option<String>,
    pub resolved_at: Option<Micros>,
    pub resolved_by: Option<String>,
    pub job_id: Option<Uuid>,
}

/// Which failures to list. Absent fields do not filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureFilter {
    /// What became of them.
    pub status: Option<FailureStatus>,
    /// Of which projection.
    pub projection: Option<Projection>,
    /// Of which trace, exactly.
    pub trace_id: Option<String>,
    /// Only those before this one: the end of the page before.
    pub after: Option<(Micros, Uuid)>,
}

/// An event that is in the log and not in what a projection says about its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_failures")]
pub struct MissingEvent {
    pub projection: Projection,
    pub log_seq: LogSeq,
    pub event_id: String,
    pub status: FailureStatus,
}

impl Store {
    /// One failure of a tenant.
    ///
    /// # Errors
    /// The database's.
    pub async fn failure(&self, tenant: &TenantId, failure_id: Uuid) -> Result<Option<Failure>, StoreError> {
        let rows = self.of(tenant).query("failures.one", ONE, &[&tenant.as_str(), &failure_id]).await?;
        Ok(read_all("failures.one", &rows)?.pop())
    }

    /// A page of a tenant's failures, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn failures(
        &self,
        tenant: &TenantId,
        filter: &FailureFilter,
        limit: i64,
    ) -> Result<Vec<Failure>, StoreError> {
        let params: [&(dyn ToSql + Sync); 7] = [
            &tenant.as_str(),
            &filter.status.map(FailureStatus::as_str),
            &filter.projection.map(Projection::as_str),
            &filter.trace_id,
            &filter.after.map(|(at, _)| PgMicros(at)),
            &filter.after.map(|(_, failure_id)| failure_id),
            &limit,
        ];
        read_all("failures.page", &self.of(tenant).query("failures.page", PAGE, &params).await?)
    }

    /// The open failures of a tenant, oldest event first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_failures(&self, tenant: &TenantId, limit: i64) -> Result<Vec<Failure>, StoreError> {
        read_all("failures.open", &self.of(tenant).query("failures.open", OPEN, &[&tenant.as_str(), &limit]).await?)
    }

    /// Accepts that an event is missing: `open` becomes `quarantined`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`], or the database's.
    pub async fn quarantine(
        &self,
        tenant: &TenantId,
        failure_id: Uuid,
        by: &str,
        reason: &str,
    ) -> Result<Failure, StoreError> {
        let name = "failures.quarantine";
        let rows = self.of(tenant).query(name, QUARANTINE, &[&tenant.as_str(), &failure_id, &by, &reason]).await?;
        if let Some(failure) = read_all(name, &rows)?.pop() {
            return Ok(failure);
        }
        let failure = self.failure(tenant, failure_id).await?.ok_or(StoreError::NotFound { what: "failure" })?;
        Err(StoreError::WrongState { what: "failure", status: failure.status.as_str() })
    }
}

impl Snapshot {
    /// The events of a trace that projections lack, in log order.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn missing_events(&self, trace_id: &str) -> Result<Vec<MissingEvent>, StoreError> {
        let name = "failures.of_trace";
        let rows = self.query(name, OF_TRACE, &[&self.tenant.as_str(), &trace_id]).await?;
        let read = |row: Columns<'_>| {
            Ok(MissingEvent {
                projection: row.named("projection_name", Projection::from_name)?,
                log_seq: row.position("log_seq")?,
                event_id: row.get("event_id")?,
                status: row.named("status", FailureStatus::from_name)?,
            })
        };
        rows.iter().map(|row| read(Columns { name, row })).collect()
    }

    /// How many events some of these projections lack, whether or not an operator accepted it.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn skipped_events(&self, projections: &[Projection]) -> Result<i64, StoreError> {
        let names: Vec<&str> = projections.iter().map(|projection| projection.as_str()).collect();
        let name = "failures.skipped";
        let rows = self.query(name, SKIPPED, &[&self.tenant.as_str(), &names]).await?;
        rows.first().map_or(Ok(0), |row| Columns { name, row }.get("skipped_events"))
    }
}

fn read_all(name: &'static str, rows: &[Row]) -> Result<Vec<Failure>, StoreError> {
    rows.iter().map(|row| read(Columns { name, row })).collect()
}

fn read(row: Columns<'_>) -> Result<Failure, StoreError> {
    Ok(Failure {
        tenant_id: row.tenant("tenant_id")?,
        failure_id: row.get("failure_id")?,
        projection: row.named("projection_name", Projection::from_name)?,
        log_seq: row.position("log_seq")?,
        trace_id: row.get("trace_id")?,
        event_id: row.get("event_id")?,
        category: row.get("category")?,
        error_code: row.get("error_code")?,
        error_message: row.get("error_message")?,
        status: row.named("status", FailureStatus::from_name)?,
        attempts: row.get("attempts")?,
        first_seen_at: row.at("first_seen_at")?,
        last_seen_at: row.at("last_seen_at")?,
        quarantined_at: row.at_if_any("quarantined_at")?,
        quarantined_by: row.get("quarantined_by")?,
        quarantine_reason: row.get("quarantine_reason")?,
        resolved_at: row.at_if_any("resolved_at")?,
        resolved_by: row.get("resolved_by")?,
        job_id: row.get("job_id")?,
    })
}
