//! Tenants: which there are, and what they may send.

use serde::{Deserialize, Serialize};

use crate::{Client, ClientError, Tenant, client::Repeat, path::segment};

/// A tenant to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewTenant {
    /// 1 to 128 of `A-Z a-z 0-9 . _ : @ -`, beginning with a letter or digit.
    pub tenant_id: String,
    /// `precise` (default) or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_guard: Option<String>,
    /// Whether it is a demonstration: reviews take its history as it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

/// What becomes different about a tenant; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TenantChange {
    /// `active`, `suspended` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `precise` or `reference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_guard: Option<String>,
    /// `Some(None)` gives a limit up.
    pub limits: LimitsChange,
    /// Why, for the audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Limits to set, and to give up with `Some(None)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LimitsChange {
    /// Bytes of one event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_event_bytes: Option<Option<i64>>,
    /// Events of one batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_batch_events: Option<Option<i64>>,
    /// Reads a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads_per_second: Option<Option<i64>>,
    /// Events a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_per_second: Option<Option<i64>>,
}

#[derive(Deserialize)]
struct OneTenant {
    tenant: Tenant,
}

impl Client {
    /// All registered tenants.
    ///
    /// # Errors
    /// `forbidden` without the admin role.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            tenants: Vec<Tenant>,
        }
        Ok(self.get::<Found>("/admin/tenants".to_owned(), Vec::new()).await?.tenants)
    }

    /// Registers a tenant.
    ///
    /// # Errors
    /// `conflict` when it exists, `invalid_argument` for an id that is not one.
    pub async fn create_tenant(&self, tenant: &NewTenant) -> Result<Tenant, ClientError> {
        // Repeating is not safe: the answer "exists" would hide that this very call created it.
        Ok(self.post::<OneTenant>("/admin/tenants".to_owned(), Vec::new(), tenant, Repeat::Unsent).await?.tenant)
    }

    /// One tenant.
    ///
    /// # Errors
    /// `not_found` for one that is not registered.
    pub async fn tenant_details(&self, tenant_id: &str) -> Result<Tenant, ClientError> {
        let path = format!("/admin/tenants/{}", segment("a tenant id", tenant_id)?);
        Ok(self.get::<OneTenant>(path, Vec::new()).await?.tenant)
    }

    /// Changes a tenant.
    ///
    /// # Errors
    /// `not_found` for one that is not registered, `invalid_argument` for a change that is none.
    pub async fn change_tenant(&self, tenant_id: &str, change: &TenantChange) -> Result<Tenant, ClientError> {
        let path = format!("/admin/tenants/{}", segment("a tenant id", tenant_id)?);
        Ok(self.patch::<OneTenant>(path, change).await?.tenant)
    }
}
