//! Replays that items asked for: what they found becomes a part of the review.

use dg_domain::TenantId;
use dg_workflow::{command::replayed, evidence::EndedRun, ids};
use serde_json::Value;
use uuid::Uuid;

use super::{Synced, Turn};
use crate::{error::StoreError, projections::columns::Columns, store::Store};

const ENDED: &str = include_str!("../../../../sql/queries/workflow/ended_runs.sql");
const ATTACHED: &str = include_str!("../../../../sql/queries/workflow/run_attached.sql");
/// Most runs that one turn tells of.
const AT_ONCE: i64 = 20;

impl Store {
    /// Tells the items of a tenant how the replays ended that they asked for, each once: what is told and that it was told
    /// is one transaction.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_attach(&self, tenant: &TenantId) -> Result<Synced, StoreError> {
        let mut turn = Turn::begin_caught_up(self, tenant).await?;
        let name = "workflow.ended_runs";
        let rows = turn.work().query(name, ENDED, &[&tenant.as_str(), &AT_ONCE]).await?;
        let mut done = Synced { more: rows.len() == usize::try_from(AT_ONCE).unwrap_or_default(), ..Synced::default() };
        for row in &rows {
            let row = Columns { name, row };
            let (job_id, workflow_id): (Uuid, String) = (row.get("job_id")?, row.get("workflow_id")?);
            if let Some(item) = turn.item(&workflow_id).await? {
                let run = ended(job_id, row)?;
                let drafts = replayed(&item, &run, tenant.as_str(), turn.now());
                turn.append(&drafts, ids::TIMER).await?.map_err(StoreError::from)?;
                done.attached += 1;
            }
            turn.work().count("workflow.run_attached", ATTACHED, &[&tenant.as_str(), &job_id]).await?;
        }
        done.told = turn.commit().await?;
        Ok(done)
    }
}

fn ended(job_id: Uuid, row: Columns<'_>) -> Result<EndedRun, StoreError> {
    let text: String = row.get("result_json")?;
    let result = match serde_json::from_str(&text).map_err(|source| StoreError::corrupt(row.name, source))? {
        Value::Object(result) => result,
        _ => serde_json::Map::new(),
    };
    Ok(EndedRun {
        job_id: job_id.to_string(),
        projection: row.get("projection_name")?,
        mode: row.get("mode")?,
        status: row.get("status")?,
        log_seq: row.get("last_log_seq")?,
        error_code: row.get("error_code")?,
        result,
    })
}
