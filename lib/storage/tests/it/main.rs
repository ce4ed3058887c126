//! The store against a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail it")]

mod append;
mod append_faults;
mod append_model;
mod audit;
mod bootstrap;
mod broken;
mod counts;
mod environment;
mod events;
mod generations;
mod identity;
mod immutable;
mod listening;
mod locking;
mod migrating;
mod plans;
mod policies;
mod projections;
mod queue;
mod reading;
mod registry;
mod runs;
mod scratch;
mod search;
mod space;
mod webhooks;
mod workflow;
mod workflow_files;
