//! Notes when tokens and sessions were last used, beside the requests that used them.

use dg_domain::TenantId;
use dg_http::gate::{Directory, KnownSession, KnownTenant, Lookup, Principal};
use dg_runtime::CancellationToken;
use dg_storage::Store;
use dg_storage::sessions::Session;
use tokio::sync::mpsc;
use tracing::debug;

/// Accounts and tenants of the store; tokens that show up are passed on to a [`Recorder`].
#[derive(Debug)]
pub(crate) struct Recorded {
    store: Store,
    used: mpsc::Sender<Used>,
}

#[derive(Debug)]
enum Used {
    Token(String),
    Session(String),
}

/// Writes down the uses.
#[derive(Debug)]
pub(crate) struct Recorder {
    store: Store,
    used: mpsc::Receiver<Used>,
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
        let _ = self.used.try_send(Used::Token(principal.token_id.clone()));
    }

    fn session<'a>(&'a self, session_id: &'a str) -> Lookup<'a, Option<KnownSession>> {
        Directory::session(&self.store, session_id)
    }

    fn seen(&self, session: &Session) {
        let _ = self.used.try_send(Used::Session(session.session_id.clone()));
    }

    fn tenant<'a>(&'a self, tenant_id: &'a TenantId) -> Lookup<'a, Option<KnownTenant>> {
        Directory::tenant(&self.store, tenant_id)
    }
}

impl Recorder {
    /// Writes until `stop`. The store writes once a minute per token and session at most.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let used = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                used = self.used.recv() => used,
            };
            let noted = match used {
                None => return,
                Some(Used::Token(token_id)) => self.store.token_used(&token_id).await,
                Some(Used::Session(session_id)) => self.store.session_seen(&session_id).await,
            };
            if let Err(error) = noted {
                debug!(error = &error as &dyn std::error::Error, "a use of a token or session was not noted");
            }
        }
    }
}
