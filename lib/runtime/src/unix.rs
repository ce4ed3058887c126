//! The parts that need a Unix.

pub(crate) mod handed;
pub(crate) mod journal;
pub(crate) mod notify;
pub(crate) mod signals;
pub(crate) mod socket;
