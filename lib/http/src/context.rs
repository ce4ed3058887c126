//! What is known about the request being served, from anywhere in its task.

use std::sync::{Arc, OnceLock};

use crate::request_id::RequestId;

tokio::task_local! {
    static CURRENT: Arc<Context>;
}

/// Filled in as the request is understood; the access line is made from it.
#[derive(Debug)]
pub(crate) struct Context {
    request_id: RequestId,
    tenant: OnceLock<String>,
    account: OnceLock<String>,
}

impl Context {
    /// A request of which only the id is known.
    pub(crate) fn new(request_id: RequestId) -> Arc<Self> {
        Arc::new(Self { request_id, tenant: OnceLock::new(), account: OnceLock::new() })
    }

    /// The id that the response will carry.
    pub(crate) const fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// The tenant asked for, once the header has been read.
    pub(crate) fn tenant(&self) -> Option<&str> {
        self.tenant.get().map(String::as_str)
    }

    /// The account, once the token has been recognised.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.get().map(String::as_str)
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

/// Notes for which tenant the request is. The first call counts.
pub(crate) fn note_tenant(tenant: &str) {
    // Outside of a request there is no line to put it on.
    let _ = CURRENT.try_with(|context| context.tenant.set(tenant.to_owned()));
}

/// Notes who asks. The first call counts.
pub(crate) fn note_account(account: &str) {
    let _ = CURRENT.try_with(|context| context.account.set(account.to_owned()));
}
