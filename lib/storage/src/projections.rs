//! The read models in the database: writing them behind a fence, reading them out of one snapshot.
//!
//! A [`ProjectionWriter`] applies what `dg_projections::fold` answered, together with the cursor, in one transaction that
//! holds the cursor rows and compares the scope's epoch. A [`Snapshot`] reads cursors and rows as of one moment, so that an
//! answer and the position it claims to have always belong together.

mod cursor;
mod digests;
mod graph;
mod precedents;
mod scope;
mod snapshot;
mod traces;
mod write;

pub use cursor::{Cursor, CursorState, TenantCursors};
pub use graph::{Direction, EdgeCursor, EdgeRecord, NodeRecord, Subgraph};
pub use precedents::{PrecedentHit, PrecedentQuery};
pub use scope::{Advance, ProjectionScope, ProjectionWriter};
pub use snapshot::{Freshness, Snapshot};
pub use traces::{TraceFilter, TraceRow};
