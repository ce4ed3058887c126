//! The ledger against the vectors of its standards, naive recursions, an independent implementation, and forgers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it unwraps")]

mod checkpoint;
mod independent;
mod naive;
mod note;
mod receipt;
mod rfc6962;
mod sealer;
mod tree;
