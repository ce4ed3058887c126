//! The rules of the decision log as plain functions from values to values.
//!
//! What an event looks like, how its payload is canonicalised and hashed, which text is refused as a secret,
//! and how an append is decided once the state of its trace is known. Nothing here does I/O, reads a clock or
//! draws randomness: time, principals and stored state are arguments. The shells (`dg-storage`, `dg-apid`,
//! `dg`) read, call these functions, and carry out what they answered.

pub mod append;
pub mod event;
mod event_type;
mod guard;
mod hash;
mod ids;
pub mod json;
pub mod keys;
mod limits;
mod time;
mod violation;

pub use event::{Actor, NewEvent, Source, StoredEvent};
pub use event_type::{EventType, UnknownEventType};
pub use guard::{GuardMode, UnknownGuardMode};
pub use hash::{Hash32, Key16, WrongLength};
pub use ids::{LogSeq, Negative, TenantId, TraceSeq};
pub use limits::{Limits, Profile, Rules, UnknownFields};
pub use time::Micros;
pub use violation::{Details, ErrorCode, Problem, Violation};
