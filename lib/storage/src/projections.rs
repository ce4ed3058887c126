//! The read models in the database: writing them behind a fence, reading them out of one snapshot.
//!
//! A [`ProjectionWriter`] applies what `dg_projections::fold` answered, together with the cursor, in one transaction that
//! holds the cursor rows and compares the scope's epoch. A [`Snapshot`] reads cursors and rows as of one moment, so that an
//! answer and the position it claims to have always belong together.

mod copy;
mod cursor;
mod digests;
mod graph;
mod precedents;
mod rows;
mod scope;
mod snapshot;
mod statements;
mod tally;
mod target;
mod traces;
mod write;
mod write_search;

pub use cursor::{Behind, Cursor, CursorState, TenantCursors};
pub use dg_projections::TraceRow;
pub use graph::{Direction, EdgeCursor, EdgeRecord, NodeRecord, Subgraph};
pub use precedents::{PrecedentHit, PrecedentQuery};
pub use scope::{Advance, LeftOut, ProjectionScope, ProjectionWriter, Trouble, refused};
pub use snapshot::{Freshness, Snapshot};
pub use tally::Tallies;
pub use traces::TraceFilter;
