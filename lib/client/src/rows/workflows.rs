//! What people have to look at.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Something to review; the rest of what the API shows of it is in `more`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Workflow {
    pub assigned_account_id: Option<String>,
    pub assigned_role: Option<String>,
    pub claimed_by: Option<String>,
    pub current_decision: Option<String>,
    pub current_reason: Option<String>,
    pub overdue: bool,
    pub priority: String,
    pub requested_at: String,
    pub round: i64,
    pub sla_due_at: Option<String>,
    pub status: String,
    pub title: String,
    pub trace_id: String,
    pub version: i64,
    pub workflow_id: String,
    pub workflow_kind: String,
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl Workflow {
    /// Whether it waits for somebody.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.status.as_str(), "approved" | "rejected" | "overridden")
    }

    /// SHA-256 of the payload of what is asked for: name it in a decision, and no other request is decided by it.
    #[must_use]
    pub fn request_hash(&self) -> Option<&str> {
        self.more.get("request")?.get("payload_hash")?.as_str()
    }
}

/// An item with what was done and told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowDetail {
    /// Oldest first.
    pub actions: Vec<Map<String, Value>>,
    /// Newest first.
    pub notifications: Vec<Map<String, Value>>,
    /// Replays that the review asked for, newest first.
    #[serde(default)]
    pub replays: Vec<Map<String, Value>>,
    /// The trace that is reviewed.
    pub trace_reference: Map<String, Value>,
    /// The item.
    pub workflow: Workflow,
}

/// How many items each of somebody's queues holds. Snoozed items are in none but their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct WorkflowBuckets {
    pub mine: i64,
    pub my_roles: i64,
    pub unassigned: i64,
    pub overdue: i64,
    pub due_soon: i64,
    pub escalated: i64,
    pub changes_requested: i64,
    pub waiting_for_requester: i64,
    pub snoozed: i64,
    pub recently_closed: i64,
    pub all_open: i64,
}

/// What was done with several items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowsDone {
    /// With how many it was done.
    pub done: u64,
    /// With how many it was not.
    pub refused: u64,
    /// Item by item, in the order in which they were named.
    pub results: Vec<WorkflowOutcome>,
}

/// What came of one of several items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowOutcome {
    /// Which.
    pub workflow_id: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// Why it was refused: `code`, `message`, `details`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Map<String, Value>>,
    /// How it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<Workflow>,
}

/// What was done with an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowDone {
    /// The word, the event that says so, and to whom it was escalated.
    pub action: Map<String, Value>,
    /// The item as it is now.
    pub workflow: Workflow,
}

/// How waiting ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowWaited {
    /// Whether it is decided.
    pub decided: bool,
    /// The item as it is now.
    pub workflow: Workflow,
}

/// Whether the items are what the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct WorkflowVerdict {
    pub equal: bool,
    pub folded_digest: String,
    pub items: u64,
    pub log_seq: i64,
    pub replaced: bool,
    pub set_aside: u64,
    pub workflow_digest: String,
}
