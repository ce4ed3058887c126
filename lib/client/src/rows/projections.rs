//! How projections stand.

use serde::{Deserialize, Serialize};

/// One projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionHealth {
    /// Digest last computed; none before the first.
    #[serde(default)]
    pub digest: Option<String>,
    /// Its generation; a rebuild makes the next one.
    #[serde(default)]
    pub generation: i64,
    /// Whether events are missing.
    pub is_stale: bool,
    /// Position up to which every event is in it.
    pub last_log_seq: i64,
    /// Failures that wait for a person.
    #[serde(default)]
    pub open_failures: i64,
    /// How many events are missing.
    pub pending_events: i64,
    /// Its name.
    pub projection_name: String,
    /// `live` or `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// When it last moved.
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// A replay that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRun {
    /// Its id.
    pub job_id: String,
    /// Position it has reached.
    #[serde(default)]
    pub last_log_seq: Option<i64>,
    /// `catch_up` or `rebuild`.
    #[serde(default)]
    pub mode: Option<String>,
    /// Events done.
    #[serde(default)]
    pub processed_events: Option<i64>,
    /// Which projection.
    #[serde(default)]
    pub projection_name: Option<String>,
    /// When it was asked for.
    #[serde(default)]
    pub requested_at: Option<String>,
    /// When it began.
    #[serde(default)]
    pub started_at: Option<String>,
    /// `queued` or `running`.
    pub status: String,
    /// Position it goes to.
    #[serde(default)]
    pub until_log_seq: Option<i64>,
}

/// The projections of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Last position of the log.
    pub event_log_last_seq: i64,
    /// Digest over all, last computed.
    #[serde(default)]
    pub full_digest: Option<String>,
    /// Replays under way.
    #[serde(default)]
    pub open_runs: Vec<OpenRun>,
    /// Each projection.
    pub projections: Vec<ProjectionHealth>,
    /// The tenant.
    #[serde(default)]
    pub tenant_id: String,
}

/// Digests of a tenant's projections at one position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
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
    /// Of the trace summaries.
    pub trace_summary: String,
}
