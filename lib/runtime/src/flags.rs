//! The command line every daemon understands.

use std::io::Write;
use std::path::PathBuf;

use clap::{CommandFactory, FromArgMatches, Parser};

use crate::exit::Exit;
use crate::pages;

/// Flags shared by all daemons.
#[derive(Clone, Debug, Default, Parser)]
pub struct Flags {
    /// Configuration file; `conf.d/*.toml` beside it is read after it. Default: /etc/decisiongraph/dg.toml when it is there
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,

    /// Load and check the configuration, say what is wrong with it, and exit (0 good, 78 bad)
    #[arg(long)]
    pub check_config: bool,

    /// Write the bound addresses here, one `name address` line per listener, before reporting ready
    #[arg(long, value_name = "PATH")]
    pub address_file: Option<PathBuf>,

    /// Override one setting, for example --set log.level=debug; wins over file and environment
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub overrides: Vec<(String, String)>,
}

/// What a daemon says about itself in `--help` and `--version`.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// The program's name, `dg-apid`.
    pub name: &'static str,
    /// One sentence for `--help`.
    pub about: &'static str,
    /// `env!("CARGO_PKG_VERSION")` of the daemon.
    pub version: &'static str,
}

impl Flags {
    /// Reads the process's arguments. Ends the process for `--help` and `--version` (0) and on a usage error (64).
    #[must_use]
    pub fn parse_or_exit(identity: Identity) -> Self {
        parse_or_exit(identity)
    }
}

/// Reads the process's arguments into any clap parser, with the suite's exit codes: 0 for `--help` and `--version`, 64 for
/// a usage error.
#[must_use]
pub fn parse_or_exit<F: CommandFactory + FromArgMatches>(identity: Identity) -> F {
    let command = F::command().name(identity.name).about(identity.about).version(identity.version);
    if let Some(directory) = pages::asked(std::env::args_os().skip(1)) {
        let written = pages::write(command, "8", &directory);
        if let Err(error) = &written {
            // Nothing useful is left to do when the terminal is gone.
            let _ = writeln!(std::io::stderr(), "error: cannot write pages into {}: {error}", directory.display());
        }
        std::process::exit(i32::from(if written.is_ok() { Exit::Ok } else { Exit::Bug }.code()));
    }
    match command.try_get_matches().and_then(|matches| F::from_arg_matches(&matches)) {
        Ok(flags) => flags,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            // Nothing useful is left to do when the terminal is gone.
            let _ = error.print();
            std::process::exit(i32::from(exit.code()));
        }
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_pairs() {
        let flags = Flags::parse_from(["dg-x", "--set", "log.level=debug,dg_storage=trace"]);
        assert_eq!(flags.overrides, [("log.level".to_owned(), "debug,dg_storage=trace".to_owned())]);
        assert!(Flags::try_parse_from(["dg-x", "--set", "log.level"]).is_err());
    }
}
