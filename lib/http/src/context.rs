//! What is known about the request being served, from anywhere in its task.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use crate::request_id::RequestId;

tokio::task_local! {
    static CURRENT: Arc<Context>;
}

/// Filled in as the request is understood; the access line is made from it.
#[derive(Debug)]
pub(crate) struct Context {
    request_id: RequestId,
    address: Option<IpAddr>,
    tenant: OnceLock<String>,
    account: OnceLock<String>,
    agent: OnceLock<String>,
}

impl Context {
    /// A request of which only the id and the address are known.
    pub(crate) fn new(request_id: RequestId, address: Option<IpAddr>) -> Arc<Self> {
        let (tenant, account, agent) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Arc::new(Self { request_id, address, tenant, account, agent })
    }

    /// The id that the response will carry.
    pub(crate) const fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// Where the request came from.
    pub(crate) const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The tenant asked for, once the header has been read.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.get().map(String::as_str)
    }

    /// The account, once it is known: the person when a program acts for one.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.get().or(self.agent.get()).map(String::as_str)
    }

    /// The program that acts for a person.
    pub(crate) fn agent(&self) -> Option<&str> {
        let account = self.account.get()?;
        self.agent.get().filter(|agent| *agent != account).map(String::as_str)
    }
}

/// Runs `future` as the work of one request.
pub(crate) async fn scope<F: Future>(context: Arc<Context>, future: F) -> F::Output {
    CURRENT.scope(context, future).await
}

/// The id of the request being served; a new one outside of any request.
pub fn request_id() -> RequestId {
    CURRENT.try_with(|context| context.request_id.clone()).unwrap_or_else(|_| RequestId::draw())
}

/// Where the request being served came from; `None` for a socket file and outside of any request.
pub fn address() -> Option<IpAddr> {
    CURRENT.try_with(|context| context.address).ok().flatten()
}

/// Notes for which tenant the request is. The first call counts.
pub(crate) fn note_tenant(tenant: &str) {
    // Outside of a request there is no line to put it on.
    let _ = CURRENT.try_with(|context| context.tenant.set(tenant.to_owned()));
}

/// Notes whose token it is. The first call counts.
pub(crate) fn note_account(account: &str) {
    let _ = CURRENT.try_with(|context| context.account.set(account.to_owned()));
}

/// Notes whose token it is when there is a session to be looked at still. The first call counts.
pub(crate) fn note_agent(agent: &str) {
    let _ = CURRENT.try_with(|context| context.agent.set(agent.to_owned()));
}
