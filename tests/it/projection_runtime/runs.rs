//! Replay runs as the API asks for them and as the projectors leave them, straight in their table.

use dg_domain::TenantId;
use dg_testkit::wait_for;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

use super::ground::{DEADLINE, Ground};

const ASK: &str = "
    INSERT INTO dg_projection_runs (tenant_id, job_id, projection_name, mode, failure_id, reason, requested_by)
    VALUES ($1, $2, $3, $4, $5, 'a drill', 'test')";

const LOOK: &str = "
    SELECT status, attempt, result_json, coalesce(error_code || ': ' || error_message, '') AS error
    FROM dg_projection_runs WHERE job_id = $1";

/// How a run stands.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) status: String,
    pub(super) attempt: i64,
    pub(super) result: Value,
    pub(super) error: String,
}

/// Asks for runs and looks at them, with the API's rights.
pub(super) struct Runs {
    api: Client,
    /// Sees the runs of every tenant.
    admin: Client,
}

impl Runs {
    pub(super) async fn of(ground: &Ground) -> Self {
        Self { api: ground.role("dg_apid").await, admin: ground.admin().await }
    }

    /// Asks for a run over one projection or `all` of them.
    pub(super) async fn ask(&self, tenant: &TenantId, mode: &str, projection: &str) -> Uuid {
        self.insert(tenant, mode, projection, None).await
    }

    /// Asks to project what is set aside.
    pub(super) async fn release(&self, tenant: &TenantId, projection: &str, failure_id: Uuid) -> Uuid {
        self.insert(tenant, "reproject", projection, Some(failure_id)).await
    }

    async fn insert(&self, tenant: &TenantId, mode: &str, projection: &str, failure_id: Option<Uuid>) -> Uuid {
        let job_id = Uuid::now_v7();
        self.api.execute("SELECT set_config('dg.tenant', $1, false)", &[&tenant.as_str()]).await.unwrap();
        self.api.execute(ASK, &[&tenant.as_str(), &job_id, &projection, &mode, &failure_id]).await.unwrap();
        self.api.batch_execute("NOTIFY dg_jobs").await.unwrap();
        job_id
    }

    pub(super) async fn look(&self, job_id: Uuid) -> Run {
        let row = self.admin.query_one(LOOK, &[&job_id]).await.unwrap();
        let result: String = row.get("result_json");
        Run {
            status: row.get("status"),
            attempt: row.get("attempt"),
            result: serde_json::from_str(&result).unwrap(),
            error: row.get("error"),
        }
    }

    /// Waits for the end of a run.
    pub(super) async fn ended(&self, job_id: Uuid) -> Run {
        let mut last = None;
        let ended = wait_for(DEADLINE, "a run to end", async || {
            let run = self.look(job_id).await;
            let is_over = matches!(&*run.status, "completed" | "failed" | "cancelled");
            last = Some(run.clone());
            is_over.then_some(run)
        });
        let ended = ended.await;
        ended.unwrap_or_else(|error| unreachable!("{error}: {last:?}"))
    }

    /// Waits for the end of runs, each of which has to be completed; answers them.
    pub(super) async fn completed(&self, jobs: &[Uuid]) -> Vec<Run> {
        let mut runs = Vec::new();
        for job_id in jobs {
            let run = self.ended(*job_id).await;
            assert_eq!(run.status, "completed", "{} {run:?}", run.error);
            runs.push(run);
        }
        runs
    }

    /// How many runs are over.
    pub(super) async fn over(&self) -> i64 {
        let sql = "SELECT count(*) FROM dg_projection_runs WHERE finished_at IS NOT NULL";
        self.admin.query_one(sql, &[]).await.unwrap().get(0)
    }
}
