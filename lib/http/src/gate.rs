//! Who asks, for which tenant, and whether they may.
//!
//! The order of checks is fixed: `x-tenant-id` (400), the token (401), the tenant's grant (403), the role (403), the tenant's
//! registration (404). A database that does not answer is 503 and never 401: nobody is told that a good token is bad.

mod cache;
mod caller;
mod directory;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use dg_domain::{GuardMode, Micros, TenantId};
use dg_storage::StoreError;
use subtle::ConstantTimeEq;
use tokio::time::timeout;

pub use caller::{AccountCaller, Admin, AnyRole, Reader, RoleNeeded, StreamCaller, TenantCaller, Writer};
pub use directory::{Directory, Lookup};

use self::cache::Cache;
use crate::code::Code;
use crate::context;
use crate::error::ApiError;
use crate::token::Presented;

/// How old what is known about an account or tenant may be.
const MAX_AGE: Duration = Duration::from_secs(1);
/// How long a look-up may take before the database counts as gone.
const LOOKUP: Duration = Duration::from_secs(2);
const ALL: &str = "*";

/// What an account may do; each level may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Reader,
    /// Reads and appends.
    Writer,
    /// Everything, accounts and tenants included.
    Admin,
}

impl Role {
    /// The name in an account.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Reader, Self::Writer, Self::Admin].into_iter().find(|role| role.as_str() == text)
    }
}

/// An account with the token by which it is known now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The account: what the log keeps as `recorded_by`.
    pub account_id: String,
    /// Names of roles.
    pub roles: Vec<String>,
    /// Names of permissions; `*` is all.
    pub permissions: Vec<String>,
    /// Names of tenants; `*` is all.
    pub tenant_ids: Vec<String>,
    /// Switched off by an administrator.
    pub disabled: bool,
    /// The public part of the token.
    pub token_id: String,
    /// When the token ends.
    pub expires_at: Option<Micros>,
    /// Whether the token was taken back.
    pub revoked: bool,
    /// SHA-256 of the token.
    pub token_digest: [u8; 32],
}

impl Principal {
    /// Whether the account has `needed` or a role above it.
    pub fn has_role(&self, needed: Role) -> bool {
        self.roles.iter().filter_map(|name| Role::parse(name)).any(|role| role >= needed)
    }

    /// Whether the account has the permission.
    pub fn has_permission(&self, needed: &str) -> bool {
        self.permissions.iter().any(|name| name == needed || name == ALL)
    }

    /// Asks for a permission.
    ///
    /// # Errors
    /// `forbidden`, with the name in `details.permission`.
    pub fn require(&self, needed: &'static str) -> Result<(), ApiError> {
        if self.has_permission(needed) {
            return Ok(());
        }
        Err(forbidden(format!("the account needs the permission {needed}")).with("permission", needed))
    }

    /// Whether the account may work for the tenant.
    pub fn may_use(&self, tenant: &str) -> bool {
        self.tenant_ids.iter().any(|name| name == tenant || name == ALL)
    }
}

/// A registered tenant, as far as serving a request needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTenant {
    /// Its name.
    pub tenant_id: TenantId,
    /// How it looks for secrets.
    pub guard: GuardMode,
    /// Read-only for now.
    pub suspended: bool,
}

/// Decides who comes in.
pub struct Gate<D: ?Sized = dyn Directory> {
    principals: Cache<String, Principal>,
    tenants: Cache<TenantId, KnownTenant>,
    directory: D,
}

impl<D: Directory> Gate<D> {
    /// A gate that asks `directory`.
    pub fn new(directory: D) -> Self {
        Self { principals: Cache::new(MAX_AGE), tenants: Cache::new(MAX_AGE), directory }
    }
}

impl<D: ?Sized> fmt::Debug for Gate<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

impl Gate {
    /// Drops what was looked up: something about accounts or tenants has changed.
    pub fn forget(&self) {
        self.principals.clear();
        self.tenants.clear();
    }

    /// Lets in a request that concerns one tenant.
    ///
    /// # Errors
    /// In the order of the module text.
    pub async fn enter_tenant(
        &self,
        headers: &HeaderMap,
        needed: Role,
        now: Micros,
    ) -> Result<(Arc<Principal>, Arc<KnownTenant>), ApiError> {
        let tenant_id = tenant_of(headers)?;
        context::note_tenant(tenant_id.as_str());
        let principal = self.recognise(headers, now).await?;
        if !principal.may_use(tenant_id.as_str()) {
            return Err(forbidden(format!("the account may not use the tenant {tenant_id}")));
        }
        check_role(&principal, needed)?;
        let tenant = self.known_tenant(&tenant_id).await?;
        // An administrator does not append; what is read-only can still be looked after.
        if tenant.suspended && needed == Role::Writer {
            return Err(forbidden(format!("the tenant {tenant_id} is suspended and takes no events")));
        }
        Ok((principal, tenant))
    }

    /// Lets in a request that concerns no tenant; any account when no role is needed.
    ///
    /// # Errors
    /// `unauthorized`, `forbidden`, `storage`.
    pub async fn enter(
        &self,
        headers: &HeaderMap,
        needed: Option<Role>,
        now: Micros,
    ) -> Result<Arc<Principal>, ApiError> {
        let principal = self.recognise(headers, now).await?;
        if let Some(needed) = needed {
            check_role(&principal, needed)?;
        }
        Ok(principal)
    }

    async fn recognise(&self, headers: &HeaderMap, now: Micros) -> Result<Arc<Principal>, ApiError> {
        let presented = Presented::of(headers)?;
        let unknown = || ApiError::new(Code::Unauthorized, "the token is unknown, revoked or expired");
        let directory = &self.directory;
        let looked_up = self.principals.get_or(&presented.token_id, || directory.principal(&presented.token_id));
        let (principal, fresh) = in_time(looked_up).await?.ok_or_else(unknown)?;
        let same = bool::from(principal.token_digest.ct_eq(&presented.digest));
        let expired = principal.expires_at.is_some_and(|at| at <= now);
        if !same || principal.revoked || principal.disabled || expired {
            return Err(unknown());
        }
        if fresh {
            directory.used(&principal);
        }
        context::note_account(&principal.account_id);
        Ok(principal)
    }

    async fn known_tenant(&self, tenant_id: &TenantId) -> Result<Arc<KnownTenant>, ApiError> {
        let missing = || ApiError::new(Code::NotFound, format!("the tenant {tenant_id} is not registered"));
        let looked_up = self.tenants.get_or(tenant_id, || self.directory.tenant(tenant_id));
        let (tenant, _) = in_time(looked_up).await?.ok_or_else(missing)?;
        Ok(tenant)
    }
}

async fn in_time<T>(lookup: impl Future<Output = Result<T, StoreError>>) -> Result<T, ApiError> {
    match timeout(LOOKUP, lookup).await {
        Ok(found) => found.map_err(ApiError::from),
        Err(elapsed) => Err(ApiError::storage(elapsed)),
    }
}

fn tenant_of(headers: &HeaderMap) -> Result<TenantId, ApiError> {
    let header = "x-tenant-id";
    let missing = || ApiError::invalid("the x-tenant-id header is required").with("header", header);
    let text = headers.get(header).map(|value| value.to_str().unwrap_or("\u{fffd}").trim()).ok_or_else(missing)?;
    if text.is_empty() {
        return Err(missing());
    }
    TenantId::new(text).map_err(|violation| ApiError::from(violation).with("header", header))
}

fn check_role(principal: &Principal, needed: Role) -> Result<(), ApiError> {
    if principal.has_role(needed) {
        return Ok(());
    }
    Err(forbidden(format!("the account needs the role {}", needed.as_str())))
}

fn forbidden(message: String) -> ApiError {
    ApiError::new(Code::Forbidden, message)
}

#[cfg(test)]
mod tests;
