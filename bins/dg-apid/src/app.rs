//! What every handler can reach.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;
use dg_http::gate::Gate;
use dg_http::turns::Turns;
use dg_projections::Thresholds;
use dg_runtime::CancellationToken;
use dg_runtime::admin::Readiness;
use dg_storage::log::AppendStage;
use dg_storage::notifier::Notifier;
use dg_storage::{Channel, Store};
use dg_webhooks::Reach;
use tokio::sync::{Semaphore, watch};

use crate::config::ApiConfig;
use crate::metrics::ApiMetrics;
use crate::oidc::Issuer;
use crate::passwords::Passwords;
use crate::stream::Streams;

/// The parts of the daemon that serve requests. Clones share them; each layer and handler takes one.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

/// What an [`App`] is made of.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) stage: AppendStage,
    pub(crate) gate: Arc<Gate>,
    pub(crate) notifier: Notifier,
    /// Changes when a projection may have moved.
    pub(crate) projection_moved: watch::Receiver<u64>,
    /// Changes when an item of review may have moved.
    pub(crate) workflow_moved: watch::Receiver<u64>,
    /// Whether the database answers.
    pub(crate) database_up: watch::Receiver<bool>,
    /// Turns at the database for what concerns one tenant.
    pub(crate) turns: Turns,
    pub(crate) digest_turns: Arc<Semaphore>,
    pub(crate) passwords: Passwords,
    /// Where people prove who they are, if not here.
    pub(crate) issuer: Option<Issuer>,
    pub(crate) config: Arc<ApiConfig>,
    /// Where webhooks may lead.
    pub(crate) reach: Reach,
    pub(crate) thresholds: Thresholds,
    pub(crate) metrics: ApiMetrics,
    pub(crate) readiness: Readiness,
    pub(crate) streams: Streams,
    /// The service stops: streams end, everything else is answered.
    pub(crate) closing: CancellationToken,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl From<Shared> for App {
    fn from(parts: Shared) -> Self {
        Self(Arc::new(parts))
    }
}

impl App {
    /// Tells this process and all others that accounts, sessions or tenants changed. When it returns they have been told,
    /// unless the database is in trouble: then they hear it a moment later, or notice within a second.
    pub(crate) async fn directory_changed(&self) {
        self.gate.forget();
        if self.store.nudge(Channel::Config).await.is_err() {
            self.notifier.nudge(Channel::Config);
        }
    }
}

impl FromRef<App> for Arc<Gate> {
    fn from_ref(app: &App) -> Self {
        app.gate.clone()
    }
}
