//! Runs as their runner sees them: found, claimed, told about, ended.
//!
//! Whoever holds a run's advisory lock may claim it; the lock is gone with its holder, so a run that says `running` and whose
//! lock is free has lost its runner. The claim number is the fence: each claim raises it, and nothing that an earlier
//! claimant still sends is accepted.

use dg_domain::{LogSeq, TenantId};
use dg_projections::{Projection, RunMode, RunStatus, RunStep, RunTarget, Skips};
use tokio_postgres::{Row, types::ToSql};
use uuid::Uuid;

use super::{
    cursor::position,
    tally::{Tallies, read_digest},
    target::Target,
};
use crate::{error::StoreError, locks::LockClass, locks::LockKey, store::Store};

const RUNNABLE: &str = include_str!("../../../../sql/queries/runner/runnable.sql");
const CLAIM: &str = include_str!("../../../../sql/queries/runner/claim.sql");
const PROGRESS: &str = include_str!("../../../../sql/queries/runner/progress.sql");
const GOES_ON: &str = include_str!("../../../../sql/queries/runner/goes_on.sql");
const STATUS: &str = include_str!("../../../../sql/queries/runner/status.sql");
const END: &str = include_str!("../../../../sql/queries/runner/end.sql");
const REQUEUE: &str = include_str!("../../../../sql/queries/runner/requeue.sql");
const KEPT_DIGESTS: &str = include_str!("../../../../sql/queries/projections/kept_digests.sql");
const QUARANTINED: &str = include_str!("../../../../sql/queries/runner/quarantined.sql");
const GIVE_UP: &str = include_str!("../../../../sql/queries/builds/give_up.sql");

/// A run that wants a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnableRun {
    /// Whose projections.
    pub tenant: TenantId,
    /// Which run.
    pub job_id: Uuid,
    /// What it does.
    pub mode: RunMode,
}

impl RunnableRun {
    /// The lock of its runner.
    #[must_use]
    pub fn lock(&self) -> LockKey {
        LockKey::new(LockClass::Run, &[self.tenant.as_str(), &self.job_id.to_string()])
    }
}

/// A run in the hands of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_runs, which explains them")]
pub struct ClaimedRun {
    pub tenant: TenantId,
    pub job_id: Uuid,
    pub target: RunTarget,
    pub mode: RunMode,
    pub status: RunStatus,
    pub failure_id: Option<Uuid>,
    pub until: Option<LogSeq>,
    pub target_log_seq: LogSeq,
    pub processed_events: i64,
    pub last_log_seq: LogSeq,
    pub claim: i64,
    pub attempt: i64,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_runs, which explains them")]
pub struct Progress {
    pub processed_events: i64,
    pub last_log_seq: LogSeq,
    pub target_log_seq: LogSeq,
    pub events_per_second: f64,
    pub phase: &'static str,
}

/// What the run's row says to its runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Go on.
    Continue,
    /// Keep what is done and let go.
    Pause,
    /// Remove what is done.
    Cancel,
    /// The run is somebody else's now, or ended.
    Lost,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// As asked; the result is a JSON object.
    Completed {
        /// What came out.
        result_json: String,
    },
    /// It noticed a cancel.
    Cancelled,
    /// It could not go on.
    Failed {
        /// The stable code.
        code: String,
        /// A sentence.
        message: String,
    },
}

impl Store {
    /// Runs that want a runner, oldest first. Most of those that say `running` have one.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn runnable_runs(&self) -> Result<Vec<RunnableRun>, StoreError> {
        let name = "runner.runnable";
        let rows = self.query(name, RUNNABLE, &[]).await?;
        rows.iter()
            .map(|row| Ok(RunnableRun { tenant: tenant(row)?, job_id: field(row, "job_id")?, mode: mode(row)? }))
            .collect()
    }

    /// Claims a run for the process `owner`, which holds its lock. `None` when it ended or was paused meanwhile.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn claim_run(&self, run: &RunnableRun, owner: &str) -> Result<Option<ClaimedRun>, StoreError> {
        let from: Vec<&str> = RunStep::Claim.allowed_from().into_iter().map(RunStatus::as_str).collect();
        let params: [&(dyn ToSql + Sync); 4] = [&run.tenant.as_str(), &run.job_id, &owner, &from];
        let row = self.of(&run.tenant).query_opt("runner.claim", CLAIM, &params).await?;
        row.map(|row| read_claimed(&row)).transpose()
    }

    /// Notes how far a run is and asks whether it shall go on.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn run_progress(&self, run: &ClaimedRun, progress: &Progress) -> Result<Signal, StoreError> {
        let tenant = run.tenant.as_str();
        let told = Told::of(progress);
        let rows =
            self.of(&run.tenant).query("runner.progress", PROGRESS, &told.params(run, &tenant, progress)).await?;
        if rows.is_empty() { self.run_signal(run).await } else { Ok(Signal::Continue) }
    }

    /// What a run's row says to its runner.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn run_signal(&self, run: &ClaimedRun) -> Result<Signal, StoreError> {
        let row = self.of(&run.tenant).query_opt("runner.status", STATUS, &[&run.tenant.as_str(), &run.job_id]).await?;
        let Some(row) = row else { return Ok(Signal::Lost) };
        let (status, claim): (&str, i64) = (borrowed(&row, "status")?, field(&row, "claim")?);
        Ok(match RunStatus::from_name(status) {
            _ if claim != run.claim => Signal::Lost,
            Some(RunStatus::Running) => Signal::Continue,
            Some(RunStatus::Paused) => Signal::Pause,
            Some(RunStatus::Cancelling) => Signal::Cancel,
            // Paused and resumed before it was noticed: the next claim takes it up.
            Some(RunStatus::Queued | RunStatus::Cancelled | RunStatus::Completed | RunStatus::Failed) | None => {
                Signal::Lost
            }
        })
    }

    /// Ends a run and gives up what it has half built. Answers whether it was this runner's to end.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn end_run(&self, run: &ClaimedRun, end: &RunEnd) -> Result<bool, StoreError> {
        let tenant = run.tenant.as_str();
        self.of(&run.tenant).query("builds.give_up", GIVE_UP, &[&tenant, &run.job_id]).await?;
        let ending = Ending::of(end);
        let ended = self.of(&run.tenant).query("runner.end", END, &ending.params(run, &tenant)).await?;
        Ok(!ended.is_empty())
    }

    /// Gives a run back, so that the next runner goes on with it and does not take it for one whose runner died.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn requeue_run(&self, run: &ClaimedRun) -> Result<(), StoreError> {
        self.of(&run.tenant)
            .query("runner.requeue", REQUEUE, &[&run.tenant.as_str(), &run.job_id, &run.claim])
            .await
            .map(drop)
    }

    /// The row digests of a tenant's live projections, as they are kept.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn kept_tallies(&self, tenant: &TenantId) -> Result<Tallies, StoreError> {
        let mut tallies = Tallies::default();
        for row in &self.of(tenant).query("projections.kept_digests", KEPT_DIGESTS, &[&tenant.as_str()]).await? {
            if let Some(projection) = Projection::from_name(borrowed(row, "projection_name")?) {
                tallies.set(projection, read_digest(row)?);
            }
        }
        Ok(tallies)
    }

    /// What operators decided that projections of a tenant do not hold.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn quarantined(&self, tenant: &TenantId) -> Result<Skips, StoreError> {
        let name = "runner.quarantined";
        let rows = self.of(tenant).query(name, QUARANTINED, &[&tenant.as_str()]).await?;
        let mut skips = Skips::new();
        for row in &rows {
            if let Some(projection) = Projection::from_name(borrowed(row, "projection_name")?) {
                skips.insert((projection, position(field(row, "log_seq")?)?));
            }
        }
        Ok(skips)
    }
}

/// Notes progress inside the transaction that made it. Answers whether the run may go on; the transaction is to be undone
/// when not.
pub(super) async fn progress_in(
    target: &Target<'_>,
    run: &ClaimedRun,
    progress: &Progress,
) -> Result<bool, StoreError> {
    let told = Told::of(progress);
    Ok(!target.query("runner.progress", PROGRESS, &told.params(run, &target.tenant, progress)).await?.is_empty())
}

/// Whether the run may go on, read inside the transaction that did a part of it.
pub(super) async fn goes_on_in(target: &Target<'_>, run: &ClaimedRun) -> Result<bool, StoreError> {
    let rows = target.query("runner.goes_on", GOES_ON, &[&target.tenant, &run.job_id, &run.claim]).await?;
    Ok(!rows.is_empty())
}

/// Ends a run inside the transaction that did what was asked; a cancel that came before wins.
pub(super) async fn end_in(target: &Target<'_>, run: &ClaimedRun, end: &RunEnd) -> Result<bool, StoreError> {
    let ending = Ending { from: vec![RunStatus::Running.as_str()], ..Ending::of(end) };
    Ok(!target.query("runner.end", END, &ending.params(run, &target.tenant)).await?.is_empty())
}

/// Progress as the columns of its row.
struct Told {
    last_log_seq: i64,
    target_log_seq: i64,
}

impl Told {
    fn of(progress: &Progress) -> Self {
        Self { last_log_seq: progress.last_log_seq.get(), target_log_seq: progress.target_log_seq.get() }
    }

    fn params<'p>(
        &'p self,
        run: &'p ClaimedRun,
        tenant: &'p &'p str,
        progress: &'p Progress,
    ) -> [&'p (dyn ToSql + Sync); 8] {
        let (events, rate, phase) = (&progress.processed_events, &progress.events_per_second, &progress.phase);
        [tenant, &run.job_id, &run.claim, events, &self.last_log_seq, &self.target_log_seq, rate, phase]
    }
}

/// An end as the columns of its row.
struct Ending {
    status: &'static str,
    code: Option<String>,
    message: Option<String>,
    result_json: String,
    from: Vec<&'static str>,
}

impl Ending {
    fn of(end: &RunEnd) -> Self {
        let (status, step, code, message, result) = match end {
            RunEnd::Completed { result_json } => {
                (RunStatus::Completed, RunStep::Complete, None, None, Some(result_json.clone()))
            }
            RunEnd::Cancelled => (RunStatus::Cancelled, RunStep::Stop, None, None, None),
            RunEnd::Failed { code, message } => {
                (RunStatus::Failed, RunStep::Fail, Some(code.clone()), Some(message.clone()), None)
            }
        };
        Self {
            status: status.as_str(),
            code,
            message,
            result_json: result.unwrap_or_else(|| "{}".to_owned()),
            from: step.allowed_from().into_iter().map(RunStatus::as_str).collect(),
        }
    }

    fn params<'p>(&'p self, run: &'p ClaimedRun, tenant: &'p &'p str) -> [&'p (dyn ToSql + Sync); 8] {
        let (code, message) = (&self.code, &self.message);
        [tenant, &run.job_id, &run.claim, &self.status, code, message, &self.result_json, &self.from]
    }
}

fn read_claimed(row: &Row) -> Result<ClaimedRun, StoreError> {
    let target = borrowed(row, "projection_name")?;
    let until: Option<i64> = field(row, "until_log_seq")?;
    Ok(ClaimedRun {
        tenant: tenant(row)?,
        job_id: field(row, "job_id")?,
        target: RunTarget::from_name(target).ok_or(StoreError::NotFound { what: "projection" })?,
        mode: mode(row)?,
        status: RunStatus::from_name(borrowed(row, "status")?).ok_or(StoreError::NotFound { what: "status" })?,
        failure_id: field(row, "failure_id")?,
        until: until.map(position).transpose()?,
        target_log_seq: position(field(row, "target_log_seq")?)?,
        processed_events: field(row, "processed_events")?,
        last_log_seq: position(field(row, "last_log_seq")?)?,
        claim: field(row, "claim")?,
        attempt: field(row, "attempt")?,
    })
}

fn tenant(row: &Row) -> Result<TenantId, StoreError> {
    TenantId::new(borrowed(row, "tenant_id")?).map_err(|source| StoreError::corrupt("runner.run", source))
}

fn mode(row: &Row) -> Result<RunMode, StoreError> {
    RunMode::from_name(borrowed(row, "mode")?).ok_or(StoreError::NotFound { what: "mode" })
}

pub(super) fn borrowed<'r>(row: &'r Row, name: &str) -> Result<&'r str, StoreError> {
    row.try_get(name).map_err(StoreError::of("runner.run"))
}

pub(super) fn field<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, name: &str) -> Result<T, StoreError> {
    row.try_get(name).map_err(StoreError::of("runner.run"))
}
