//! Integration tests: the real suite, real connections, answers as a client sees them.
//!
//! Each test starts `dg up` in a directory of its own on free ports. `cargo build --workspace --bins` has to come first.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod api;
mod audit;
mod bad_input;
mod bench;
mod cli;
mod clients;
mod concurrency;
mod contract;
mod digests;
mod docs;
mod drill;
mod events;
mod identity;
mod isolation;
mod lifecycle;
mod limits;
mod oidc;
mod packaging;
mod projection_runtime;
mod queries;
mod replays;
mod roles;
mod search;
mod space;
mod steering;
mod stream;
mod telling;
mod vectors;
mod webhooks;
mod workflows;
