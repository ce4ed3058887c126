//! The frame around a daemon: from its arguments to its exit code.

use std::future::Future;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::address_file::AddressFile;
use crate::config::{self, Settings};
use crate::exit::{self, Exit, Failure};
use crate::flags::{Flags, Identity};
use crate::handed::Handed;
use crate::logs::{self, Logs};
use crate::metrics::Metrics;
use crate::signals;

/// What the frame hands to a daemon's own code.
#[derive(Debug)]
pub struct Daemon<C> {
    /// Who it is.
    pub identity: Identity,
    /// Its settings, checked.
    pub config: C,
    /// Cancelled by TERM or INT. Give child tokens to tasks.
    pub stop: CancellationToken,
    /// Its metrics, already telling name and version.
    pub metrics: Metrics,
    /// The listener that the service manager opened for it, if it did.
    pub handed: Option<Handed>,
    /// Where bound addresses go.
    pub addresses: AddressFile,
}

/// Runs a daemon from the process's arguments to its exit code.
///
/// ```no_run
/// # use dg_runtime::{Daemon, Failure, config::{LogConfig, Settings}, flags::Identity};
/// # #[derive(Default, serde::Deserialize)] #[serde(default)] struct MyConfig { log: LogConfig }
/// # impl Settings for MyConfig { fn log(&self) -> &LogConfig { &self.log } }
/// const IDENTITY: Identity =
///     Identity { name: "dg-projectord", about: "Keeps the read projections caught up", version: env!("CARGO_PKG_VERSION") };
///
/// fn main() -> std::process::ExitCode {
///     dg_runtime::daemon::main(IDENTITY, run)
/// }
///
/// async fn run(daemon: Daemon<MyConfig>) -> Result<(), Failure> {
///     daemon.stop.cancelled().await;
///     Ok(())
/// }
/// ```
pub fn main<C, F, Fut>(identity: Identity, run: F) -> ExitCode
where
    C: Settings,
    F: FnOnce(Daemon<C>) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let flags = Flags::parse_or_exit(identity);
    let config: C = match config::load(&flags) {
        Ok(config) => config,
        Err(problems) => return bad_config(&problems),
    };
    if flags.check_config {
        // A closed pipe is no reason to call a good configuration bad.
        let _ = writeln!(anstream::stdout(), "configuration ok");
        return Exit::Ok.into();
    }
    let logs = logs::init(config.log());
    tracing::info!(version = identity.version, "{} {} starting", identity.name, identity.version);
    let ended = Handed::take().and_then(|handed| block_on(start(identity, flags, config, logs, handed, run)));
    exit::from_result(ended)
}

/// Prints every problem to standard error and answers 78.
#[must_use]
pub fn bad_config(problems: &config::Problems) -> ExitCode {
    let mut stderr = anstream::stderr().lock();
    for problem in problems.iter() {
        // Without standard error the exit code still tells.
        let _ = writeln!(stderr, "configuration: {}: {}", problem.key, problem.message);
    }
    Exit::Config.into()
}

/// Runs a future on a new multi-threaded runtime.
///
/// # Errors
/// What the future answers, or 75 when the runtime cannot be built.
pub fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

async fn start<C, F, Fut>(
    identity: Identity,
    flags: Flags,
    config: C,
    logs: Logs,
    handed: Option<Handed>,
    run: F,
) -> Result<(), Failure>
where
    C: Settings,
    F: FnOnce(Daemon<C>) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let stop = signals::stop_token()?;
    spawn_reloads::<C>(flags.clone(), Arc::new(logs), stop.clone())?;
    let daemon = Daemon {
        identity,
        config,
        stop,
        metrics: Metrics::new(identity.name, identity.version),
        handed,
        addresses: AddressFile::new(flags.address_file),
    };
    Box::pin(run(daemon)).await
}

/// On HUP, reads the configuration again and takes over what can change while running: the log level.
fn spawn_reloads<C: Settings>(flags: Flags, logs: Arc<Logs>, stop: CancellationToken) -> Result<(), Failure> {
    let mut asked = signals::reload()?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                changed = asked.changed() => if changed.is_err() { return },
            }
            match config::load::<C>(&flags) {
                Ok(config) => logs.set_level(config.log()),
                Err(problems) => tracing::warn!("the changed configuration is bad and was not loaded: {problems}"),
            }
        }
    });
    Ok(())
}
