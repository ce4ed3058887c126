//! dg-supervisor: starts, watches and restarts the suite where there is no systemd.
//!
//! The table says what runs, [`policy`] decides when, `process` carries it out, and `postgres` knows how to make and run a
//! private server. It speaks no SQL and no HTTP.

#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod supervise;

#[cfg(unix)]
mod policy;
#[cfg(unix)]
mod status;
#[cfg(unix)]
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dg_runtime::flags::{self, Identity};

const IDENTITY: Identity = Identity {
    name: "dg-supervisor",
    about: "Starts, watches and restarts the suite where there is no systemd",
    version: env!("CARGO_PKG_VERSION"),
};

/// The command line.
#[derive(Debug, Parser)]
struct Flags {
    /// The table of children
    #[arg(long, value_name = "PATH")]
    config: PathBuf,

    /// Check the table, say everything that is wrong with it, and exit (0 good, 78 bad)
    #[arg(long)]
    check_config: bool,

    /// Keep the state of all children in this JSON file
    #[arg(long, value_name = "PATH")]
    status_file: Option<PathBuf>,

    /// How much to log: error, warn, info, debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    log_level: String,
}

#[cfg(unix)]
fn main() -> ExitCode {
    use dg_runtime::config::{LogConfig, LogFormat};
    use dg_runtime::{Exit, daemon, exit, logs};

    let flags: Flags = flags::parse_or_exit(IDENTITY);
    let table = match table::Table::load(&flags.config) {
        Ok(table) => table,
        Err(problems) => return daemon::bad_config(&problems),
    };
    if flags.check_config {
        return Exit::Ok.into();
    }
    let _logs = logs::init(&LogConfig { format: LogFormat::Auto, level: flags.log_level.clone() });
    exit::from_result(supervise::run(&flags.config, table, flags.status_file))
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    let Flags { .. } = flags::parse_or_exit(IDENTITY);
    // The mechanics of this platform are job objects; the suite runs under its service manager until they are here.
    dg_runtime::Exit::Config.into()
}
