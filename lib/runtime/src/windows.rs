//! The parts that need Windows.

pub(crate) mod handed;
pub(crate) mod journal;
pub(crate) mod notify;
pub(crate) mod signals;
