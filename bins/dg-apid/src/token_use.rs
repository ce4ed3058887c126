//! Notes when tokens were last used, beside the requests that used them.

use dg_domain::TenantId;
use dg_http::gate::{Directory, KnownTenant, Lookup, Principal};
use dg_runtime::CancellationToken;
use dg_storage::Store;
use tokio::sync::mpsc;
use tracing::debug;

/// Accounts and tenants of the store; tokens that show up are passed on to a [`Recorder`].
#[derive(Debug)]
pub(crate) struct Recorded {
    store: Store,
    used: mpsc::Sender<String>,
}

/// Writes down the uses.
#[derive(Debug)]
pub(crate) struct Recorder {
    store: Store,
    used: mpsc::Receiver<String>,
}

/// The two ends.
pub(crate) fn recorded(store: &Store) -> (Recorded, Recorder) {
    let (sender, receiver) = mpsc::channel(64);
    (Recorded { store: store.clone(), used: sender }, Recorder { store: store.clone(), used: receiver })
}

impl Directory for Recorded {
    fn principal<'a>(&'a self, token_id: &'a str) -> Lookup<'a, Option<Principal>> {
        self.store.principal(token_id)
    }

    fn used(&self, principal: &Principal) {
        // With a full channel the next use a second later counts as well.
        let _ = self.used.try_send(principal.token_id.clone());
    }

    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>> {
        Directory::tenant(&self.store, tenant_id)
    }
}

impl Recorder {
    /// Writes until `stop`. The store writes once a minute per token at most.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let token_id = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                token_id = self.used.recv() => token_id,
            };
            let Some(token_id) = token_id else { return };
            if let Err(error) = self.store.token_used(&token_id).await {
                debug!(error = &error as &dyn std::error::Error, token_id, "a use of a token was not noted");
            }
        }
    }
}
