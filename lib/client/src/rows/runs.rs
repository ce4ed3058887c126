//! Replay runs, set-aside events, and digests that were written down.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A replay run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Claims after a runner died.
    #[serde(default)]
    pub attempt: i64,
    /// What it was asked for together with.
    #[serde(default)]
    pub batch_id: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub error_code: Option<String>,
    /// The same for a person.
    #[serde(default)]
    pub error_message: Option<String>,
    /// How long it will still take; none while nobody can tell.
    #[serde(default)]
    pub eta_seconds: Option<f64>,
    /// Events of the log per second.
    #[serde(default)]
    pub events_per_second: f64,
    /// The failure whose event it projects.
    #[serde(default)]
    pub failure_id: Option<String>,
    /// When it ended.
    #[serde(default)]
    pub finished_at: Option<String>,
    /// Its id.
    pub job_id: String,
    /// Position it has reached.
    #[serde(default)]
    pub last_log_seq: i64,
    /// What the caller gave, and who that was.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// `catch_up`, `rebuild`, `verify` or `reproject`.
    #[serde(default)]
    pub mode: String,
    /// The process that carries it out.
    #[serde(default)]
    pub owner: String,
    /// What it is at: `building`, `switching`, `comparing`, `cleaning`.
    #[serde(default)]
    pub phase: String,
    /// Events folded, once per projection.
    #[serde(default)]
    pub processed_events: i64,
    /// A projection, or `all`.
    #[serde(default)]
    pub projection_name: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// When it was asked for.
    #[serde(default)]
    pub requested_at: String,
    /// By whom.
    #[serde(default)]
    pub requested_by: String,
    /// What came out.
    #[serde(default)]
    pub result: Map<String, Value>,
    /// When it began.
    #[serde(default)]
    pub started_at: Option<String>,
    /// `queued`, `running`, `paused`, `cancelling`, `cancelled`, `completed` or `failed`.
    pub status: String,
    /// Position it goes to.
    #[serde(default)]
    pub target_log_seq: Option<i64>,
    /// Its tenant.
    #[serde(default)]
    pub tenant_id: String,
    /// Position it was asked to stop at.
    #[serde(default)]
    pub until_log_seq: Option<i64>,
}

impl Run {
    /// Whether nothing follows.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "cancelled" | "completed" | "failed")
    }
}

/// Runs that were asked for together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunBatch {
    /// What they have in common.
    pub batch_id: String,
    /// The tenants that got none.
    pub refused: Vec<RefusedTenant>,
    /// The runs.
    pub runs: Vec<Run>,
}

/// A tenant that got no run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefusedTenant {
    /// Why.
    pub error: crate::ItemError,
    /// Which.
    pub tenant_id: String,
}

/// An event that a projection does not hold, or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionFailure {
    /// How often it was tried.
    #[serde(default)]
    pub attempts: i64,
    /// What kind of failure it is.
    #[serde(default)]
    pub category: String,
    /// Why, as a code.
    #[serde(default)]
    pub error_code: String,
    /// Why, for a person.
    #[serde(default)]
    pub error_message: String,
    /// The event.
    pub event_id: String,
    /// Its id.
    pub failure_id: String,
    /// When it was first tried.
    #[serde(default)]
    pub first_seen_at: String,
    /// The run that projected it.
    #[serde(default)]
    pub job_id: Option<String>,
    /// When it was last tried.
    #[serde(default)]
    pub last_seen_at: String,
    /// Position of the event.
    pub log_seq: i64,
    /// The projection.
    pub projection_name: String,
    /// Why its absence was accepted.
    #[serde(default)]
    pub quarantine_reason: Option<String>,
    /// When that was.
    #[serde(default)]
    pub quarantined_at: Option<String>,
    /// By whom.
    #[serde(default)]
    pub quarantined_by: Option<String>,
    /// When it was projected after all.
    #[serde(default)]
    pub resolved_at: Option<String>,
    /// By whom.
    #[serde(default)]
    pub resolved_by: Option<String>,
    /// `open`, `quarantined`, `resolved` or `superseded`.
    pub status: String,
    /// Its tenant.
    #[serde(default)]
    pub tenant_id: String,
    /// The trace of the event.
    pub trace_id: String,
}

/// A failure, and the run that projects its event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reprojection {
    /// The failure as it is until the run has ended.
    pub failure: ProjectionFailure,
    /// The run.
    pub run: Run,
}

/// A digest that was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenDigest {
    /// Whether no event is missing in it.
    #[serde(default)]
    pub complete: bool,
    /// When.
    pub computed_at: String,
    /// By which process.
    #[serde(default)]
    pub computed_by: String,
    /// The digest; none for a projection that has only a row digest.
    #[serde(default)]
    pub digest_value: Option<String>,
    /// How long it took.
    #[serde(default)]
    pub duration_ms: i64,
    /// Of which generation.
    #[serde(default)]
    pub generation: i64,
    /// The run at whose end it was written down.
    #[serde(default)]
    pub job_id: Option<String>,
    /// The sum over the rows as it was kept, in hex.
    #[serde(default)]
    pub kept_row_digest: Option<String>,
    /// Position it holds for.
    pub last_log_seq: i64,
    /// A projection, or `full_projection`.
    pub projection_name: String,
    /// How many rows there are.
    #[serde(default)]
    pub row_count: i64,
    /// The sum over the rows as they were read, in hex.
    #[serde(default)]
    pub row_digest: Option<String>,
    /// How many events are missing in it.
    #[serde(default)]
    pub skipped_events: i64,
    /// `self_check` or `run`.
    #[serde(default)]
    pub source: String,
}
