//! Where the log goes.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

use crate::config::{LogConfig, LogFormat};
use crate::os;

/// Lets the level be changed while the daemon runs.
#[derive(Debug)]
pub struct Logs {
    filter: reload::Handle<EnvFilter, Registry>,
}

impl Logs {
    /// Puts the level of a reloaded configuration into effect. A level that cannot be read keeps the old one.
    pub fn set_level(&self, config: &LogConfig) {
        match EnvFilter::try_new(&config.level) {
            Ok(filter) => match self.filter.reload(filter) {
                Ok(()) => tracing::info!(level = %config.level, "log level is now {}", config.level),
                Err(error) => tracing::warn!(%error, "the log level could not be changed"),
            },
            Err(error) => tracing::warn!(%error, "the log level was not understood; keeping the old one"),
        }
    }
}

/// Starts the process's log: the journal when standard error is connected to it, otherwise text on standard error, or JSON
/// lines when the configuration says so. Only the first call in a process has an effect.
#[must_use]
pub fn init(config: &LogConfig) -> Logs {
    let (filter, handle) =
        reload::Layer::new(EnvFilter::try_new(&config.level).unwrap_or_else(|_| EnvFilter::new("info")));
    // A second init in one process is a test harness; the first one stays.
    let _ = tracing_subscriber::registry().with(filter).with(output(config.format)).try_init();
    Logs { filter: handle }
}

/// What the layer below the output is: the registry behind the reloadable filter.
type Filtered = tracing_subscriber::layer::Layered<reload::Layer<EnvFilter, Registry>, Registry>;

fn output(format: LogFormat) -> Box<dyn Layer<Filtered> + Send + Sync> {
    let journal = match format {
        LogFormat::Journal => true,
        LogFormat::Auto => os::journal::connected(),
        LogFormat::Text | LogFormat::Json => false,
    };
    if journal && let Some(layer) = os::journal::layer() {
        return layer;
    }
    let lines = fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Auto | LogFormat::Journal | LogFormat::Text => {
            lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed()
        }
    }
}
