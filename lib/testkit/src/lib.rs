//! What tests need around the code under test: servers, databases, fixtures, faults and whole suites.
//!
//! Only ever a dev-dependency. Nothing here knows `dg-storage`, whose own tests stand on this crate.

pub mod error;
pub mod fixtures;
mod guard;
pub mod history;
pub mod paths;
pub mod postgres;
pub mod processes;
mod projectors;
mod proxy;
pub mod rng;
mod running;
mod suite;
pub mod wait;

pub use error::KitError;
pub use postgres::{Durability, Postgres};
pub use projectors::Projectors;
pub use proxy::FaultProxy;
pub use running::RunningDaemon;
pub use suite::{Suite, SuiteOptions, daemon};
pub use wait::{wait_for, wait_until};
