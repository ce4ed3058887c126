//! dg-store: migrates the schema, keeps the tenant registry whole, gives disk space back, removes files that nobody names.

mod config;
mod files;
mod keeper;
mod migration;
mod signing;
mod sweep;

use std::process::ExitCode;
use std::time::Duration;

use dg_runtime::admin::{Admin, Readiness, Reason};
use dg_runtime::flags::Identity;
use dg_runtime::rooms::Rooms;
use dg_runtime::{Daemon, Failure};
use dg_storage::Store;

use crate::config::StoreSettings;
use crate::files::Remover;
use crate::keeper::Keeper;
use crate::sweep::Sweeper;

/// The database role it works with; it refuses to work with more.
const ROLE: &str = "dg_store";

const IDENTITY: Identity = Identity {
    name: "dg-store",
    about: "Migrates the schema and keeps the tenant registry whole",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    dg_runtime::daemon::main(IDENTITY, run)
}

async fn run(daemon: Daemon<StoreSettings>) -> Result<(), Failure> {
    let Daemon { config, stop, metrics, mut addresses, .. } = daemon;
    let store = Store::open(&config.database).map_err(Failure::config)?;
    let admin = Admin::bind(&config.admin, IDENTITY.name).await?;
    addresses.add("admin", admin.address());
    addresses.write()?;
    let mut rooms = Rooms::new(stop, Duration::from_millis(config.grace_ms));
    rooms.spawn("admin", admin.serve(readiness(store.clone()), metrics.clone(), rooms.stop()));
    let every = Duration::from_millis(config.store.space_every_ms);
    let sweeper = Sweeper::new(store.clone(), config.migrating(), &metrics, every);
    rooms.spawn("sweeper", sweeper.run(rooms.stop()));
    let remover = Remover::new(store.clone(), &metrics, every);
    rooms.spawn("remover", remover.run(rooms.stop()));
    let keeper = Keeper::new(store, &metrics, Duration::from_millis(config.store.look_every_ms));
    rooms.spawn("keeper", keeper.run(config.migrating(), rooms.stop()));
    rooms.run().await
}

fn readiness(store: Store) -> Readiness {
    Readiness::new(move || {
        let store = store.clone();
        async move { store.check_daemon(ROLE).await.map_err(|error| vec![Reason::new(error.code(), error.to_string())]) }
    })
}
