//! Folds from the log to read models, and the digests that prove them. Pure.
//!
//! A projection is a function of the events it has seen, in `log_seq` order. [`fold`] turns a batch into [`Changes`]; the
//! shell writes them with its cursor in one transaction. Rows and digests do not depend on batch sizes: what a fold needs
//! from before its batch is either "insert if the key is absent", which the store does, or handed in as
//! [`TraceHistory`]. The reference's contract is `semantics` sections 10 and 11.

mod as_of;
mod category;
mod context_graph;
mod digest;
mod fold;
mod health;
mod model;
mod parallel;
mod policy_eval;
mod precedent;
mod row_digest;
mod runs;
pub mod search;
mod trace_index;
mod trace_summary;
mod walk;

pub use as_of::TraceAsOf;
pub use category::Category;
pub use context_graph::{Edge, Node, edge_id, node_type};
pub use digest::{Digest, Digester, Digests, EdgeRow, empty_digests};
pub use fold::{
    Batch, Changes, FoldError, Folded, Projection, Skips, TraceHistory, check_event, fold, fold_trace, open_traces,
};
pub use health::{Health, HealthStatus, ScopeFacts, ScopeState, Thresholds};
pub use model::{Model, history};
pub use parallel::fold_parallel;
pub use policy_eval::PolicyEval;
pub use precedent::{Precedent, PrecedentHistory, PrecedentSource};
pub use row_digest::{EdgeColumns, Hashed, RowDigest, edge_hash, fact_hash, term_hash};
pub use runs::{RunMode, RunStatus, RunStep, RunTarget};
pub use search::{FactFilter, SearchTerms, TraceFilter};
pub use trace_index::{COMPANION_PREFIX, TraceActivity, TraceRow, TraceStart};
pub use trace_summary::{SummaryChange, TraceSummary};
pub use walk::{Walk, WalkLimits, WalkedEdge};
