//! dg-workflowd: follows the log for what people have to look at.

mod config;
mod follower;

use std::process::ExitCode;
use std::time::Duration;

use dg_runtime::admin::{Admin, Readiness, Reason};
use dg_runtime::flags::Identity;
use dg_runtime::rooms::Rooms;
use dg_runtime::{Daemon, Failure};
use dg_storage::listener::Listener;
use dg_storage::{Channel, Store};

use crate::config::WorkflowSettings;
use crate::follower::Follower;

/// The database role it works with; it refuses to work with more.
const ROLE: &str = "dg_workflowd";

const IDENTITY: Identity = Identity {
    name: "dg-workflowd",
    about: "Follows the log for what people have to look at",
    version: env!("CARGO_PKG_VERSION"),
};

const CHANNELS: [Channel; 2] = [Channel::Log, Channel::Workflow];

fn main() -> ExitCode {
    dg_runtime::daemon::main(IDENTITY, run)
}

async fn run(daemon: Daemon<WorkflowSettings>) -> Result<(), Failure> {
    let Daemon { config, stop, metrics, mut addresses, .. } = daemon;
    let store = Store::open(&config.database).map_err(Failure::config)?;
    let admin = Admin::bind(&config.admin, IDENTITY.name).await?;
    addresses.add("admin", admin.address());
    addresses.write()?;
    let mut rooms = Rooms::new(stop, Duration::from_millis(config.grace_ms));
    rooms.spawn("admin", admin.serve(readiness(store.clone()), metrics.clone(), rooms.stop()));
    let listener = Listener::start(config.database, &CHANNELS, rooms.stop());
    let nudges = listener.follow(&CHANNELS).poll_every(Duration::from_millis(config.workflow.poll_every_ms));
    rooms.spawn("follower", Follower::new(store, &metrics).run(nudges, rooms.stop()));
    rooms.run().await
}

fn readiness(store: Store) -> Readiness {
    Readiness::new(move || {
        let store = store.clone();
        async move { store.check_daemon(ROLE).await.map_err(|error| vec![Reason::new(error.code(), error.to_string())]) }
    })
}
