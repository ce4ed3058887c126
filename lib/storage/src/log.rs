//! The event log: reading it, and appending to it.
//!
//! Reads go through the pool ([`crate::Store`]). Appends go through one [`AppendStage`] per process: what arrives while a
//! commit is in flight goes into the next one. The head row of each tenant is the lock, the counter and the version of its
//! log; the rules are those of [`dg_domain::append`]; a batch is two round trips:
//!
//! 1. `BEGIN`, lock the heads in tenant order, look up what the rules need and the cache of trace heads does not know;
//! 2. insert what was accepted, move the heads, `COMMIT`.
//!
//! Not taken: a sequence with a transaction horizon (gaps, and readers have to wait), a lock per trace (numbers become
//! visible out of order), COPY for the insert (no faster here, and one round trip more).

mod batch;
mod cache;
mod columns;
mod decide;
mod lane;
mod queue;
mod read;
mod refusal;
mod row;
mod session;
mod stage;
pub(crate) mod within;

pub(crate) use columns::{COLUMN_TYPES, Columns};
pub(crate) use decide::Accepted;
pub(crate) use queue::EventKeys;
pub use read::EventFilter;
pub(crate) use row::stored_event;
pub use stage::{AppendError, AppendMode, AppendRequest, AppendStage, StageConfig, StageStats};
