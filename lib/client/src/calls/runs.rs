//! Asking for replay runs, following them, and deciding about events that were set aside.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Params;
use crate::{
    Client, ClientError, ProjectionFailure, Reprojection, Run, RunBatch, WrittenDigest, client::Repeat, path::segment,
};

/// A run to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewRun {
    /// A projection, or `all`.
    pub projection: String,
    /// `catch_up`, `rebuild` or `verify`.
    pub mode: String,
    /// Why; recorded with it.
    pub reason: String,
    /// Where a catch-up ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_log_seq: Option<i64>,
}

/// Which runs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunQuery {
    /// Only those in this status.
    pub status: Option<String>,
    /// Only those of this mode.
    pub mode: Option<String>,
    /// 1 to 200; the service takes 50 without it.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Which failures to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailureQuery {
    /// Only those in this status.
    pub status: Option<String>,
    /// Only those of this projection.
    pub projection: Option<String>,
    /// Only those of this trace.
    pub trace_id: Option<String>,
    /// 1 to 200; the service takes 50 without it.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of runs, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunPage {
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// The runs.
    pub runs: Vec<Run>,
}

/// A page of failures, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FailurePage {
    /// The failures.
    pub failures: Vec<ProjectionFailure>,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

/// A page of digests that were written down, newest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DigestPage {
    /// The digests.
    pub digests: Vec<WrittenDigest>,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct OneRun {
    run: Run,
}

#[derive(Deserialize)]
struct OneFailure {
    failure: ProjectionFailure,
}

#[derive(Serialize)]
struct Because<'a> {
    reason: &'a str,
}

impl Client {
    /// Queues a run.
    ///
    /// # Errors
    /// `forbidden` without the permission for its mode; `conflict` with `job_id` in the details while another run touches
    /// one of its projections.
    pub async fn start_run(&self, run: &NewRun) -> Result<Run, ClientError> {
        Ok(self.post::<OneRun>("/admin/replays".to_owned(), Vec::new(), run, Repeat::Unsent).await?.run)
    }

    /// Queues a run whose findings are attached to an item of review when it ends. A rebuild needs the phrase `REBUILD` and the
    /// name of the projection in capitals.
    ///
    /// # Errors
    /// As [`Client::start_run`]; `not_found` without such an item; `invalid_argument` with `needed` in the details without the
    /// phrase.
    pub async fn start_workflow_replay(
        &self,
        workflow_id: &str,
        run: &NewRun,
        confirmation: Option<&str>,
    ) -> Result<Run, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            projection: &'a str,
            mode: &'a str,
            reason: &'a str,
            confirmation: Option<&'a str>,
        }
        let body = Body { projection: &run.projection, mode: &run.mode, reason: &run.reason, confirmation };
        let path = format!("/workflows/{}/replays", segment("a workflow id", workflow_id)?);
        Ok(self.post::<OneRun>(path, Vec::new(), &body, Repeat::Unsent).await?.run)
    }

    /// Queues a run for each of `tenant_ids`; `*` is every tenant of the account. Needs no tenant.
    ///
    /// # Errors
    /// As [`Client::start_run`], but for what concerns one tenant, which is in the answer.
    pub async fn start_runs(&self, tenant_ids: &[String], run: &NewRun) -> Result<RunBatch, ClientError> {
        #[derive(Serialize)]
        struct Body<'a> {
            tenant_ids: &'a [String],
            #[serde(flatten)]
            run: &'a NewRun,
        }
        self.post("/admin/replays:batch".to_owned(), Vec::new(), &Body { tenant_ids, run }, Repeat::Unsent).await
    }

    /// One page of runs.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn runs(&self, query: &RunQuery) -> Result<RunPage, ClientError> {
        let params = Params::default()
            .set("status", query.status.as_deref())
            .set("mode", query.mode.as_deref())
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_deref());
        self.get("/admin/replays".to_owned(), params.0).await
    }

    /// One run.
    ///
    /// # Errors
    /// `not_found` for a run that this tenant does not have.
    pub async fn run(&self, job_id: &str) -> Result<Run, ClientError> {
        let path = format!("/admin/replays/{}", segment("a job id", job_id)?);
        Ok(self.get::<OneRun>(path, Vec::new()).await?.run)
    }

    /// Ends a run.
    ///
    /// # Errors
    /// `conflict` when it has ended already.
    pub async fn cancel_run(&self, job_id: &str) -> Result<Run, ClientError> {
        self.step_run(job_id, "cancel", None).await
    }

    /// Stops a run for now.
    ///
    /// # Errors
    /// `conflict` when it neither waits nor runs.
    pub async fn pause_run(&self, job_id: &str) -> Result<Run, ClientError> {
        self.step_run(job_id, "pause", None).await
    }

    /// Lets a paused run go on.
    ///
    /// # Errors
    /// `conflict` when it is not paused.
    pub async fn resume_run(&self, job_id: &str) -> Result<Run, ClientError> {
        self.step_run(job_id, "resume", None).await
    }

    /// Takes a step with a run, `cancel`, `pause` or `resume`, and leaves the reason in the audit.
    ///
    /// # Errors
    /// `conflict` when the run's status does not allow it.
    pub async fn step_run(&self, job_id: &str, step: &str, reason: Option<&str>) -> Result<Run, ClientError> {
        let path = format!("/admin/replays/{}/{}", segment("a job id", job_id)?, segment("a step", step)?);
        let body: Map<String, Value> = reason.map(|reason| ("reason".to_owned(), reason.into())).into_iter().collect();
        Ok(self.post::<OneRun>(path, Vec::new(), &body, Repeat::Unsent).await?.run)
    }

    /// One page of failures.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn failures(&self, query: &FailureQuery) -> Result<FailurePage, ClientError> {
        let params = Params::default()
            .set("status", query.status.as_deref())
            .set("projection", query.projection.as_deref())
            .set("trace_id", query.trace_id.as_deref())
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_deref());
        self.get("/admin/failures".to_owned(), params.0).await
    }

    /// One failure.
    ///
    /// # Errors
    /// `not_found` for a failure that this tenant does not have.
    pub async fn failure(&self, failure_id: &str) -> Result<ProjectionFailure, ClientError> {
        let path = format!("/admin/failures/{}", segment("a failure id", failure_id)?);
        Ok(self.get::<OneFailure>(path, Vec::new()).await?.failure)
    }

    /// Queues a run that projects the event of an open failure.
    ///
    /// # Errors
    /// `conflict` when the failure is not open, or while another run touches the projection.
    pub async fn retry_failure(&self, failure_id: &str) -> Result<Reprojection, ClientError> {
        let path = format!("/admin/failures/{}/retry", segment("a failure id", failure_id)?);
        self.post(path, Vec::new(), &Map::new(), Repeat::Unsent).await
    }

    /// Accepts that the event of an open failure is missing.
    ///
    /// # Errors
    /// `conflict` when the failure is not open.
    pub async fn quarantine(&self, failure_id: &str, reason: &str) -> Result<ProjectionFailure, ClientError> {
        let path = format!("/admin/failures/{}/quarantine", segment("a failure id", failure_id)?);
        Ok(self.post::<OneFailure>(path, Vec::new(), &Because { reason }, Repeat::Unsent).await?.failure)
    }

    /// Queues a run that projects the event of a quarantined failure.
    ///
    /// # Errors
    /// `conflict` when the failure is not quarantined, or while another run touches the projection.
    pub async fn resolve_failure(&self, failure_id: &str, reason: &str) -> Result<Reprojection, ClientError> {
        let path = format!("/admin/failures/{}/resolve", segment("a failure id", failure_id)?);
        self.post(path, Vec::new(), &Because { reason }, Repeat::Unsent).await
    }

    /// One page of the digests that were written down.
    ///
    /// # Errors
    /// The service's refusals.
    pub async fn digest_history(
        &self,
        projection: Option<&str>,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<DigestPage, ClientError> {
        let params = Params::default().set("projection", projection).set("limit", limit).set("cursor", cursor);
        self.get("/digests/history".to_owned(), params.0).await
    }
}
