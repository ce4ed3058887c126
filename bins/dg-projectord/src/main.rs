//! dg-projectord: keeps the read projections caught up with the event log.

mod catch_up;
mod config;
mod metrics;
mod owner;
mod pace;
mod runs;
mod upkeep;

use std::{process::ExitCode, time::Duration};

use dg_runtime::{
    Daemon, Failure,
    admin::{Admin, Readiness, Reason},
    backoff::Backoff,
    flags::Identity,
    notify::{self, Pulse},
    rooms::Rooms,
};
use dg_storage::{Channel, Store, StoreError, listener::Listener, notifier::Notifier};
use tracing::{info, warn};

use crate::{
    catch_up::Tools,
    config::ProjectorConfig,
    metrics::Metrics,
    owner::{Owner, OwnerConfig},
    runs::{Runner, RunnerConfig},
    upkeep::{Upkeep, UpkeepConfig},
};

/// The database role it works with; it refuses to work with more.
const ROLE: &str = "dg_projectord";

const IDENTITY: Identity = Identity {
    name: "dg-projectord",
    about: "Keeps the read projections caught up with the event log",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    dg_runtime::daemon::main(IDENTITY, run)
}

async fn run(daemon: Daemon<ProjectorConfig>) -> Result<(), Failure> {
    let Daemon { config, stop, metrics: registry, mut addresses, .. } = daemon;
    let store = Store::open(&config.database).map_err(Failure::config)?;
    let admin = Admin::bind(&config.admin, IDENTITY.name).await?;
    addresses.add("admin", admin.address());
    addresses.write()?;
    let mut rooms = Rooms::new(stop.clone(), Duration::from_millis(config.grace_ms));
    rooms.spawn("admin", admin.serve(readiness(store.clone()), registry.clone(), rooms.stop()));
    if !wait_for_schema(&store, &stop).await? {
        return rooms.run().await;
    }
    let listener = Listener::start(config.database.clone(), &[Channel::Log, Channel::Jobs], rooms.stop());
    let nudges = listener.follow(&[Channel::Log, Channel::Jobs]).poll_every(config.projector.poll_every());
    let name = dg_runtime::instance::name();
    let tools = Tools {
        store,
        notifier: Notifier::start(config.database.clone(), rooms.stop()),
        metrics: Metrics::register(&registry),
        batch_events: config.projector.batch_events,
    };
    let runner = RunnerConfig {
        name: name.clone(),
        database: config.database.clone(),
        at_once: config.projector.runs,
        batch_events: config.projector.run_batch_events,
        threads: config.projector.run_threads,
    };
    let upkeep = UpkeepConfig {
        name: name.clone(),
        database: config.database.clone(),
        check_after: Duration::from_millis(config.projector.check_after_ms),
    };
    let job_nudges = listener.follow(&[Channel::Jobs]).poll_every(config.projector.poll_every());
    let stop = rooms.stop();
    rooms.spawn("runs", ended(Runner::new(runner, tools.clone()).run(job_nudges, stop.clone())));
    rooms.spawn("clear", ended(Upkeep::new(upkeep.clone(), tools.clone()).clear(stop.clone())));
    rooms.spawn("check", ended(Upkeep::new(upkeep.clone(), tools.clone()).check(stop.clone())));
    rooms.spawn("observe", ended(Upkeep::new(upkeep, tools.clone()).observe(stop.clone())));
    let owner = Owner::new(
        OwnerConfig {
            name,
            database: config.database,
            workers: config.projector.workers,
            keep_idle: Duration::from_millis(config.projector.keep_idle_ms),
        },
        tools,
    );
    let mut pulse = Pulse::from_env();
    rooms.spawn("owner", async move {
        owner.run(nudges, stop, || pulse.beat()).await;
        Ok::<_, Failure>(())
    });
    notify::ready("projecting");
    rooms.run().await
}

async fn ended(room: impl Future<Output = ()>) -> Result<(), Failure> {
    room.await;
    Ok(())
}

/// Waits while the database is away or its schema is older. Answers `false` when told to stop meanwhile.
async fn wait_for_schema(store: &Store, stop: &dg_runtime::CancellationToken) -> Result<bool, Failure> {
    let mut attempt = 0;
    loop {
        match store.check_daemon(ROLE).await {
            Ok(()) => return Ok(true),
            Err(error) if error.is_transient() => {
                if attempt == 0 {
                    info!(code = error.code(), "waiting for the database: {error}");
                }
            }
            Err(error @ (StoreError::SchemaNewer { .. } | StoreError::RoleTooStrong { .. })) => {
                return Err(Failure::config(error));
            }
            Err(error) => warn!(error = &error as &dyn std::error::Error, "cannot use the database yet"),
        }
        if !Backoff::NETWORK.pause(attempt, stop).await {
            return Ok(false);
        }
        attempt += 1;
    }
}

fn readiness(store: Store) -> Readiness {
    Readiness::new(move || {
        let store = store.clone();
        async move { store.check_daemon(ROLE).await.map_err(|error| vec![Reason::new(error.code(), error.to_string())]) }
    })
}
