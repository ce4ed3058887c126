//! Who asks, for which tenant, and whether they may.
//!
//! The order of checks is fixed: `x-tenant-id` (400), the token (401), the session (403 and 401), the tenant's grant (403), the
//! role (403), the tenant's registration (404), its status (403), the limits (429). A database that does not answer is 503 and never 401:
//! nobody is told that a good token is bad.
//!
//! A program with the permission `principal_assert` may act for a person who signed in through it: it presents the person's
//! session beside its own token. The person is the principal then, with their rights and no others, and the program is the
//! agent. What the session is worth is looked up like a token, so that its end counts at once.

mod cache;
mod caller;
mod directory;
mod meanwhile;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use dg_domain::{GuardMode, Micros, TenantId};
use dg_storage::StoreError;
use dg_storage::audit::By;
use dg_storage::sessions::Session;
use dg_storage::tenants::{TenantLimits, TenantStatus};
use subtle::ConstantTimeEq;
use tokio::time::timeout;

pub use caller::{AccountCaller, Admin, AnyRole, Reader, RoleNeeded, StreamCaller, TenantCaller, Writer};
pub use directory::{Directory, KnownSession, Lookup};
pub use meanwhile::look_again;
pub(crate) use meanwhile::{Ended, ended};

use self::cache::Cache;
use crate::code::Code;
use crate::context;
use crate::error::ApiError;
use crate::limits::{Asked, LimitSettings, Limits, Scope, Seat};
use crate::token::Presented;

/// How old what is known about an account or tenant may be.
const MAX_AGE: Duration = Duration::from_secs(1);
/// How long a look-up may take before the database counts as gone.
const LOOKUP: Duration = Duration::from_secs(2);
const ALL: &str = "*";
/// What a program needs to act for people who signed in through it.
pub const PRINCIPAL_ASSERT: &str = "principal_assert";

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

/// An account with the token or session by which it is known now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Somebody who signs in.
    pub is_person: bool,
    /// How people call the account.
    pub display_name: Option<String>,
    /// The program that acts for this person.
    pub agent: Option<String>,
    /// The public part of the session by which the person is known.
    pub session_id: Option<String>,
    /// A password that somebody else chose: until it is changed, nothing else can be done.
    pub must_change_password: bool,
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

    /// Who does what is done in this request, for the audit.
    pub fn by(&self) -> By {
        By {
            principal: Some(self.account_id.clone()),
            agent: self.agent.clone(),
            request_id: Some(context::request_id().as_str().to_owned()),
            address: context::address().map(|address| address.to_string()),
        }
    }

    /// Whether everything in these lists is the account's own too. Nobody gives what they do not have.
    pub fn covers(&self, roles: &[String], permissions: &[String], tenant_ids: &[String]) -> bool {
        roles.iter().filter_map(|name| Role::parse(name)).all(|role| self.has_role(role))
            && permissions.iter().all(|name| self.has_permission(name))
            && tenant_ids.iter().all(|name| self.may_use(name))
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
    /// What it may be used for.
    pub status: TenantStatus,
    /// What it may send.
    pub limits: TenantLimits,
    /// Whether it is a demonstration.
    pub is_demo: bool,
}

/// Decides who comes in.
pub struct Gate<D: ?Sized = dyn Directory> {
    principals: Cache<String, Principal>,
    sessions: Cache<String, KnownSession>,
    tenants: Cache<TenantId, KnownTenant>,
    limits: Limits,
    directory: D,
}

impl<D: Directory> Gate<D> {
    /// A gate that asks `directory`.
    pub fn new(directory: D, limits: LimitSettings) -> Self {
        let (principals, sessions, tenants) = (Cache::new(MAX_AGE), Cache::new(MAX_AGE), Cache::new(MAX_AGE));
        Self { principals, sessions, tenants, limits: Limits::new(limits), directory }
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
        self.sessions.clear();
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
        match tenant.status {
            TenantStatus::Active => {}
            TenantStatus::Closed if !principal.has_role(Role::Admin) => {
                return Err(forbidden(format!("the tenant {tenant_id} is closed")));
            }
            TenantStatus::Suspended | TenantStatus::Closed if needed == Role::Writer => {
                return Err(forbidden(format!("the tenant {tenant_id} is {} and takes no events", tenant.status)));
            }
            TenantStatus::Suspended | TenantStatus::Closed => {}
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

    /// Counts a request that was let in, while it is under way and against the rates.
    fn count(
        &self,
        principal: &Principal,
        tenant: Option<&KnownTenant>,
        needed: Option<Role>,
    ) -> Result<Seat, ApiError> {
        let seat = self.limits.begin(&principal.account_id)?;
        self.charge(principal, tenant, needed, 1)?;
        Ok(seat)
    }

    fn charge(
        &self,
        principal: &Principal,
        tenant: Option<&KnownTenant>,
        needed: Option<Role>,
        cost: usize,
    ) -> Result<(), ApiError> {
        let scope = match needed {
            None | Some(Role::Reader) => Scope::Read,
            Some(Role::Writer) => Scope::Write,
            Some(Role::Admin) => Scope::Admin,
        };
        let tenant = tenant.map(|tenant| (tenant.tenant_id.as_str(), tenant.limits));
        let standing = self.limits.take(Asked { scope, account: &principal.account_id, tenant }, cost)?;
        context::note_standing(standing);
        Ok(())
    }

    async fn recognise(&self, headers: &HeaderMap, now: Micros) -> Result<Arc<Principal>, ApiError> {
        let presented = Presented::of(headers)?;
        let unknown = || {
            self.limits.failed(context::address(), &presented.digest);
            ApiError::new(Code::Unauthorized, "the token is unknown, revoked or expired")
        };
        // Somebody else at the same address may be guessing: who was known a moment ago still comes in.
        if !self.principals.has_seen(&presented.token_id) {
            self.limits.may_try(context::address())?;
        }
        let directory = &self.directory;
        let looked_up = self.principals.get_or(&presented.token_id, || directory.principal(&presented.token_id));
        let (principal, fresh) = in_time(looked_up).await?.ok_or_else(unknown)?;
        let same = bool::from(principal.token_digest.ct_eq(&presented.digest));
        if !same {
            return Err(unknown());
        }
        context::note_agent(&principal.account_id);
        let expired = principal.expires_at.is_some_and(|at| at <= now);
        if principal.revoked || principal.disabled || expired {
            return Err(unknown());
        }
        if fresh {
            directory.used(&principal);
        }
        let principal = match Presented::session_of(headers)? {
            Some(presented) => self.person(&principal, &presented, now).await?,
            None => principal,
        };
        context::note_account(&principal.account_id);
        Ok(principal)
    }

    /// The person in whose name the program asks.
    async fn person(&self, agent: &Principal, presented: &Presented, now: Micros) -> Result<Arc<Principal>, ApiError> {
        agent.require(PRINCIPAL_ASSERT)?;
        let over = || ApiError::new(Code::SessionEnded, "the session is unknown or has ended");
        let directory = &self.directory;
        let looked_up = self.sessions.get_or(&presented.token_id, || directory.session(&presented.token_id));
        let (known, fresh) = in_time(looked_up).await?.ok_or_else(over)?;
        let KnownSession { principal, session, digest } = &*known;
        let same = bool::from(digest.ct_eq(&presented.digest)) && session.agent_id == agent.account_id;
        if !same || session.is_over(now) || principal.disabled {
            return Err(over());
        }
        if fresh {
            directory.seen(session);
        }
        Ok(principal.clone())
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
    if principal.must_change_password {
        let message = "the password was chosen by somebody else; change it first".to_owned();
        return Err(forbidden(message).with("reason", "password_change_required"));
    }
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
