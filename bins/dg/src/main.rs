//! dg: the operator's command line.

mod cli;
mod commands;
mod connection;
mod demo;
mod failure;
mod import;
mod output;
mod timeline;

use std::{io::Write, process::ExitCode};

use clap::{CommandFactory, Parser};
use cli::Cli;
use dg_runtime::pages;
use failure::Failure;
use output::Output;

fn main() -> ExitCode {
    if let Some(directory) = pages::asked(std::env::args_os().skip(1)) {
        return match pages::write(Cli::command(), "1", &directory) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let failure = Failure::from(error);
                let _ = failure.report(false, &mut anstream::stderr().lock());
                failure.exit().into()
            }
        };
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return usage(&answer),
    };
    let json = cli.global.json;
    let mut stdout = std::io::stdout().lock();
    let styled = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let mut out = Output::new(json, styled, &mut stdout);
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(commands::run(cli, &mut out)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of our output went away, for example `dg traces | head`.
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing is left to do when standard error is closed too.
            let _ = failure.report(json, &mut anstream::stderr().lock());
            failure.exit().into()
        }
    }
}

/// Help and version are answers (0), anything else a usage error (64).
fn usage(answer: &clap::Error) -> ExitCode {
    let _ = answer.print();
    let _ = std::io::stdout().flush();
    if answer.use_stderr() { failure::Exit::Usage.into() } else { ExitCode::SUCCESS }
}
