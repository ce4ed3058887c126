//! dg-apid: serves the HTTP API.

mod admin;
mod app;
mod batch;
mod config;
mod digests;
mod event_types;
mod events;
mod follow;
mod freshness;
mod graph;
mod health;
mod idempotency;
mod ingest;
mod keyset;
mod me;
mod metrics;
mod oidc;
mod openapi;
mod outage;
mod pages;
mod passwords;
mod precedents;
mod probes;
mod readiness;
mod refusals;
mod routes;
mod search;
mod sign_in;
mod start;
mod stream;
mod studio;
mod telling;
mod token_use;
mod traces;
mod words;
mod workflow_cases;
mod workflow_files;
mod workflow_settings;
mod workflows;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use dg_http::event_json;
use dg_runtime::admin::Admin;
use dg_runtime::flags::Identity;
use dg_runtime::rooms::Rooms;
use dg_runtime::{Daemon, Failure};

use crate::config::ApidConfig;
use crate::readiness::Progress;
use crate::start::Parts;

/// The database role it works with; it refuses to work with more.
const ROLE: &str = "dg_apid";

const IDENTITY: Identity = Identity {
    name: "dg-apid",
    about: "Serves the HTTP API. With --openapi alone it prints the API's OpenAPI document and ends",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    if std::env::args_os().skip(1).eq(["--openapi"]) {
        return print(&openapi::text());
    }
    dg_runtime::daemon::main(IDENTITY, run)
}

/// Needs no configuration and no database.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn run(mut daemon: Daemon<ApidConfig>) -> Result<(), Failure> {
    let mut rooms = Rooms::new(daemon.stop.clone(), Duration::from_millis(daemon.config.grace_ms));
    let store = start::open_store(&daemon.config.database)?;
    let progress = Progress::new(store.clone());
    let admin = Admin::bind(&daemon.config.admin, IDENTITY.name).await?;
    daemon.addresses.add("admin", admin.address());
    rooms.spawn("admin", admin.serve(progress.readiness(), daemon.metrics.clone(), rooms.stop()));
    if start::wait_for_schema(&store, &daemon.stop).await?.is_none() {
        return rooms.run().await;
    }
    let parts = Parts::start(&daemon, store, &progress)?;
    let api = parts.bind(&daemon.config.api, daemon.handed.take()).await?;
    daemon.addresses.add("api", api.address()?);
    if progress.wait_until_ready(&daemon.stop).await.is_some() {
        daemon.addresses.write()?;
        parts.open(&mut rooms, api, &daemon.config);
        dg_runtime::notify::ready("serving");
    }
    rooms.run().await
}
