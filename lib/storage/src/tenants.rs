//! The registry of tenants.

use std::{fmt, str::FromStr};

use dg_domain::{GuardMode, Micros, TenantId};
use tokio_postgres::Row;

use crate::{
    audit::{self, By},
    error::StoreError,
    store::Store,
    values::PgMicros,
    work::Work,
};

const CREATE: &str = include_str!("../../../sql/queries/tenants/create.sql");
const ALL: &str = include_str!("../../../sql/queries/tenants/all.sql");
const ONE: &str = include_str!("../../../sql/queries/tenants/one.sql");
const LOCK: &str = include_str!("../../../sql/queries/tenants/lock.sql");
const CHANGE: &str = include_str!("../../../sql/queries/tenants/change.sql");

/// What a tenant may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantStatus {
    /// Everything.
    Active,
    /// It is read-only for now.
    Suspended,
    /// Only administrators still come in, and it takes no events.
    Closed,
}

impl TenantStatus {
    /// The word in tables and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }
}

impl TenantStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Closed];

    /// The status of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// What a tenant may send, where that is less than what the service takes from everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantLimits {
    /// Bytes of one event, from 1,024 to 1,048,576.
    pub max_event_bytes: Option<i64>,
    /// Events of one batch, from 1 to 1,000.
    pub max_batch_events: Option<i64>,
    /// Reads a second, whoever asks, from 1 to 1,000,000.
    pub reads_per_second: Option<i64>,
    /// Events a second, whoever sends them, from 1 to 1,000,000.
    pub writes_per_second: Option<i64>,
}

impl fmt::Display for TenantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A registered tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its name.
    pub tenant_id: TenantId,
    /// Whether it takes events.
    pub status: TenantStatus,
    /// How its events are searched for secrets.
    pub secret_guard: GuardMode,
    /// What it may send.
    pub limits: TenantLimits,
    /// When it was registered.
    pub created_at: Micros,
    /// By whom.
    pub created_by: String,
    /// Whether it is a demonstration: its history was recorded elsewhere, and reviews take it as it is.
    pub is_demo: bool,
}

/// A tenant to register.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its name.
    pub tenant_id: TenantId,
    /// How its events are searched for secrets.
    pub secret_guard: GuardMode,
    /// Whether it is a demonstration. It stays what it was made.
    pub is_demo: bool,
}

/// What becomes different about a tenant; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// Its status.
    pub status: Option<TenantStatus>,
    /// How its events are searched for secrets.
    pub secret_guard: Option<GuardMode>,
    /// Bytes of one event; `Some(None)` for what the service takes from everybody.
    pub max_event_bytes: Option<Option<i64>>,
    /// Events of one batch; the same.
    pub max_batch_events: Option<Option<i64>>,
    /// Reads a second; the same.
    pub reads_per_second: Option<Option<i64>>,
    /// Events a second; the same.
    pub writes_per_second: Option<Option<i64>>,
}

impl Store {
    /// Registers a tenant with an empty log.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or the database's.
    pub async fn create_tenant(&self, new: &NewTenant, by: &By) -> Result<Tenant, StoreError> {
        self.create_tenant_with(new, TenantLimits::default(), by).await
    }

    /// The same with limits.
    ///
    /// # Errors
    /// As [`Self::create_tenant`].
    pub async fn create_tenant_with(
        &self,
        new: &NewTenant,
        limits: TenantLimits,
        by: &By,
    ) -> Result<Tenant, StoreError> {
        let name = "tenants.create";
        let (tenant_id, guard) = (new.tenant_id.as_str(), new.secret_guard.as_str());
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
            &tenant_id,
            &guard,
            &limits.max_event_bytes,
            &limits.max_batch_events,
            &limits.reads_per_second,
            &limits.writes_per_second,
            &by.name(),
            &new.is_demo,
        ];
        let work = Work::begin_of(self, &new.tenant_id).await?;
        let row = work.query_opt(name, CREATE, &params).await?.ok_or(StoreError::Exists { what: "tenant" })?;
        let tenant = read(name, &row)?;
        let entry = by.did("tenant.create").tenant(tenant_id).subject(tenant_id).with("secret_guard", guard);
        audit::append(&work, vec![noting_limits(entry, tenant.limits)]).await?;
        work.commit().await?;
        Ok(tenant)
    }

    /// Every tenant, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        let rows = self.query("tenants.all", ALL, &[]).await?;
        rows.iter().map(|row| read("tenants.all", row)).collect()
    }

    /// One tenant.
    ///
    /// # Errors
    /// The database's.
    pub async fn tenant(&self, tenant_id: &TenantId) -> Result<Option<Tenant>, StoreError> {
        let row = self.query_opt("tenants.one", ONE, &[&tenant_id.as_str()]).await?;
        row.map(|row| read("tenants.one", &row)).transpose()
    }

    /// Changes a tenant, if it still is as it was `seen`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`], or the database's.
    pub async fn change_tenant(
        &self,
        tenant_id: &TenantId,
        change: TenantChange,
        seen: Option<&Tenant>,
        reason: Option<&str>,
        by: &By,
    ) -> Result<Tenant, StoreError> {
        let name = "tenants.change";
        let missing = StoreError::NotFound { what: "tenant" };
        let work = Work::begin(self).await?;
        let row = work.query_opt("tenants.lock", LOCK, &[&tenant_id.as_str()]).await?;
        let before = read("tenants.lock", &row.ok_or_else(|| missing.clone())?)?;
        if seen.is_some_and(|seen| *seen != before) {
            return Err(StoreError::Changed { what: "tenant" });
        }
        let limits = TenantLimits {
            max_event_bytes: change.max_event_bytes.unwrap_or(before.limits.max_event_bytes),
            max_batch_events: change.max_batch_events.unwrap_or(before.limits.max_batch_events),
            reads_per_second: change.reads_per_second.unwrap_or(before.limits.reads_per_second),
            writes_per_second: change.writes_per_second.unwrap_or(before.limits.writes_per_second),
        };
        let status = change.status.map(TenantStatus::as_str);
        let guard = change.secret_guard.map(GuardMode::as_str);
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
            &tenant_id.as_str(),
            &status,
            &guard,
            &limits.max_event_bytes,
            &limits.max_batch_events,
            &limits.reads_per_second,
            &limits.writes_per_second,
        ];
        let tenant = read(name, &work.query_opt(name, CHANGE, &params).await?.ok_or(missing)?)?;
        let mut entry = by.did("tenant.change").tenant(tenant_id.as_str()).subject(tenant_id.as_str());
        if tenant.status != before.status {
            entry = entry.with("status", tenant.status.as_str()).with("status_before", before.status.as_str());
        }
        if tenant.secret_guard != before.secret_guard {
            entry = entry.with("secret_guard", tenant.secret_guard.as_str());
        }
        if tenant.limits != before.limits {
            entry = noting_limits(entry, tenant.limits);
        }
        if let Some(reason) = reason {
            entry = entry.with("reason", reason);
        }
        audit::append(&work, vec![entry]).await?;
        work.commit().await?;
        Ok(tenant)
    }
}

fn noting_limits(entry: audit::NewEntry, limits: TenantLimits) -> audit::NewEntry {
    entry
        .with("max_event_bytes", limits.max_event_bytes)
        .with("max_batch_events", limits.max_batch_events)
        .with("reads_per_second", limits.reads_per_second)
        .with("writes_per_second", limits.writes_per_second)
}

fn read(name: &'static str, row: &Row) -> Result<Tenant, StoreError> {
    let failed = StoreError::of(name);
    let status: &str = row.try_get("status").map_err(failed)?;
    let guard: &str = row.try_get("secret_guard").map_err(failed)?;
    let created_at: PgMicros = row.try_get("created_at").map_err(failed)?;
    Ok(Tenant {
        tenant_id: TenantId::new(row.try_get("tenant_id").map_err(failed)?)
            .map_err(|source| StoreError::corrupt(name, source))?,
        // One that this release does not know is none in which anybody may write.
        status: TenantStatus::parse(status).unwrap_or(TenantStatus::Closed),
        secret_guard: GuardMode::from_str(guard).map_err(|source| StoreError::corrupt(name, source))?,
        limits: TenantLimits {
            max_event_bytes: row.try_get("max_event_bytes").map_err(failed)?,
            max_batch_events: row.try_get("max_batch_events").map_err(failed)?,
            reads_per_second: row.try_get("reads_per_second").map_err(failed)?,
            writes_per_second: row.try_get("writes_per_second").map_err(failed)?,
        },
        created_at: created_at.0,
        created_by: row.try_get("created_by").map_err(failed)?,
        is_demo: row.try_get("is_demo").map_err(failed)?,
    })
}
