//! What a review of a trace would be.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::workflows::Workflow;

/// Something that stands out about a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct WorkflowSignal {
    pub code: String,
    pub text: String,
}

/// A review that could be started; the rest of what the API shows of it is in `more`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct ReviewDraft {
    pub assigned_account_id: Option<String>,
    pub assigned_role: Option<String>,
    pub exists: bool,
    pub priority: String,
    pub reason: String,
    pub sla_hours: i64,
    pub title: String,
    pub workflow_id: String,
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A dry run of a trace; the rest of what the API shows of it is in `more`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct TraceDryRun {
    pub trace_id: String,
    pub as_of_log_seq: i64,
    pub signals: Vec<WorkflowSignal>,
    pub draft: ReviewDraft,
    pub existing_workflows: Vec<Workflow>,
    pub precedent_preview: Vec<Map<String, Value>>,
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// A review that was started, or was there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewStarted {
    /// The word, and the event that asks for it.
    pub action: Map<String, Value>,
    /// Whether it is new.
    pub created: bool,
    /// What the dry run found.
    pub review_context: TraceDryRun,
    /// The item.
    pub workflow: Workflow,
}

/// A policy held against what was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct PolicySimulation {
    pub totals: PolicySimulationTotals,
    pub traces: Vec<ComparedPolicyDecision>,
    pub more: bool,
    pub evidence: Map<String, Value>,
}

/// How recorded decisions compare with those of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct PolicySimulationTotals {
    pub traces: u64,
    pub unchanged: u64,
    pub changed: u64,
    pub newly_allowed: u64,
    pub newly_denied: u64,
    pub newly_excepted: u64,
    pub undecidable: u64,
}

/// A recorded decision and that of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct ComparedPolicyDecision {
    pub trace_id: String,
    pub recorded: String,
    pub candidate: Option<String>,
    pub missing: Vec<String>,
}
