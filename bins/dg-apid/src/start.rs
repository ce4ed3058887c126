//! From settings to a serving daemon, and back.

use std::sync::Arc;
use std::time::Duration;

use dg_http::edge::{self, Edge};
use dg_http::gate::{Directory, Gate};
use dg_http::metrics::HttpMetrics;
use dg_http::serve::Bound;
use dg_http::turns::Turns;
use dg_runtime::backoff::Backoff;
use dg_runtime::config::Listen;
use dg_runtime::exit::chain;
use dg_runtime::handed::Handed;
use dg_runtime::rooms::Rooms;
use dg_runtime::{CancellationToken, Daemon, Failure};
use dg_storage::listener::Listener;
use dg_storage::log::{AppendStage, StageConfig};
use dg_storage::notifier::Notifier;
use dg_storage::{Channel, DatabaseConfig, Store, StoreError};
use tokio::sync::{Semaphore, watch};
use tracing::{info, warn};

use crate::ROLE;
use crate::app::{App, Shared};
use crate::config::{ApiConfig, ApidConfig};
use crate::metrics::ApiMetrics;
use crate::oidc::Issuer;
use crate::outage::Watch;
use crate::passwords::Passwords;
use crate::readiness::Progress;
use crate::refusals;
use crate::stream::Streams;
use crate::token_use::{Recorder, recorded};
use crate::{follow, routes};

/// Callers wait for a database that does not answer no longer than this.
const PATIENCE_MS: u64 = 2_000;
const DIGESTS_AT_ONCE: usize = 2;
/// More requests of one tenant than this do not wait for the database.
const WAITING_PER_TENANT: usize = 1_024;

/// Makes the pool; nothing is connected yet.
///
/// # Errors
/// 78 for settings that make no sense.
pub(crate) fn open_store(config: &DatabaseConfig) -> Result<Store, Failure> {
    let connect_timeout_ms = config.connect_timeout_ms.min(PATIENCE_MS);
    Store::open(&DatabaseConfig { connect_timeout_ms, ..config.clone() }).map_err(Failure::config)
}

/// Waits until the schema is the one this release needs; `None` when the daemon is stopped before.
///
/// # Errors
/// 78 when the schema is newer.
pub(crate) async fn wait_for_schema(store: &Store, stop: &CancellationToken) -> Result<Option<()>, Failure> {
    let backoff = Backoff { first: Duration::from_millis(20), cap: Duration::from_secs(1) };
    let mut attempt = 0;
    loop {
        match store.check_daemon(ROLE).await {
            Ok(()) => return Ok(Some(())),
            Err(error @ (StoreError::SchemaNewer { .. } | StoreError::RoleTooStrong { .. })) => {
                return Err(Failure::config(error));
            }
            Err(error) => {
                dg_runtime::notify::status("waiting for the database and its schema");
                match attempt {
                    0 => info!("waiting: {}", chain(&error)),
                    n if n % 30 == 0 => warn!("still waiting: {}", chain(&error)),
                    _ => {}
                }
            }
        }
        if !backoff.pause(attempt, stop).await {
            return Ok(None);
        }
        attempt += 1;
    }
}

/// Everything that runs beside the connections.
#[derive(Debug)]
pub(crate) struct Parts {
    app: App,
    http: HttpMetrics,
    listener: Listener,
    moved: follow::Moved,
    recorder: Recorder,
    refusals: (refusals::Observer, refusals::Recorder),
    outage: Watch,
    /// Ends the append stage and the notifier, once no request needs them any more.
    stop_appending: CancellationToken,
}

impl Parts {
    /// Starts the append stage, the listener and the notifier.
    ///
    /// # Errors
    /// 78 for settings that make no sense.
    pub(crate) fn start(daemon: &Daemon<ApidConfig>, store: Store, progress: &Progress) -> Result<Self, Failure> {
        let config = &daemon.config;
        let stop_appending = CancellationToken::new();
        let notifier = Notifier::start(config.database.clone(), stop_appending.clone());
        let stage = StageConfig {
            queue_events: config.api.queue_events,
            queue_bytes: config.api.queue_bytes,
            ..StageConfig::new(store.config().clone(), dg_runtime::clock::now)
        };
        let stage = AppendStage::start(stage, notifier.clone(), stop_appending.clone());
        progress.has_stage(stage.clone());
        let channels = [Channel::Log, Channel::Projection, Channel::Workflow, Channel::Config];
        let listener = Listener::start(config.database.clone(), &channels, daemon.stop.clone());
        let (projections, projection_moved) = watch::channel(0);
        let (workflow, workflow_moved) = watch::channel(0);
        let moved = follow::Moved { projections, workflow };
        let (outage, database_up) = Watch::new(store.config()).map_err(Failure::config)?;
        let (directory, recorder) = recorded(&store);
        let refusals = refusals::observed(&store);
        let gate: Arc<Gate<dyn Directory>> = Arc::new(Gate::new(directory, config.api.limits.clone()));
        let app = App::from(Shared {
            store,
            stage,
            gate,
            notifier,
            projection_moved,
            workflow_moved,
            database_up,
            turns: turns(&config.database),
            digest_turns: Arc::new(Semaphore::new(DIGESTS_AT_ONCE)),
            passwords: Passwords::default(),
            issuer: Issuer::of(&config.api.oidc).map_err(Failure::config)?,
            config: Arc::new(config.api.clone()),
            reach: config.workflow.reach(),
            thresholds: config.thresholds(),
            metrics: ApiMetrics::register(&daemon.metrics),
            readiness: progress.readiness(),
            streams: Streams::new(listener.clone(), config.api.max_streams),
            closing: daemon.stop.clone(),
        });
        let http = HttpMetrics::register(&daemon.metrics);
        Ok(Self { app, http, listener, moved, recorder, refusals, outage, stop_appending })
    }

    /// Takes the listener of the service manager, or binds the configured one.
    ///
    /// # Errors
    /// 78 for an address that cannot be read or is open to others, 75 when it cannot be bound.
    pub(crate) async fn bind(&self, config: &ApiConfig, handed: Option<Handed>) -> Result<Bound, Failure> {
        if let Some(handed) = handed {
            if !config.behind_proxy {
                handed.require_loopback("api.behind_proxy")?;
            }
            return Ok(Bound::handed(handed)?);
        }
        let listen = Listen::parse(&config.listen).map_err(Failure::config)?;
        Ok(Bound::bind(&listen).await?)
    }

    /// Serves in rooms of the daemon.
    pub(crate) fn open(self, rooms: &mut Rooms, api: Bound, config: &ApidConfig) {
        let Self { app, http, listener, moved, recorder, refusals: (observer, refusals), outage, stop_appending } =
            self;
        let stop = rooms.stop();
        rooms.spawn("token-use", ended(recorder.run(stop.clone())));
        rooms.spawn("refusals", ended(refusals.run(stop.clone())));
        rooms.spawn("outage", ended(outage.run(stop.clone())));
        rooms.spawn("follow", ended(follow::run(app.clone(), listener, moved, stop.clone())));
        let edge = Edge {
            request_timeout: Duration::from_millis(config.api.request_timeout_ms),
            access_log: config.api.access_log(),
            metrics: http,
            behind_proxy: config.api.behind_proxy,
            witness: Some(Arc::new(observer)),
        };
        // A little less than the daemon's, so that the append stage still has time to store what it took.
        let bounds = config.api.bounds(Duration::from_millis(config.grace_ms.saturating_mul(4) / 5));
        let router = edge::wrap(routes::all(app.clone()), edge);
        rooms.spawn("api", async move {
            api.serve(router, bounds, stop).await;
            stop_appending.cancel();
            app.stage.stopped().await;
            app.notifier.stopped().await;
            Ok::<_, Failure>(())
        });
    }
}

/// One connection is left over, so that whoever comes in is still looked up while tenants wait for each other.
fn turns(database: &DatabaseConfig) -> Turns {
    Turns::new(database.pool_size.saturating_sub(1), WAITING_PER_TENANT)
}

async fn ended(room: impl Future<Output = ()>) -> Result<(), Failure> {
    room.await;
    Ok(())
}
