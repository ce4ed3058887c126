//! The read models in the database: writing them behind a fence, reading them out of one snapshot.
//!
//! A [`ProjectionWriter`] applies what `dg_projections::fold` answered, together with the cursor, in one transaction that
//! holds the cursor rows and compares the scope's epoch. A [`Snapshot`] reads cursors and rows as of one moment, so that an
//! answer and the position it claims to have always belong together.

mod aside;
mod build;
mod check;
mod clear;
pub(crate) mod columns;
mod copy;
mod cursor;
mod digests;
mod evaluations;
mod failures;
mod graph;
mod health;
mod history;
mod precedents;
mod reproject;
mod rows;
mod runner;
mod runs;
mod scope;
mod search;
mod snapshot;
mod space;
mod standing;
mod statements;
mod tally;
mod target;
mod traces;
mod verify;
mod write;
mod write_search;

pub use build::{Build, GenerationBuilder, Likeness, Switched};
pub use check::{Checked, Checker};
pub use clear::OldSlot;
pub use cursor::{Behind, Cursor, CursorState, TenantCursors};
pub use dg_projections::{TraceFilter, TraceRow};
pub use digests::RowsRead;
pub use evaluations::Evaluations;
pub use failures::{Failure, FailureFilter, FailureStatus, MissingEvent};
pub use graph::{Direction, EdgeCursor, EdgeRecord, NodeRecord, Subgraph};
pub use health::{LastDigest, LastError, ScopeHealth, TenantHealth};
pub use history::WrittenDigest;
pub use precedents::{PrecedentHit, PrecedentQuery};
pub use reproject::Reprojected;
pub use runner::{ClaimedRun, Progress, RunEnd, RunnableRun, Signal};
pub use runs::{Asker, NewRuns, Run, RunFilter};
pub use scope::{Advance, LeftOut, ProjectionScope, ProjectionWriter, Trouble, refused};
pub use search::{COUNTED, StartPosition, TraceCount};
pub use snapshot::{Freshness, Snapshot};
pub use space::{Removed, Sweep, sweep};
pub use standing::Standing;
pub use tally::Tallies;
pub use verify::{Difference, Level, Levelled, Verified, digest_text};
