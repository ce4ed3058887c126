//! `/admin/tenants`: the registry of tenants.

pub(crate) mod contract;

use axum::extract::{Request, State};
use dg_domain::{GuardMode, TenantId};
use dg_http::gate::{AccountCaller, Admin, Principal};
use dg_http::params::NoParams;
use dg_http::path::Segments;
use dg_http::{ApiError, Code, Reply, body, etag};
use dg_storage::tenants::{NewTenant, Tenant, TenantChange, TenantLimits, TenantStatus};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::grants::{TENANTS_MANAGE, given};
use crate::app::App;
use crate::words;

/// As long as those of runs.
const LONGEST_REASON: usize = 2_000;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AskedTenantLimits)]
struct LimitsAsked {
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = words::nullable_event_bytes)]
    max_event_bytes: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = words::nullable_batch_events)]
    max_batch_events: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = words::nullable_rate)]
    reads_per_second: Option<Option<i64>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(schema_with = words::nullable_rate)]
    writes_per_second: Option<Option<i64>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[schema(schema_with = words::name)]
    tenant_id: String,
    #[schema(schema_with = words::nullable_guard)]
    secret_guard: Option<String>,
    #[serde(default)]
    limits: LimitsAsked,
    /// A demonstration: its history was recorded elsewhere, and reviews take it as it is. It stays what it was made.
    #[serde(default)]
    demo: bool,
}

/// What becomes different; what is not there stays, and a limit of `null` is the service's own again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    #[schema(schema_with = words::nullable_tenant_status)]
    status: Option<String>,
    #[schema(schema_with = words::nullable_guard)]
    secret_guard: Option<String>,
    #[serde(default)]
    limits: LimitsAsked,
    #[schema(max_length = 2000)]
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Tenant)]
struct TenantJson {
    tenant_id: String,
    #[schema(schema_with = words::tenant_status)]
    status: &'static str,
    #[schema(schema_with = words::guard)]
    secret_guard: &'static str,
    limits: LimitsJson,
    demo: bool,
    #[schema(format = DateTime)]
    created_at: String,
    created_by: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TenantLimits)]
struct LimitsJson {
    max_event_bytes: Option<i64>,
    max_batch_events: Option<i64>,
    reads_per_second: Option<i64>,
    writes_per_second: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct OneTenant {
    tenant: TenantJson,
}

#[derive(Serialize, ToSchema)]
struct Listed {
    tenants: Vec<TenantJson>,
}

/// Lists the tenants that the caller may use, by name.
pub(crate) async fn list(State(app): State<App>, caller: AccountCaller<Admin>, _: NoParams) -> Result<Reply, ApiError> {
    let tenants = app.store.tenants().await?.into_iter();
    let tenants = tenants.filter(|tenant| caller.principal.may_use(tenant.tenant_id.as_str()));
    Reply::ok(&Listed { tenants: tenants.map(TenantJson::of).collect() })
}

/// Registers a tenant.
pub(crate) async fn create(
    State(app): State<App>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(TENANTS_MANAGE)?;
    let (new, limits) = body::command::<Asked>(request).await?.into_tenant()?;
    allow(&caller.principal, &new.tenant_id)?;
    let tenant = app.store.create_tenant_with(&new, limits, &caller.principal.by()).await?;
    app.directory_changed().await;
    info!(tenant = %tenant.tenant_id, account = caller.principal.account_id, "registered a tenant");
    Reply::created(&OneTenant { tenant: TenantJson::of(tenant) })
}

/// Describes one tenant.
pub(crate) async fn show(
    State(app): State<App>,
    Segments([tenant_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
) -> Result<Reply, ApiError> {
    let tenant = match TenantId::new(&tenant_id) {
        Ok(name) if caller.principal.may_use(&tenant_id) => app.store.tenant(&name).await?,
        Ok(_) | Err(_) => None,
    };
    let tenant = tenant.ok_or_else(|| unknown(&tenant_id))?;
    Reply::ok(&OneTenant { tenant: TenantJson::of(tenant) })
}

/// Changes a tenant: suspends, closes or opens it, bounds what it may send. Counts from the next request on.
pub(crate) async fn change(
    State(app): State<App>,
    Segments([tenant_id]): Segments<1>,
    caller: AccountCaller<Admin>,
    _: NoParams,
    request: Request,
) -> Result<Reply, ApiError> {
    caller.principal.require(TENANTS_MANAGE)?;
    let conditions = request.headers().clone();
    let (change, reason) = body::command::<Change>(request).await?.read()?;
    let name = TenantId::new(&tenant_id).map_err(|_| unknown(&tenant_id))?;
    allow(&caller.principal, &name)?;
    let before = app.store.tenant(&name).await?.ok_or_else(|| unknown(&tenant_id))?;
    let conditional = etag::check_match(&conditions, &OneTenant { tenant: TenantJson::of(before.clone()) })?;
    let seen = conditional.then_some(&before);
    let tenant = app.store.change_tenant(&name, change, seen, reason.as_deref(), &caller.principal.by()).await?;
    app.directory_changed().await;
    info!(tenant = %name, status = %tenant.status, account = caller.principal.account_id, "changed a tenant");
    Reply::ok(&OneTenant { tenant: TenantJson::of(tenant) })
}

/// Nobody registers or changes a tenant that they could not use.
fn allow(who: &Principal, tenant_id: &TenantId) -> Result<(), ApiError> {
    if who.may_use(tenant_id.as_str()) {
        return Ok(());
    }
    Err(ApiError::new(Code::Forbidden, format!("the account may not use the tenant {tenant_id}")))
}

fn unknown(tenant_id: &str) -> ApiError {
    ApiError::new(Code::NotFound, "there is no such tenant").with("tenant_id", tenant_id)
}

fn bad(message: &'static str, pointer: &'static str) -> ApiError {
    ApiError::invalid(message).with("pointer", pointer)
}

fn guard(text: Option<&str>) -> Result<Option<GuardMode>, ApiError> {
    let guard = text.map(str::parse::<GuardMode>).transpose();
    guard.map_err(|_| bad("secret_guard is precise or reference", "/secret_guard"))
}

impl LimitsAsked {
    fn check(&self) -> Result<(), ApiError> {
        let within = |asked: Option<Option<i64>>, low, high| asked.flatten().is_none_or(|n| (low..=high).contains(&n));
        if !within(self.max_event_bytes, 1_024, 1 << 20) {
            return Err(bad("max_event_bytes is null or from 1024 to 1048576", "/limits/max_event_bytes"));
        }
        if !within(self.max_batch_events, 1, 1_000) {
            return Err(bad("max_batch_events is null or from 1 to 1000", "/limits/max_batch_events"));
        }
        if !within(self.reads_per_second, 1, 1_000_000) {
            return Err(bad("reads_per_second is null or from 1 to 1000000", "/limits/reads_per_second"));
        }
        if !within(self.writes_per_second, 1, 1_000_000) {
            return Err(bad("writes_per_second is null or from 1 to 1000000", "/limits/writes_per_second"));
        }
        Ok(())
    }
}

impl Asked {
    fn into_tenant(self) -> Result<(NewTenant, TenantLimits), ApiError> {
        let at = |pointer: &'static str| move |error: ApiError| error.with("pointer", pointer);
        let tenant_id = TenantId::new(&self.tenant_id).map_err(ApiError::from).map_err(at("/tenant_id"))?;
        let secret_guard = guard(self.secret_guard.as_deref())?.unwrap_or(GuardMode::Precise);
        self.limits.check()?;
        let limits = TenantLimits {
            max_event_bytes: self.limits.max_event_bytes.flatten(),
            max_batch_events: self.limits.max_batch_events.flatten(),
            reads_per_second: self.limits.reads_per_second.flatten(),
            writes_per_second: self.limits.writes_per_second.flatten(),
        };
        Ok((NewTenant { tenant_id, secret_guard, is_demo: self.demo }, limits))
    }
}

impl Change {
    fn read(self) -> Result<(TenantChange, Option<String>), ApiError> {
        let parse = |text: &str| {
            TenantStatus::parse(text).ok_or_else(|| bad("status is active, suspended or closed", "/status"))
        };
        self.limits.check()?;
        let change = TenantChange {
            status: self.status.as_deref().map(parse).transpose()?,
            secret_guard: guard(self.secret_guard.as_deref())?,
            max_event_bytes: self.limits.max_event_bytes,
            max_batch_events: self.limits.max_batch_events,
            reads_per_second: self.limits.reads_per_second,
            writes_per_second: self.limits.writes_per_second,
        };
        if change == TenantChange::default() {
            return Err(ApiError::invalid("say what is to change"));
        }
        if self.reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
            return Err(bad("the reason is longer than 2000 characters", "/reason"));
        }
        Ok((change, self.reason))
    }
}

impl TenantJson {
    fn of(tenant: Tenant) -> Self {
        Self {
            tenant_id: tenant.tenant_id.to_string(),
            status: tenant.status.as_str(),
            secret_guard: tenant.secret_guard.as_str(),
            limits: LimitsJson {
                max_event_bytes: tenant.limits.max_event_bytes,
                max_batch_events: tenant.limits.max_batch_events,
                reads_per_second: tenant.limits.reads_per_second,
                writes_per_second: tenant.limits.writes_per_second,
            },
            demo: tenant.is_demo,
            created_at: tenant.created_at.rfc3339(),
            created_by: tenant.created_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(tenant_id: &str, guard: Option<&str>) -> Option<GuardMode> {
        let asked = json!({"tenant_id": tenant_id, "secret_guard": guard});
        let asked: Asked = serde_json::from_value(asked).unwrap();
        asked.into_tenant().ok().map(|(new, _)| new.secret_guard)
    }

    #[test]
    fn reads_a_tenant() {
        assert_eq!(check("acme", None), Some(GuardMode::Precise));
        assert_eq!(check("acme", Some("reference")), Some(GuardMode::Reference));
        assert_eq!(check("acme", Some("loose")), None);
        assert_eq!(check("", None), None);
        assert_eq!(check("a b", None), None);
    }

    #[test]
    fn reads_a_change() {
        let check = |body: Value| serde_json::from_value::<Change>(body).ok()?.read().ok().map(|(change, _)| change);
        let closed = check(json!({"status": "closed", "reason": "gone"})).unwrap();
        assert_eq!((closed.status, closed.max_event_bytes), (Some(TenantStatus::Closed), None));
        let widened = check(json!({"limits": {"max_event_bytes": null, "max_batch_events": 5}})).unwrap();
        assert_eq!((widened.max_event_bytes, widened.max_batch_events), (Some(None), Some(Some(5))));
        for bad in [
            json!({}),
            json!({"reason": "none"}),
            json!({"status": "gone"}),
            json!({"limits": {"max_event_bytes": 5}}),
            json!({"limits": {"max_batch_events": 0}}),
            json!({"limits": {"writes_per_second": 0}}),
            json!({"limits": {"more": 0}}),
            json!({"tenant_id": "another"}),
        ] {
            assert_eq!(check(bad.clone()), None, "{bad}");
        }
    }
}
