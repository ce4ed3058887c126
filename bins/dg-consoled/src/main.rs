//! dg-consoled: serves the operator console.

mod acts;
mod app;
mod assets;
mod compare;
mod config;
mod document;
#[cfg(test)]
mod fixture;
mod graph;
mod live;
mod model;
mod moment;
mod pages;
mod people;
mod place;
mod pulse;
mod source;
mod story;
mod web;

use std::{process::ExitCode, sync::Arc, time::Duration};

use dg_runtime::{
    CancellationToken, Daemon, Failure,
    admin::{Admin, Readiness, Reason},
    flags::Identity,
    handed::Handed,
    notify,
    rooms::Rooms,
};
use tokio::net::TcpListener;

use crate::{app::App, config::ConsoledConfig};

const IDENTITY: Identity =
    Identity { name: "dg-consoled", about: "Serves the operator console", version: env!("CARGO_PKG_VERSION") };

/// How long the start waits for the service; after that the console says itself what is missing.
const START: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    dg_runtime::daemon::main(IDENTITY, run)
}

async fn run(mut daemon: Daemon<ConsoledConfig>) -> Result<(), Failure> {
    let config = &daemon.config;
    let app = App::new(config, &daemon.metrics, daemon.stop.child_token()).map_err(Failure::config)?;
    let listener = listener(config, daemon.handed.take()).await?;
    let admin = Admin::bind(&config.admin, IDENTITY.name).await?;
    daemon.addresses.add("console", format!("http://{}", listener.local_addr()?));
    daemon.addresses.add("admin", admin.address());
    daemon.addresses.write()?;

    let mut rooms = Rooms::new(daemon.stop.clone(), Duration::from_millis(config.grace_ms));
    rooms.spawn("admin", admin.serve(readiness(&app), daemon.metrics.clone(), rooms.stop()));
    tracing::info!(address = %listener.local_addr()?, "pages at http://{}", listener.local_addr()?);
    rooms.spawn("console", web::serve(listener, web::router(Arc::clone(&app)), rooms.stop()));
    rooms.spawn("watchdog", watch(Arc::clone(&app), rooms.stop()));
    rooms.spawn("ready", report_ready(app, rooms.stop()));
    rooms.run().await
}

/// The listener of the service manager, or the configured one.
async fn listener(config: &ConsoledConfig, handed: Option<Handed>) -> Result<TcpListener, Failure> {
    let Some(handed) = handed else { return Ok(TcpListener::bind(config.console.listen).await?) };
    if !config.console.behind_proxy {
        handed.require_loopback("console.behind_proxy")?;
    }
    handed.tcp()
}

fn readiness(app: &Arc<App>) -> Readiness {
    let app = Arc::clone(app);
    Readiness::new(move || {
        let app = Arc::clone(&app);
        async move {
            match app.api.probe("livez").await {
                Ok((true, _)) => Ok(()),
                Ok((false, _)) => Err(vec![Reason::new("api", "the service answers that it is not alive")]),
                Err(error) => Err(vec![Reason::new("api", format!("the service does not answer ({})", error.code))]),
            }
        }
    })
}

/// Tells the service manager that the threads of live pages still turn.
async fn watch(app: Arc<App>, stop: CancellationToken) -> Result<(), Failure> {
    let mut pulse = notify::Pulse::from_env();
    let turns = async {
        let Some(every) = pulse.interval() else { return std::future::pending().await };
        let mut tick = tokio::time::interval(every);
        loop {
            tick.tick().await;
            app.lives.turn().await;
            pulse.beat();
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(()),
        () = turns => Ok(()),
    }
}

/// Says ready once the service answers. A service that stays away does not keep the console down, whose pages tell
/// people about it.
async fn report_ready(app: Arc<App>, stop: CancellationToken) -> Result<(), Failure> {
    let readiness = readiness(&app);
    let answers = async {
        let mut failed = 0;
        while readiness.check().await.is_err() {
            if !dg_runtime::backoff::Backoff::NETWORK.pause(failed, &stop).await {
                return;
            }
            failed += 1;
        }
    };
    match tokio::time::timeout(START, answers).await {
        Ok(()) => notify::ready("serving pages"),
        Err(_) => notify::ready("serving pages; the service does not answer yet"),
    }
    stop.cancelled().await;
    Ok(())
}
