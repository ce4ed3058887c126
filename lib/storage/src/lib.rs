//! Every SQL statement: log, projections, tenants, accounts, sessions, audit, webhooks, locks, listener.
//!
//! Nothing above this crate knows SQL, SQLSTATEs or tokio-postgres. Short statements go through the pool of a [`Store`].
//! What belongs to a session has a connection of its own: migrations ([`migrate`]), scope locks ([`locks`]), nudges
//! ([`listener`], [`notifier`]) and appending ([`log::AppendStage`]).

pub mod accounts;
pub mod audit;
mod backoff;
pub mod bench;
pub mod bootstrap;
mod channel;
mod config;
pub mod connection;
pub mod environment;
mod error;
mod heads;
pub mod idempotency;
pub mod listener;
pub mod locks;
pub mod log;
pub mod migrate;
pub mod notifier;
pub mod oidc;
pub mod people;
pub mod projections;
mod rights;
pub mod sessions;
mod setup;
pub mod signing;
mod store;
mod tenancy;
pub mod tenants;
mod values;
pub mod webhooks;
mod work;
pub mod workflow;

pub use channel::Channel;
pub use config::DatabaseConfig;
pub use error::{Cause, StoreError};
pub use migrate::SCHEMA_VERSION;
pub use store::{PoolStatus, Store};
