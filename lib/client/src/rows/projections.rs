//! How projections stand.

use serde::{Deserialize, Serialize};

use crate::Run;

/// One projection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectionHealth {
    /// Digest last written down; none before the first.
    #[serde(default)]
    pub digest: Option<String>,
    /// Since when its rows are not the ones that were written.
    #[serde(default)]
    pub drift_since: Option<String>,
    /// Events per second over about a minute.
    #[serde(default)]
    pub events_per_second_1m: f64,
    /// Its generation; a rebuild makes the next one.
    #[serde(default)]
    pub generation: i64,
    /// Whether events are missing.
    pub is_stale: bool,
    /// How old the oldest missing event is.
    #[serde(default)]
    pub lag_seconds: f64,
    /// Why it does not move.
    #[serde(default)]
    pub last_error: Option<ProjectionError>,
    /// Position up to which every event is in it.
    pub last_log_seq: i64,
    /// Failures that wait for a person.
    #[serde(default)]
    pub open_failures: i64,
    /// How many events are missing.
    pub pending_events: i64,
    /// Its name.
    pub projection_name: String,
    /// Events whose absence an operator accepted.
    #[serde(default)]
    pub quarantined: i64,
    /// What it does: `idle`, `catching_up`, `rebuilding`, `failed` …
    #[serde(default)]
    pub state: String,
    /// Whether somebody should look: `ok`, `rebuilding`, `lagging`, `stalled`, `failed`.
    #[serde(default)]
    pub status: String,
    /// When it last moved.
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// Why a projection does not move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionError {
    /// What kind of error it is.
    #[serde(default)]
    pub category: Option<String>,
    /// As a code.
    pub code: String,
    /// For a person.
    #[serde(default)]
    pub message: String,
    /// Since when.
    #[serde(default)]
    pub since: Option<String>,
}

/// An event that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFailure {
    /// Why, as a code.
    pub code: String,
    /// The event.
    pub event_id: String,
    /// The failure.
    pub failure_id: String,
    /// Position of the event.
    pub log_seq: i64,
    /// Why, for a person.
    pub message: String,
    /// The projection.
    pub projection_name: String,
    /// The trace of the event.
    pub trace_id: String,
}

/// The projections of one tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Last position of the log.
    pub event_log_last_seq: i64,
    /// Digest over all, last computed.
    #[serde(default)]
    pub full_digest: Option<String>,
    /// Events that wait for a person, the first of them.
    #[serde(default)]
    pub open_failures: Vec<NamedFailure>,
    /// Runs that have not ended, oldest first.
    #[serde(default)]
    pub open_runs: Vec<Run>,
    /// Each projection.
    pub projections: Vec<ProjectionHealth>,
    /// The worst status of its projections.
    #[serde(default)]
    pub status: String,
    /// The tenant.
    #[serde(default)]
    pub tenant_id: String,
}

/// Digests of a tenant's projections at one position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Whether no event is missing in them.
    #[serde(default)]
    pub complete: bool,
    /// Of the context graph.
    pub context_graph: String,
    /// Over all of them.
    pub full_projection: String,
    /// Generation of the projections.
    #[serde(default)]
    pub generation: i64,
    /// Position they hold for.
    pub log_seq: i64,
    /// Of the precedent and policy evaluation indexes.
    pub precedent_index: String,
    /// How many events are missing in them.
    #[serde(default)]
    pub skipped_events: i64,
    /// Of the trace summaries.
    pub trace_summary: String,
}
