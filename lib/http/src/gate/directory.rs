//! Where accounts and tenants are looked up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use dg_domain::TenantId;
use dg_storage::accounts::{Account, AccountKind};
use dg_storage::{Store, StoreError};

use super::{KnownTenant, Principal, Session};

/// A look-up under way.
pub type Lookup<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A session, and the person whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSession {
    /// The person as they are now, with the session's agent.
    pub principal: Arc<Principal>,
    /// The session.
    pub session: Session,
    /// SHA-256 of its text.
    pub digest: [u8; 32],
}

/// Knows accounts by token and tenants by name. `None` means that there is no such thing, and an error that nobody can tell.
pub trait Directory: Send + Sync + 'static {
    /// The account behind the public part of a token, whatever its state.
    fn principal<'a>(&'a self, token_id: &'a str) -> Lookup<'a, Option<Principal>>;

    /// Hears that an account showed up with its token, about once a second. Must not wait.
    fn used(&self, principal: &Principal) {
        let _ = principal;
    }

    /// A session by the public part of its text, whatever its state.
    fn session<'a>(&'a self, session_id: &'a str) -> Lookup<'a, Option<KnownSession>>;

    /// Hears that a session was used, about once a second. Must not wait.
    fn seen(&self, session: &Session) {
        let _ = session;
    }

    /// A registered tenant.
    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>>;
}

impl Directory for Store {
    fn principal<'a>(&'a self, token_id: &'a str) -> Lookup<'a, Option<Principal>> {
        Box::pin(async move {
            let credential = self.credential(token_id).await?;
            Ok(credential.map(|found| Principal {
                token_id: found.token.token_id,
                expires_at: found.token.expires_at,
                revoked: found.token.revoked_at.is_some(),
                token_digest: found.secret_sha256,
                ..of_account(found.account)
            }))
        })
    }

    fn session<'a>(&'a self, session_id: &'a str) -> Lookup<'a, Option<KnownSession>> {
        Box::pin(async move {
            let credential = self.session_credential(session_id).await?;
            Ok(credential.map(|found| {
                let principal = Principal {
                    agent: Some(found.session.agent_id.clone()),
                    session_id: Some(found.session.session_id.clone()),
                    must_change_password: found.must_change,
                    expires_at: Some(found.session.expires_at),
                    ..of_account(found.account)
                };
                KnownSession { principal: Arc::new(principal), session: found.session, digest: found.secret_sha256 }
            }))
        })
    }

    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>> {
        Box::pin(async move {
            let tenant = Store::tenant(self, tenant_id).await?;
            Ok(tenant.map(|found| KnownTenant {
                tenant_id: found.tenant_id,
                guard: found.secret_guard,
                status: found.status,
                limits: found.limits,
                is_demo: found.is_demo,
            }))
        })
    }
}

fn of_account(account: Account) -> Principal {
    Principal {
        account_id: account.account_id,
        roles: account.roles,
        permissions: account.permissions,
        tenant_ids: account.tenant_ids,
        disabled: account.disabled,
        is_person: account.kind == AccountKind::Person,
        display_name: account.display_name,
        ..Principal::default()
    }
}
