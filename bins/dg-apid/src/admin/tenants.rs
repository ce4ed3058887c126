//! `/admin/tenants`: the registry of tenants.

use axum::extract::{Request, State};
use dg_domain::{GuardMode, TenantId};
use dg_http::gate::{AccountCaller, Admin};
use dg_http::params::NoParams;
use dg_http::{ApiError, Reply, body};
use dg_storage::tenants::{NewTenant, Tenant};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::app::App;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    tenant_id: String,
    secret_guard: Option<String>,
}

#[derive(Serialize)]
struct TenantJson {
    tenant_id: String,
    status: &'static str,
    secret_guard: &'static str,
    created_at: String,
    created_by: String,
}

/// Lists every tenant, by name.
pub(crate) async fn list(State(app): State<App>, _: AccountCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    #[derive(Serialize)]
    struct Listed {
        tenants: Vec<TenantJson>,
    }
    let tenants = app.store.tenants().await?;
    Reply::ok(&Listed { tenants: tenants.into_iter().map(TenantJson::of).collect() })
}

/// Registers a tenant.
pub(crate) async fn create(
    State(app): State<App>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    #[derive(Serialize)]
    struct Created {
        tenant: TenantJson,
    }
    let new = body::command::<Asked>(request).await?.into_tenant(&caller.principal.account_id)?;
    let tenant = app.store.create_tenant(&new).await?;
    app.directory_changed();
    info!(tenant = %tenant.tenant_id, account = caller.principal.account_id, "registered a tenant");
    Reply::created(&Created { tenant: TenantJson::of(tenant) })
}

impl Asked {
    fn into_tenant(self, created_by: &str) -> Result<NewTenant, ApiError> {
        let at = |pointer: &'static str| move |error: ApiError| error.with("pointer", pointer);
        let tenant_id = TenantId::new(&self.tenant_id).map_err(ApiError::from).map_err(at("/tenant_id"))?;
        let guard = self.secret_guard.as_deref().map(str::parse::<GuardMode>).transpose();
        let unknown = |_| ApiError::invalid("secret_guard is precise or reference");
        let secret_guard = guard.map_err(unknown).map_err(at("/secret_guard"))?.unwrap_or(GuardMode::Precise);
        Ok(NewTenant { tenant_id, secret_guard, created_by: created_by.to_owned() })
    }
}

impl TenantJson {
    fn of(tenant: Tenant) -> Self {
        Self {
            tenant_id: tenant.tenant_id.to_string(),
            status: tenant.status.as_str(),
            secret_guard: tenant.secret_guard.as_str(),
            created_at: tenant.created_at.rfc3339(),
            created_by: tenant.created_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tenant_id: &str, guard: Option<&str>) -> Option<GuardMode> {
        let asked = Asked { tenant_id: tenant_id.to_owned(), secret_guard: guard.map(str::to_owned) };
        asked.into_tenant("root").ok().map(|new| new.secret_guard)
    }

    #[test]
    fn reads_a_tenant() {
        assert_eq!(check("acme", None), Some(GuardMode::Precise));
        assert_eq!(check("acme", Some("reference")), Some(GuardMode::Reference));
        assert_eq!(check("acme", Some("loose")), None);
        assert_eq!(check("", None), None);
        assert_eq!(check("a b", None), None);
    }
}
