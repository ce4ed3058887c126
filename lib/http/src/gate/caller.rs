//! The caller as an argument of a handler.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use dg_domain::{Rules, TenantId};

use super::{Gate, KnownTenant, Principal, Role};
use crate::error::ApiError;
use crate::limits::Seat;
use crate::media;

/// The role that a handler asks for, in its signature.
pub trait RoleNeeded: Send + Sync + 'static {
    /// `None` lets in every account.
    const ROLE: Option<Role>;
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident => $role:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;
        impl RoleNeeded for $name {
            const ROLE: Option<Role> = $role;
        }
    )*};
}

roles! {
    /// Any account.
    AnyRole => None;
    /// A reader, writer or administrator.
    Reader => Some(Role::Reader);
    /// A writer or administrator.
    Writer => Some(Role::Writer);
    /// An administrator.
    Admin => Some(Role::Admin);
}

/// Somebody who may do this for the tenant named in the request.
#[derive(Debug)]
pub struct TenantCaller<R> {
    /// Who.
    pub principal: Arc<Principal>,
    tenant: Arc<KnownTenant>,
    gate: Arc<Gate>,
    _seat: Seat,
    role: PhantomData<R>,
}

impl<R> TenantCaller<R> {
    /// The tenant of the request.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant.tenant_id
    }

    async fn enter<S>(parts: &Parts, state: &S) -> Result<Self, ApiError>
    where
        Arc<Gate>: FromRef<S>,
        R: RoleNeeded,
    {
        let gate = Arc::<Gate>::from_ref(state);
        let needed = R::ROLE.unwrap_or(Role::Reader);
        let (principal, tenant) = gate.enter_tenant(&parts.headers, needed, dg_runtime::clock::now()).await?;
        let seat = gate.count(&principal, Some(&tenant), R::ROLE)?;
        Ok(Self { principal, tenant, gate, _seat: seat, role: PhantomData })
    }

    /// Counts more than the one thing that every request counts as: a batch is as many as it has events.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn charge_all(&self, things: usize) -> Result<(), ApiError>
    where
        R: RoleNeeded,
    {
        match things.saturating_sub(1) {
            0 => Ok(()),
            more => self.gate.charge(&self.principal, Some(&self.tenant), R::ROLE, more),
        }
    }

    /// The rules by which the tenant's events are read.
    pub fn rules(&self) -> Rules {
        let mut rules = Rules::edge(self.tenant.guard);
        if let Some(bytes) = self.tenant.limits.max_event_bytes.and_then(|bytes| usize::try_from(bytes).ok()) {
            rules.limits.event_bytes = rules.limits.event_bytes.min(bytes);
        }
        rules
    }

    /// Whether the caller may bring a history that was recorded elsewhere: an administrator, into a tenant made as a demonstration.
    pub fn brings_history(&self) -> bool {
        self.tenant.is_demo && self.principal.has_role(Role::Admin)
    }

    /// How many events of the tenant one batch may hold, where the service takes `most` from everybody.
    pub fn batch_events(&self, most: usize) -> usize {
        let own = self.tenant.limits.max_batch_events.and_then(|events| usize::try_from(events).ok());
        own.map_or(most, |own| own.min(most))
    }
}

impl<S, R> FromRequestParts<S> for TenantCaller<R>
where
    S: Send + Sync,
    Arc<Gate>: FromRef<S>,
    R: RoleNeeded,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        media::check_accept(&parts.headers)?;
        Self::enter(parts, state).await
    }
}

/// The same for a route that answers with server-sent events.
#[derive(Debug)]
pub struct StreamCaller<R>(TenantCaller<R>);

impl<R> StreamCaller<R> {
    /// The tenant of the request.
    pub fn tenant(&self) -> &TenantId {
        self.0.tenant()
    }

    /// Who.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }
}

impl<S, R> FromRequestParts<S> for StreamCaller<R>
where
    S: Send + Sync,
    Arc<Gate>: FromRef<S>,
    R: RoleNeeded,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        media::check_accept_events(&parts.headers)?;
        TenantCaller::enter(parts, state).await.map(Self)
    }
}

/// Somebody who may do this, whatever the tenant.
#[derive(Debug)]
pub struct AccountCaller<R> {
    /// Who.
    pub principal: Arc<Principal>,
    _seat: Seat,
    role: PhantomData<R>,
}

impl<S, R> FromRequestParts<S> for AccountCaller<R>
where
    S: Send + Sync,
    Arc<Gate>: FromRef<S>,
    R: RoleNeeded,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        media::check_accept(&parts.headers)?;
        let gate = Arc::<Gate>::from_ref(state);
        let principal = gate.enter(&parts.headers, R::ROLE, dg_runtime::clock::now()).await?;
        let seat = gate.count(&principal, None, R::ROLE)?;
        Ok(Self { principal, _seat: seat, role: PhantomData })
    }
}
