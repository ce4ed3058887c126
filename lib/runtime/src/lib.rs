//! What all daemons share, so that each `main.rs` is a page of wiring.
//!
//! A daemon calls [`daemon::main`] with its name and one async function. That reads the flags, loads and checks the
//! configuration, starts the logs, catches the signals, runs the function on a tokio runtime, and turns the outcome into an
//! exit code a supervisor understands ([`exit::Exit`]). Inside the function it starts its [`admin`] listener and its
//! [`rooms`], says [`notify::ready`], and waits.
//!
//! Nothing here knows SQL or the product's HTTP routes. What differs between operating systems is in the inner rooms
//! `unix` and `windows`; everything else is the same code everywhere.

pub mod address_file;
pub mod admin;
pub mod backoff;
pub mod chance;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod exit;
pub mod flags;
pub mod handed;
pub mod instance;
pub mod logs;
pub mod metrics;
pub mod notify;
pub mod pages;
pub mod rooms;
pub mod secret;
pub mod signals;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as os;
#[cfg(windows)]
use windows as os;

pub use prometheus_client;
pub use tokio_util::sync::CancellationToken;

pub use crate::daemon::Daemon;
pub use crate::exit::{Exit, Failure};
