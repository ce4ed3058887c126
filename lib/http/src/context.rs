//! What is known about the request being served, from anywhere in its task.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::limits::Standing;
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
    standing: Mutex<Option<Standing>>,
    /// A read, whose answer gets a tag.
    reads: bool,
}

impl Context {
    /// A request of which only the id and the address are known.
    pub(crate) fn new(request_id: RequestId, address: Option<IpAddr>, reads: bool) -> Arc<Self> {
        let (tenant, account, agent) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Arc::new(Self { request_id, address, tenant, account, agent, standing: Mutex::default(), reads })
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

    /// What the limits said last.
    pub(crate) fn standing(&self) -> Option<Standing> {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The same work on another task: it is still that of the request being served.
pub fn carried<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let context = CURRENT.try_with(Arc::clone).ok();
    async move {
        match context {
            Some(context) => scope(context, future).await,
            None => future.await,
        }
    }
}

/// Whether the request being served reads, so that its answer gets a tag.
pub(crate) fn reads() -> bool {
    CURRENT.try_with(|context| context.reads).unwrap_or(false)
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

/// Notes what is left of the limits. The last call counts.
pub(crate) fn note_standing(standing: Standing) {
    let _ = CURRENT.try_with(|context| {
        *context.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    });
}
