//! Human review: the queue, what is done with an item, waiting for a decision.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Params;
use crate::{
    Client, ClientError,
    client::Repeat,
    path::segment,
    rows::workflows::{
        Workflow, WorkflowBuckets, WorkflowDetail, WorkflowDone, WorkflowVerdict, WorkflowWaited, WorkflowsDone,
    },
};

/// Which items to list; what is absent lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of docs/api/http.md")]
pub struct WorkflowQuery {
    pub status: Vec<String>,
    pub priority: Vec<String>,
    pub assignee: Option<String>,
    pub assigned_account_id: Option<String>,
    pub assigned_role: Option<String>,
    pub policy_id: Option<String>,
    pub trace_id: Option<String>,
    pub q: Option<String>,
    pub only_open: Option<bool>,
    pub only_overdue: Option<bool>,
    /// RFC 3339.
    pub due_before: Option<String>,
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

/// A page of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowPage {
    /// Overdue ones first, then by urgency, then by age.
    pub items: Vec<Workflow>,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// How many items the tenant has.
    pub summary: Map<String, Value>,
}

/// What to do with an item. Fields that an action has no use for stay empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct WorkflowAction {
    pub action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_option: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub form: Map<String, Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub conditions: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl WorkflowAction {
    /// An action with a reason.
    #[must_use]
    pub fn new(action: &str, reason: &str) -> Self {
        Self { action: action.to_owned(), reason: Some(reason.to_owned()), ..Self::default() }
    }
}

/// The name of the item for an exception that a trace asked for.
#[must_use]
pub fn exception_workflow(trace_id: &str, exception_id: &str) -> String {
    format!("{}:exception:{}", trace_id.trim(), exception_id.trim())
}

/// How cases are taken out; what is `None` is the service's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the parameters of docs/api/http.md")]
pub struct CaseExport {
    /// `json`, `ndjson` or `html`; many cases are always lines.
    pub format: Option<String>,
    pub profile: Option<String>,
    pub events: Option<String>,
}

impl Client {
    /// One case, as the bytes that the service sent.
    ///
    /// # Errors
    /// `not_found`; `forbidden` without the permission `workflow_export`.
    pub async fn export_case(&self, workflow_id: &str, how: &CaseExport) -> Result<Vec<u8>, ClientError> {
        let params = Params::default()
            .set("format", how.format.as_ref())
            .set("profile", how.profile.as_ref())
            .set("events", how.events.as_ref());
        let path = format!("/admin/workflows/{}/export", segment("a workflow id", workflow_id)?);
        Ok(self.lines(path, params.0, "x-dg-next").await?.0)
    }

    /// The cases that a query chooses, as lines.
    ///
    /// # Errors
    /// As [`Self::export_case`].
    pub async fn export_cases(&self, query: &WorkflowQuery, how: &CaseExport) -> Result<Vec<u8>, ClientError> {
        let params = Params::default()
            .each("status", &query.status)
            .each("priority", &query.priority)
            .set("policy_id", query.policy_id.as_ref())
            .set("trace_id", query.trace_id.as_ref())
            .set("q", query.q.as_ref())
            .set("only_open", query.only_open)
            .set("profile", how.profile.as_ref())
            .set("events", how.events.as_ref());
        Ok(self.lines("/admin/workflows:export".to_owned(), params.0, "x-dg-next").await?.0)
    }

    /// How reviews were decided between two RFC 3339 instants.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn workflow_figures(
        &self,
        from: Option<&str>,
        to: Option<&str>,
        policy_id: Option<&str>,
        reviewer: Option<&str>,
    ) -> Result<Value, ClientError> {
        let params =
            Params::default().set("from", from).set("to", to).set("policy_id", policy_id).set("reviewer", reviewer);
        self.get("/workflows/figures".to_owned(), params.0).await
    }

    /// A page of the tenant's queue.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn workflows(&self, query: &WorkflowQuery) -> Result<WorkflowPage, ClientError> {
        let params = Params::default()
            .each("status", &query.status)
            .each("priority", &query.priority)
            .set("assignee", query.assignee.as_ref())
            .set("assigned_account_id", query.assigned_account_id.as_ref())
            .set("assigned_role", query.assigned_role.as_ref())
            .set("policy_id", query.policy_id.as_ref())
            .set("trace_id", query.trace_id.as_ref())
            .set("q", query.q.as_ref())
            .set("only_open", query.only_open)
            .set("only_overdue", query.only_overdue)
            .set("due_before", query.due_before.as_ref())
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_ref());
        self.get("/workflows".to_owned(), params.0).await
    }

    /// How many items each of the caller's queues holds.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn workflow_buckets(&self) -> Result<WorkflowBuckets, ClientError> {
        self.get("/workflows/buckets".to_owned(), Vec::new()).await
    }

    /// One item with what was done and told.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn workflow(&self, workflow_id: &str) -> Result<WorkflowDetail, ClientError> {
        self.get(path(workflow_id, "")?, Vec::new()).await
    }

    /// Does something with an item. A repeat under the same request id is the same act.
    ///
    /// # Errors
    /// `forbidden` without the permission, or for who asked; `conflict` where it is not possible; `precondition_failed` when the
    /// item is not any more as the version says.
    pub async fn act_on_workflow(
        &self,
        workflow_id: &str,
        action: &WorkflowAction,
    ) -> Result<WorkflowDone, ClientError> {
        self.post(path(workflow_id, "/actions")?, Vec::new(), action, Repeat::Safe).await
    }

    /// Does the same with several items, each for itself. `confirm_text` of `action` is `{ACTION} {n} ITEMS` when there are several.
    ///
    /// # Errors
    /// `invalid_argument` for what is wrong with the request as a whole; what is refused for one item is in the answer.
    pub async fn act_on_workflows(
        &self,
        workflow_ids: &[String],
        action: &WorkflowAction,
    ) -> Result<WorkflowsDone, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            workflow_ids: &'a [String],
            #[serde(flatten)]
            action: &'a WorkflowAction,
        }
        let body = Body { workflow_ids, action };
        self.post("/workflows/actions".to_owned(), Vec::new(), &body, Repeat::Safe).await
    }

    /// Says what an action would do, and does nothing.
    ///
    /// # Errors
    /// Those that the action would have.
    pub async fn preview_workflow_action(
        &self,
        workflow_id: &str,
        action: &WorkflowAction,
    ) -> Result<Map<String, Value>, ClientError> {
        let params = Params::default().set("dry_run", Some(true));
        self.post(path(workflow_id, "/actions")?, params.0, action, Repeat::Safe).await
    }

    /// Waits until people have decided, and answers how. An item that is not there yet is waited for too, so whoever asked for an
    /// exception may call this at once. Unlike an `ApprovalRecorded` in a trace, which whoever writes to it can write, what this
    /// answers is decided by somebody who may.
    ///
    /// # Errors
    /// `wait_timeout` when nobody has decided in time, and the service's refusals.
    pub async fn wait_for_workflow(&self, workflow_id: &str, timeout: Duration) -> Result<Workflow, ClientError> {
        let end = Instant::now() + timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let seconds = left.as_secs().clamp(1, 25);
            let params = Params::default().set("timeout", Some(seconds));
            match self.get::<WorkflowWaited>(path(workflow_id, "/wait")?, params.0).await {
                Ok(waited) if waited.decided => return Ok(waited.workflow),
                Ok(_) => {}
                Err(error) if error.code == "not_found" && Instant::now() < end => {}
                Err(error) => return Err(error),
            }
            if Instant::now() >= end {
                let message = format!("nobody has decided {workflow_id} within {timeout:?}");
                let mut error = ClientError::local("wait_timeout", message);
                error.details.insert("workflow_id".to_owned(), workflow_id.into());
                return Err(error);
            }
        }
    }

    /// Folds the tenant's log and compares the outcome with the items.
    ///
    /// # Errors
    /// `forbidden` without the role `admin`.
    pub async fn verify_workflows(&self) -> Result<WorkflowVerdict, ClientError> {
        self.post("/admin/workflows:verify".to_owned(), Vec::new(), &Map::new(), Repeat::Safe).await
    }

    /// Makes the items again from the log. Nothing is told to anybody.
    ///
    /// # Errors
    /// `forbidden` without the permission `workflow_configure`.
    pub async fn rebuild_workflows(&self, reason: &str) -> Result<Map<String, Value>, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            reason: &'a str,
        }
        self.post("/admin/workflows:rebuild".to_owned(), Vec::new(), &Body { reason }, Repeat::Unsent).await
    }

    /// Events that no item could take, newest first.
    ///
    /// # Errors
    /// `forbidden` without the role `admin`.
    pub async fn workflow_dead_letters(&self) -> Result<Vec<Map<String, Value>>, ClientError> {
        #[derive(Deserialize)]
        struct Listed {
            dead_letters: Vec<Map<String, Value>>,
        }
        Ok(self.get::<Listed>("/admin/workflow-dead-letters".to_owned(), Vec::new()).await?.dead_letters)
    }

    /// Accepts that the items go on without an event.
    ///
    /// # Errors
    /// `not_found`; `forbidden` without the permission `workflow_configure`.
    pub async fn skip_workflow_dead_letter(&self, log_seq: i64, reason: &str) -> Result<(), ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            reason: &'a str,
        }
        let path = format!("/admin/workflow-dead-letters/{log_seq}/skip");
        self.post::<serde::de::IgnoredAny>(path, Vec::new(), &Body { reason }, Repeat::Unsent).await.map(drop)
    }
}

fn path(workflow_id: &str, rest: &str) -> Result<String, ClientError> {
    Ok(format!("/workflows/{}{rest}", segment("a workflow id", workflow_id)?))
}
