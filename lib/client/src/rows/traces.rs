//! Traces and precedents.

use serde::{Deserialize, Serialize};

use crate::StoredEvent;

/// The summary of a trace, as it is digested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// Starts and finishes counted; the true count is in [`TraceIndex`].
    pub event_count: i64,
    /// When it finished, as the producer wrote it.
    #[serde(default)]
    pub finished_at: Option<String>,
    /// Position of the last start or finish.
    pub last_log_seq: i64,
    /// `success`, `failure` or `abandoned`; none while open.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Id of the primary entity.
    #[serde(default)]
    pub primary_entity_id: Option<String>,
    /// System it lives in.
    #[serde(default)]
    pub primary_entity_system: Option<String>,
    /// Its type.
    #[serde(default)]
    pub primary_entity_type: Option<String>,
    /// When it started.
    #[serde(default)]
    pub started_at: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub title: Option<String>,
    /// The trace.
    pub trace_id: String,
    /// Its workflow.
    #[serde(default)]
    pub workflow: Option<String>,
}

/// What lists and search know of a trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceIndex {
    /// Who acted in it, as `type:id`.
    pub actors: Vec<String>,
    /// How many events it has.
    pub event_count: i64,
    /// Position of its first event.
    pub first_log_seq: i64,
    /// Type of its last event.
    pub last_event_type: String,
    /// Position of its last event.
    pub last_log_seq: i64,
    /// When that occurred.
    pub last_occurred_at: String,
    /// Policies evaluated in it, as `id@version`.
    pub policies: Vec<String>,
    /// `open` or `finished`.
    pub status: String,
    /// Labels of its events.
    pub tags: Vec<String>,
}

/// A row of the trace list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceRow {
    /// Who acted in it.
    pub actors: Vec<String>,
    /// Whether it is the trace beside a review.
    pub companion: bool,
    /// How many events it has.
    pub event_count: i64,
    /// When it finished.
    pub finished_at: Option<String>,
    /// Position of its first event.
    pub first_log_seq: i64,
    /// Type of its last event.
    pub last_event_type: Option<String>,
    /// Position of its last event.
    pub last_log_seq: i64,
    /// When that occurred.
    pub last_occurred_at: Option<String>,
    /// `success`, `failure` or `abandoned`; none while open.
    pub outcome: Option<String>,
    /// Policies evaluated in it.
    pub policies: Vec<String>,
    /// Id of the primary entity.
    pub primary_entity_id: Option<String>,
    /// System it lives in.
    pub primary_entity_system: Option<String>,
    /// Its type.
    pub primary_entity_type: Option<String>,
    /// When it started.
    pub started_at: Option<String>,
    /// `open` or `finished`.
    pub status: Option<String>,
    /// Labels of its events.
    pub tags: Vec<String>,
    /// What it is about.
    pub title: Option<String>,
    /// The trace.
    pub trace_id: String,
    /// Its workflow.
    pub workflow: Option<String>,
}

/// One trace in full.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TraceDetail {
    /// Its events in order, the first 10,000.
    pub events: Vec<StoredEvent>,
    /// What lists know of it.
    #[serde(default)]
    pub index: Option<TraceIndex>,
    /// Events that projections do not hold.
    #[serde(default)]
    pub missing_events: Vec<MissingEvent>,
    /// Its summary; none when only its first events are projected yet.
    #[serde(default)]
    pub summary: Option<TraceSummary>,
}

/// An event that a projection does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingEvent {
    /// Which event.
    pub event_id: String,
    /// Its position.
    pub log_seq: i64,
    /// Which projection.
    pub projection_name: String,
    /// `open`, or `quarantined` when an operator accepted it.
    pub status: String,
}

/// A finished trace that matches a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precedent {
    /// When it finished.
    #[serde(default)]
    pub finished_at: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// Policy that matched, when one was asked for.
    #[serde(default)]
    pub policy_id: Option<String>,
    /// Its version.
    #[serde(default)]
    pub policy_version: Option<String>,
    /// What it was about.
    #[serde(default)]
    pub title: Option<String>,
    /// The trace.
    pub trace_id: String,
    /// Its workflow.
    #[serde(default)]
    pub workflow: Option<String>,
}
