//! Where accounts and tenants are looked up.

use std::future::Future;
use std::pin::Pin;

use dg_domain::TenantId;
use dg_storage::tenants::TenantStatus;
use dg_storage::{Store, StoreError};

use super::{KnownTenant, Principal};

/// A look-up under way.
pub type Lookup<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Knows accounts by token and tenants by name. `None` means that there is no such thing, and an error that nobody can tell.
pub trait Directory: Send + Sync + 'static {
    /// The account behind the public part of a token, whatever its state.
    fn principal<'a>(&'a self, token_id: &'a str) -> Lookup<'a, Option<Principal>>;

    /// Hears that an account showed up with its token, about once a second. Must not wait.
    fn used(&self, principal: &Principal) {
        let _ = principal;
    }

    /// A registered tenant.
    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>>;
}

impl Directory for Store {
    fn principal<'a>(&'a self, token_id: &'a str) -> Lookup<'a, Option<Principal>> {
        Box::pin(async move {
            let credential = self.credential(token_id).await?;
            Ok(credential.map(|found| Principal {
                account_id: found.account.account_id,
                roles: found.account.roles,
                permissions: found.account.permissions,
                tenant_ids: found.account.tenant_ids,
                disabled: found.account.disabled,
                token_id: found.token.token_id,
                expires_at: found.token.expires_at,
                revoked: found.token.revoked_at.is_some(),
                token_digest: found.secret_sha256,
            }))
        })
    }

    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>> {
        Box::pin(async move {
            let tenant = Store::tenant(self, tenant_id).await?;
            Ok(tenant.map(|found| KnownTenant {
                tenant_id: found.tenant_id,
                guard: found.secret_guard,
                suspended: found.status == TenantStatus::Suspended,
            }))
        })
    }
}
