//! Replay runs as operators see them: asked for, listed, paused, cancelled. Who carries them out is dg-projectord.

use std::collections::BTreeMap;

use dg_domain::{LogSeq, Micros, TenantId};
use dg_projections::{RunMode, RunStatus, RunStep, RunTarget};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::{FailureStatus, columns::Columns};
use crate::{error::StoreError, store::Store, values::PgMicros};

const CREATE: &str = include_str!("../../../../sql/queries/runs/create.sql");
const CREATE_REPROJECTION: &str = include_str!("../../../../sql/queries/runs/create_reprojection.sql");
const OVERLAPPING: &str = include_str!("../../../../sql/queries/runs/overlapping.sql");
const ONE: &str = include_str!("../../../../sql/queries/runs/one.sql");
const PAGE: &str = include_str!("../../../../sql/queries/runs/page.sql");
const OPEN: &str = include_str!("../../../../sql/queries/runs/open.sql");
const OF_WORKFLOW: &str = include_str!("../../../../sql/queries/runs/of_workflow.sql");
const STEP: &str = include_str!("../../../../sql/queries/runs/step.sql");
/// A run that stood in the way may end before it is named; the next attempt comes through then.
const ATTEMPTS: usize = 3;

/// A replay run.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_runs, which explains them")]
pub struct Run {
    pub tenant_id: TenantId,
    pub job_id: Uuid,
    pub batch_id: Option<Uuid>,
    pub target: RunTarget,
    pub mode: RunMode,
    pub status: RunStatus,
    pub failure_id: Option<Uuid>,
    pub reason: String,
    pub requested_by: String,
    pub requested_roles: Vec<String>,
    pub request_id: String,
    pub metadata_json: String,
    pub requested_at: Micros,
    pub started_at: Option<Micros>,
    pub finished_at: Option<Micros>,
    pub since_log_seq: LogSeq,
    pub until_log_seq: Option<LogSeq>,
    pub target_log_seq: Option<LogSeq>,
    pub processed_events: i64,
    pub last_log_seq: LogSeq,
    pub events_per_second: f64,
    pub phase: String,
    pub attempt: i64,
    pub owner: String,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub result_json: String,
}

/// Who asks for a run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The principal.
    pub account_id: String,
    /// Its roles at that moment.
    pub roles: Vec<String>,
    /// The request.
    pub request_id: String,
    /// Why; 1 to 2,000 characters, not blank.
    pub reason: String,
    /// A JSON object as text.
    pub metadata_json: String,
}

/// Runs to ask for: one per tenant, the rest is the same for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRuns {
    /// The tenants, each with the id of its run.
    pub tenants: Vec<(TenantId, Uuid)>,
    /// What they have in common, when they were asked for together.
    pub batch_id: Option<Uuid>,
    /// Which projections.
    pub target: RunTarget,
    /// What to do; not [`RunMode::Reproject`].
    pub mode: RunMode,
    /// Where a catch-up ends.
    pub until_log_seq: Option<LogSeq>,
    /// The item of review that is told how the runs end.
    pub workflow_id: Option<String>,
    /// Who and why.
    pub asker: Asker,
}

/// Which runs to list. Absent fields do not filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Where they stand.
    pub status: Option<RunStatus>,
    /// What they do.
    pub mode: Option<RunMode>,
    /// Only those before this one: the end of the page before.
    pub after: Option<(Micros, Uuid)>,
}

impl Store {
    /// Queues a run for each tenant. The answer has one item per tenant, in the order given.
    ///
    /// # Errors
    /// The database's. Per tenant: [`StoreError::RunOverlaps`].
    pub async fn create_runs(&self, new: &NewRuns) -> Result<Vec<Result<Run, StoreError>>, StoreError> {
        let mut answers: BTreeMap<TenantId, Result<Run, StoreError>> = BTreeMap::new();
        for _ in 0..ATTEMPTS {
            let open = new.tenants.iter().filter(|(tenant, _)| !answers.contains_key(tenant));
            let open: Vec<&(TenantId, Uuid)> = open.collect();
            if open.is_empty() {
                break;
            }
            let created = self.insert_runs(new, &open).await?;
            let all_created = created.len() == open.len();
            answers.extend(created.into_iter().map(|run| (run.tenant_id.clone(), Ok(run))));
            if !all_created {
                let refused = open.iter().map(|(tenant, _)| tenant).filter(|tenant| !answers.contains_key(*tenant));
                let refused: Vec<&str> = refused.map(TenantId::as_str).collect();
                let others = self.overlapping(&refused, new.target).await?;
                answers.extend(
                    others.into_iter().map(|(tenant, job_id)| (tenant, Err(StoreError::RunOverlaps { job_id }))),
                );
            }
        }
        // What is not there after all attempts: one run after another came and went in the way.
        let unlucky = || Err(StoreError::Exists { what: "run" });
        Ok(new.tenants.iter().map(|(tenant, _)| answers.remove(tenant).unwrap_or_else(unlucky)).collect())
    }

    async fn insert_runs(&self, new: &NewRuns, tenants: &[&(TenantId, Uuid)]) -> Result<Vec<Run>, StoreError> {
        let names: Vec<&str> = tenants.iter().map(|(tenant, _)| tenant.as_str()).collect();
        let job_ids: Vec<Uuid> = tenants.iter().map(|(_, job_id)| *job_id).collect();
        let asker = &new.asker;
        let params: [&(dyn ToSql + Sync); 12] = [
            &names,
            &job_ids,
            &new.batch_id,
            &new.target.as_str(),
            &new.mode.as_str(),
            &asker.reason,
            &asker.account_id,
            &asker.roles,
            &asker.request_id,
            &asker.metadata_json,
            &new.until_log_seq.map(LogSeq::get),
            &new.workflow_id,
        ];
        read_all("runs.create", &self.of_all(&names).query("runs.create", CREATE, &params).await?)
    }

    /// Queues a run that projects the event of a failure, which has to be in the status `from`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`], [`StoreError::RunOverlaps`], or the database's.
    pub async fn create_reprojection(
        &self,
        tenant: &TenantId,
        failure_id: Uuid,
        job_id: Uuid,
        from: FailureStatus,
        asker: &Asker,
    ) -> Result<Run, StoreError> {
        let name = "runs.create_reprojection";
        let params: [&(dyn ToSql + Sync); 9] = [
            &tenant.as_str(),
            &failure_id,
            &job_id,
            &from.as_str(),
            &asker.reason,
            &asker.account_id,
            &asker.roles,
            &asker.request_id,
            &asker.metadata_json,
        ];
        for _ in 0..ATTEMPTS {
            if let Some(row) = self.of(tenant).query_opt(name, CREATE_REPROJECTION, &params).await? {
                return read(Columns { name, row: &row });
            }
            let failure = self.failure(tenant, failure_id).await?.ok_or(StoreError::NotFound { what: "failure" })?;
            if failure.status != from {
                return Err(StoreError::WrongState { what: "failure", status: failure.status.as_str() });
            }
            let target = RunTarget::One(failure.projection);
            if let Some((_, job_id)) = self.overlapping(&[tenant.as_str()], target).await?.pop() {
                return Err(StoreError::RunOverlaps { job_id });
            }
        }
        Err(StoreError::Exists { what: "run" })
    }

    async fn overlapping(&self, tenants: &[&str], target: RunTarget) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let name = "runs.overlapping";
        let rows = self.of_all(tenants).query(name, OVERLAPPING, &[&tenants, &target.as_str()]).await?;
        let rows = rows.iter().map(|row| Columns { name, row });
        rows.map(|row| Ok((row.tenant("tenant_id")?, row.get("job_id")?))).collect()
    }

    /// One run of a tenant.
    ///
    /// # Errors
    /// The database's.
    pub async fn run(&self, tenant: &TenantId, job_id: Uuid) -> Result<Option<Run>, StoreError> {
        let rows = self.of(tenant).query("runs.one", ONE, &[&tenant.as_str(), &job_id]).await?;
        Ok(read_all("runs.one", &rows)?.pop())
    }

    /// A page of a tenant's runs, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs(&self, tenant: &TenantId, filter: &RunFilter, limit: i64) -> Result<Vec<Run>, StoreError> {
        let params: [&(dyn ToSql + Sync); 6] = [
            &tenant.as_str(),
            &filter.status.map(RunStatus::as_str),
            &filter.mode.map(RunMode::as_str),
            &filter.after.map(|(at, _)| PgMicros(at)),
            &filter.after.map(|(_, job_id)| job_id),
            &limit,
        ];
        read_all("runs.page", &self.of(tenant).query("runs.page", PAGE, &params).await?)
    }

    /// The runs that an item of review asked for, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn runs_of_workflow(
        &self,
        tenant: &TenantId,
        workflow_id: &str,
        limit: i64,
    ) -> Result<Vec<Run>, StoreError> {
        let name = "runs.of_workflow";
        read_all(name, &self.of(tenant).query(name, OF_WORKFLOW, &[&tenant.as_str(), &workflow_id, &limit]).await?)
    }

    /// The runs of a tenant that have not ended, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn open_runs(&self, tenant: &TenantId) -> Result<Vec<Run>, StoreError> {
        read_all("runs.open", &self.of(tenant).query("runs.open", OPEN, &[&tenant.as_str()]).await?)
    }

    /// Takes a step with a run, if its status allows it. For the steps of operators: cancel, pause, resume.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::WrongState`], or the database's.
    pub async fn step_run(&self, tenant: &TenantId, job_id: Uuid, step: RunStep) -> Result<Run, StoreError> {
        let ways: Vec<(RunStatus, RunStatus)> =
            RunStatus::ALL.into_iter().filter_map(|from| Some((from, step.after(from)?))).collect();
        let from: Vec<&str> = ways.iter().map(|(from, _)| from.as_str()).collect();
        let to: Vec<&str> = ways.iter().map(|(_, to)| to.as_str()).collect();
        let ended: Vec<bool> = ways.iter().map(|(_, to)| to.is_final()).collect();
        let rows = self.of(tenant).query("runs.step", STEP, &[&tenant.as_str(), &job_id, &from, &to, &ended]).await?;
        if let Some(run) = read_all("runs.step", &rows)?.pop() {
            return Ok(run);
        }
        let run = self.run(tenant, job_id).await?.ok_or(StoreError::NotFound { what: "run" })?;
        Err(StoreError::WrongState { what: "run", status: run.status.as_str() })
    }
}

fn read_all(name: &'static str, rows: &[Row]) -> Result<Vec<Run>, StoreError> {
    rows.iter().map(|row| read(Columns { name, row })).collect()
}

fn read(row: Columns<'_>) -> Result<Run, StoreError> {
    Ok(Run {
        tenant_id: row.tenant("tenant_id")?,
        job_id: row.get("job_id")?,
        batch_id: row.get("batch_id")?,
        target: row.named("projection_name", RunTarget::from_name)?,
        mode: row.named("mode", RunMode::from_name)?,
        status: row.named("status", RunStatus::from_name)?,
        failure_id: row.get("failure_id")?,
        reason: row.get("reason")?,
        requested_by: row.get("requested_by")?,
        requested_roles: row.get("requested_roles")?,
        request_id: row.get("request_id")?,
        metadata_json: row.get("metadata_json")?,
        requested_at: row.at("requested_at")?,
        started_at: row.at_if_any("started_at")?,
        finished_at: row.at_if_any("finished_at")?,
        since_log_seq: row.position("since_log_seq")?,
        until_log_seq: row.position_if_any("until_log_seq")?,
        target_log_seq: row.position_if_any("target_log_seq")?,
        processed_events: row.get("processed_events")?,
        last_log_seq: row.position("last_log_seq")?,
        events_per_second: row.get("events_per_second")?,
        phase: row.get("phase")?,
        attempt: row.get("attempt")?,
        owner: row.get("owner")?,
        error_code: row.get("error_code")?,
        error_message: row.get("error_message")?,
        result_json: row.get("result_json")?,
    })
}
