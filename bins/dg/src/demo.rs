//! The histories of the demo tenants, as values: the same seed and the same instants give the same events.

mod catalog;
mod chance;
mod handling;
mod large;
mod live;
mod story;

pub(crate) use handling::{REVIEWERS, account, acts};
pub(crate) use large::{Large, Origin, large};
pub(crate) use live::Live;

/// The history of the small demo: three traces that were written by hand, one event a line.
pub(crate) const SMALL: &str = include_str!("../../../fixtures/demo/release-demo.ndjson");
