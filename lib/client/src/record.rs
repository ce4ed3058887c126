//! Recording decisions: events and their payloads, the recorder that sends them, and the trace that orders them.

pub(crate) mod event;
pub(crate) mod payload;
pub(crate) mod recorder;
pub(crate) mod trace;
pub(crate) mod values;
