//! The registry of tenants.

use std::{fmt, str::FromStr};

use dg_domain::{GuardMode, Micros, TenantId};
use tokio_postgres::Row;

use crate::{error::StoreError, store::Store, values::PgMicros};

const CREATE: &str = include_str!("../../../sql/queries/tenants/create.sql");
const ALL: &str = include_str!("../../../sql/queries/tenants/all.sql");
const ONE: &str = include_str!("../../../sql/queries/tenants/one.sql");
const SET_STATUS: &str = include_str!("../../../sql/queries/tenants/set_status.sql");

/// Whether a tenant takes events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantStatus {
    /// It does.
    Active,
    /// It is read-only for now.
    Suspended,
}

impl TenantStatus {
    /// The word in tables and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
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
    /// When it was registered.
    pub created_at: Micros,
    /// By whom.
    pub created_by: String,
}

/// A tenant to register.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its name.
    pub tenant_id: TenantId,
    /// How its events are searched for secrets.
    pub secret_guard: GuardMode,
    /// The principal that registers it.
    pub created_by: String,
}

impl Store {
    /// Registers a tenant with an empty log.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or the database's.
    pub async fn create_tenant(&self, new: &NewTenant) -> Result<Tenant, StoreError> {
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&new.tenant_id.as_str(), &new.secret_guard.as_str(), &new.created_by];
        let row = self.query_opt("tenants.create", CREATE, &params).await?;
        read("tenants.create", &row.ok_or(StoreError::Exists { what: "tenant" })?)
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

    /// Suspends a tenant or takes that back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or the database's.
    pub async fn set_tenant_status(&self, tenant_id: &TenantId, status: TenantStatus) -> Result<Tenant, StoreError> {
        let row = self.query_opt("tenants.set_status", SET_STATUS, &[&tenant_id.as_str(), &status.as_str()]).await?;
        read("tenants.set_status", &row.ok_or(StoreError::NotFound { what: "tenant" })?)
    }
}

fn read(name: &'static str, row: &Row) -> Result<Tenant, StoreError> {
    let failed = StoreError::of(name);
    let status: &str = row.try_get("status").map_err(failed)?;
    let guard: &str = row.try_get("secret_guard").map_err(failed)?;
    let created_at: PgMicros = row.try_get("created_at").map_err(failed)?;
    Ok(Tenant {
        tenant_id: TenantId::new(row.try_get("tenant_id").map_err(failed)?)
            .map_err(|source| StoreError::corrupt(name, source))?,
        status: if status == "suspended" { TenantStatus::Suspended } else { TenantStatus::Active },
        secret_guard: GuardMode::from_str(guard).map_err(|source| StoreError::corrupt(name, source))?,
        created_at: created_at.0,
        created_by: row.try_get("created_by").map_err(failed)?,
    })
}
