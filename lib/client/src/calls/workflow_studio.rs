//! What a review of a trace would be, starting it, and what another policy would have said.

use serde::Serialize;
use serde_json::Value;

use super::Params;
use crate::{
    Client, ClientError,
    client::Repeat,
    path::segment,
    rows::workflow_studio::{PolicySimulation, ReviewStarted, TraceDryRun},
};

/// A review to start. Fields that stay empty are as the dry run drafts them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Review {
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sla_hours: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<ReviewAssignee>,
}

/// Somebody: an account, everybody with a role, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct ReviewAssignee {
    pub account_id: Option<String>,
    pub role: Option<String>,
}

/// A policy to try on what happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct PolicyTrial {
    pub policy_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<String>,
    /// `rules[]` of `when[]` and `decision`, and `otherwise`.
    pub candidate: Value,
    pub traces: PolicyTrialTraces,
}

/// On which traces a policy is tried, latest start first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct PolicyTrialTraces {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl Client {
    /// What stands out about a trace, and the review of it that would be started; by the template that suits, unless one is
    /// named. Nothing is changed.
    ///
    /// # Errors
    /// `not_found` for a trace or template that is not there.
    pub async fn dry_run_trace(&self, trace_id: &str, template_id: Option<&str>) -> Result<TraceDryRun, ClientError> {
        self.get(path(trace_id, "")?, Params::default().set("template_id", template_id).0).await
    }

    /// What another policy would have said; with `as_of_log_seq` of what the log held then, so that the answer never changes.
    /// Nothing is changed.
    ///
    /// # Errors
    /// `invalid_argument` with everything that is wrong with the candidate; `projection_out_of_date` before the position.
    pub async fn simulate_policy(
        &self,
        trial: &PolicyTrial,
        as_of_log_seq: Option<i64>,
    ) -> Result<PolicySimulation, ClientError> {
        let params = Params::default().set("as_of_log_seq", as_of_log_seq).0;
        self.post("/workflow-studio/policy-simulations".to_owned(), params, trial, Repeat::Safe).await
    }

    /// Starts a review of a trace, running or finished. One by the same template that is open is the answer.
    ///
    /// # Errors
    /// `forbidden` without the permission `workflow_assign`; `not_found`; `invalid_argument` with everything that is wrong.
    pub async fn start_review(&self, trace_id: &str, review: &Review) -> Result<ReviewStarted, ClientError> {
        self.post(path(trace_id, "/reviews")?, Vec::new(), review, Repeat::Safe).await
    }
}

fn path(trace_id: &str, rest: &str) -> Result<String, ClientError> {
    Ok(format!("/workflow-studio/traces/{}{rest}", segment("a trace id", trace_id)?))
}
