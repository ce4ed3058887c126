//! The Rust client against the real suite: the script that every client library follows, and its spool in trouble.

mod conformance;
mod examples;
mod link;
mod spool;
mod steps;
