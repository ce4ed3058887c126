//! A generation beside the live one: filled batch by batch, then made the live one, or thrown away.
//!
//! Nobody reads the slot that is being built, so its batches need no fence but the run's claim, which each of them checks
//! right before it commits. The switch is one transaction that holds the cursor rows: it takes in what the live generation
//! is ahead by, and changes which slot is live. Readers before it see all of the old generation, readers after it all of
//! the new one.

use dg_domain::{LogSeq, TenantId};
use dg_projections::{Batch, FoldError, Folded, Projection, Skips, fold};
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    aside::{self, Aside},
    copy::{self, Seen},
    cursor::position,
    runner::{self, ClaimedRun, Progress, RunEnd, Signal, borrowed, field},
    scope::{LeftOut, record_failure},
    statements::Statements,
    tally::{Tallies, read_digest},
    target::{Slots, Target},
};
use crate::{
    config::DatabaseConfig,
    connection::{self, Connection},
    error::StoreError,
    store::Store,
};

const OPEN: &str = include_str!("../../../../sql/queries/builds/open.sql");
const OF_RUN: &str = include_str!("../../../../sql/queries/builds/of_run.sql");
const MOVE: &str = include_str!("../../../../sql/queries/builds/move.sql");
const SWITCH: &str = include_str!("../../../../sql/queries/builds/switch.sql");
const RETIRE: &str = include_str!("../../../../sql/queries/builds/retire.sql");
const SUPERSEDE: &str = include_str!("../../../../sql/queries/runner/supersede.sql");
const LOCK_CURSORS: &str = include_str!("../../../../sql/queries/projections/lock_cursors.sql");

/// As for a live writer; and a batch of a build is large, so that one statement may take its time. Batches need not be on disk
/// when they are committed: a server that dies loses rows, position and progress of the last ones together, and the run
/// goes on from before them. What changes the live generation waits for the disk, see [`DURABLE`].
const SESSION: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
    SET plan_cache_mode = force_generic_plan; SET synchronous_commit = off; \
    SET idle_in_transaction_session_timeout = 30000; SET statement_timeout = 300000";

/// For transactions of a builder that readers will see. It also makes durable all that was committed before.
pub(super) const DURABLE: &str = "SET LOCAL synchronous_commit = on";

/// What the switch folds itself at most, while it holds the cursors.
const LAST_STRETCH: i64 = 1_000;

/// A generation under construction.
#[derive(Debug)]
pub struct Build {
    tenant: TenantId,
    job_id: Uuid,
    projections: Vec<Projection>,
    slots: Slots,
    applied: LogSeq,
    tallies: Tallies,
    seen: Seen,
    aside: Vec<Aside>,
    quarantined: Skips,
}

impl Build {
    /// Which projections.
    #[must_use]
    pub fn projections(&self) -> &[Projection] {
        &self.projections
    }

    /// The last event that is in it.
    #[must_use]
    pub fn applied(&self) -> LogSeq {
        self.applied
    }

    /// The row digest of each projection.
    #[must_use]
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// How many events could not be folded into it.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.aside.len()
    }

    pub(super) fn slots(&self) -> Slots {
        self.slots
    }

    pub(super) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// What a fold for this build leaves out: what operators decided, and what could not be folded earlier on.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        let positions = self.aside.iter().filter(|aside| aside.concerns(Projection::PrecedentIndex));
        let positions = positions.map(Aside::log_seq).collect();
        LeftOut { open_again: true, positions, skips: self.quarantined.clone() }
    }

    fn names(&self) -> Vec<&'static str> {
        self.projections.iter().map(|projection| projection.as_str()).collect()
    }
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switched {
    /// The generation is live, under this number; whether its rows are those of the one before.
    Done {
        /// The number of the generation.
        generation: i64,
        /// Whether every projection has the same row digest as before, where both stood at one position.
        equal: bool,
    },
    /// The live generation is too far ahead; fold up to there first.
    Behind,
    /// The run is not to go on.
    Refused,
}

/// The session that builds generations.
#[derive(Debug)]
pub struct GenerationBuilder {
    connection: Connection,
    statements: Statements,
    store: Store,
}

impl GenerationBuilder {
    /// Opens the session; `store` reads beside it.
    ///
    /// # Errors
    /// As [`connection::connect`].
    pub async fn connect(config: &DatabaseConfig, store: &Store) -> Result<Self, StoreError> {
        let connection = connection::connect(config).await?;
        connection.client().batch_execute(SESSION).await.map_err(StoreError::of("builds.session"))?;
        Ok(Self { connection, statements: Statements::default(), store: store.clone() })
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn parts(&mut self) -> (&mut tokio_postgres::Client, &Statements) {
        (self.connection.client_mut(), &self.statements)
    }

    /// Takes the free slot of every projection of a run, or goes on with what the run has built. `None` while a slot still
    /// holds an older generation.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn open(&mut self, run: &ClaimedRun) -> Result<Option<Build>, StoreError> {
        let projections = run.target.projections();
        let names: Vec<&str> = projections.iter().map(|projection| projection.as_str()).collect();
        let quarantined = self.store.quarantined(&run.tenant).await?;
        let transaction = self.connection.client_mut().transaction().await.map_err(StoreError::of("builds.begin"))?;
        let tenant = run.tenant.as_str();
        let slots = Slots::default();
        let target = Target { client: transaction.client(), statements: &self.statements, tenant, slots };
        target.query("builds.open", OPEN, &[&tenant, &names, &run.job_id]).await?;
        let rows = target.query("builds.of_run", OF_RUN, &[&tenant, &names, &run.job_id]).await?;
        if rows.len() != projections.len() {
            return Ok(None);
        }
        let build = read_build(run, projections, quarantined, &rows)?;
        transaction.commit().await.map_err(StoreError::of("builds.commit"))?;
        Ok(Some(build))
    }

    /// Writes the answer of a fold over `batch` and the run's progress, and commits; or changes nothing and says why.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn write(
        &mut self,
        run: &ClaimedRun,
        build: &mut Build,
        batch: &Batch,
        folded: &Folded,
        progress: &Progress,
    ) -> Result<Signal, StoreError> {
        let transaction = self.connection.client_mut().transaction().await.map_err(StoreError::of("builds.begin"))?;
        let tenant = run.tenant.as_str();
        let target = Target { client: transaction.client(), statements: &self.statements, tenant, slots: build.slots };
        let filled = fill(&target, build, batch, folded).await?;
        if !runner::progress_in(&target, run, progress).await? {
            transaction.rollback().await.map_err(StoreError::of("builds.rollback"))?;
            // It has noted nodes that are not there after all.
            build.seen = Seen::partial();
            return self.store.run_signal(run).await;
        }
        transaction.commit().await.map_err(StoreError::of("builds.commit"))?;
        filled.keep(build);
        Ok(Signal::Continue)
    }

    /// Makes the generation the live one and ends the run with `result`, given the generation's number and whether its rows
    /// are those of the one before.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn switch(
        &mut self,
        run: &ClaimedRun,
        build: &mut Build,
        owner: &str,
        result: impl FnOnce(i64, bool) -> String,
    ) -> Result<Switched, StoreError> {
        let names = build.names();
        let transaction = self.connection.client_mut().transaction().await.map_err(StoreError::of("builds.begin"))?;
        let tenant = build.tenant.clone();
        let tenant = tenant.as_str();
        let target = Target { client: transaction.client(), statements: &self.statements, tenant, slots: build.slots };
        target.command("builds.durable", DURABLE).await?;
        let live = target.query("projections.lock_cursors", LOCK_CURSORS, &[&tenant, &names]).await?;
        let ahead = furthest(&live)?;
        if ahead.get() - build.applied.get() > LAST_STRETCH {
            return Ok(Switched::Behind);
        }
        if ahead > build.applied {
            let batch = self
                .store
                .batch_to_fold(&build.tenant, build.applied, Some(ahead), LAST_STRETCH, &build.left_out())
                .await?;
            let folded = fold(&batch, &build.projections);
            fill(&target, build, &batch, &folded).await?.keep(build);
        }
        let equal = compare(build, &live)?;
        let rows = target.query("builds.switch", SWITCH, &[&tenant, &names, &build.job_id]).await?;
        if rows.len() != names.len() {
            return Ok(Switched::Refused);
        }
        let generation: i64 = rows.iter().map(|row| row.try_get(0).unwrap_or(0)).max().unwrap_or(0);
        target.query("builds.retire", RETIRE, &[&tenant, &names, &build.job_id]).await?;
        settle_failures(&target, build, run, owner).await?;
        let end = RunEnd::Completed { result_json: result(generation, equal) };
        if !runner::end_in(&target, run, &end).await? {
            return Ok(Switched::Refused);
        }
        transaction.commit().await.map_err(StoreError::of("builds.commit"))?;
        Ok(Switched::Done { generation, equal })
    }
}

/// What a build becomes when the transaction that filled it commits.
pub(super) struct Filled {
    applied: LogSeq,
    tallies: Tallies,
    aside: Vec<Aside>,
}

impl Filled {
    pub(super) fn keep(self, build: &mut Build) {
        build.applied = self.applied;
        build.tallies = self.tallies;
        build.aside = self.aside;
    }
}

/// Writes a batch into the slot.
pub(super) async fn fill(
    target: &Target<'_>,
    build: &mut Build,
    batch: &Batch,
    folded: &Folded,
) -> Result<Filled, StoreError> {
    if let Some(hole) = &folded.halted {
        return Err(hole.violation.clone().into());
    }
    let mut tallies = build.tallies;
    copy::fill(target, &folded.changes, &mut build.seen, &mut tallies).await?;
    let mut aside = build.aside.clone();
    aside.extend(folded.aside.iter().map(Aside::of));
    let applied = batch.last();
    let names = build.names();
    let sums: Vec<Vec<u8>> = build.projections.iter().map(|one| tallies.of(*one).to_bytes().to_vec()).collect();
    let counts: Vec<i64> = build.projections.iter().map(|one| tallies.of(*one).rows()).collect();
    let kept = aside::write(&aside);
    target
        .query("builds.move", MOVE, &[&target.tenant, &names, &sums, &applied.get(), &counts, &kept, &build.job_id])
        .await?;
    Ok(Filled { applied, tallies, aside })
}

fn read_build(
    run: &ClaimedRun,
    projections: Vec<Projection>,
    quarantined: Skips,
    rows: &[Row],
) -> Result<Build, StoreError> {
    let mut build = Build {
        tenant: run.tenant.clone(),
        job_id: run.job_id,
        projections,
        slots: Slots::default(),
        applied: LogSeq::START,
        tallies: Tallies::default(),
        seen: Seen::default(),
        aside: Vec::new(),
        quarantined,
    };
    for row in rows {
        let Some(projection) = Projection::from_name(borrowed(row, "projection_name")?) else { continue };
        build.slots.set(projection, field(row, "slot")?);
        build.tallies.set(projection, read_digest(row)?);
        build.applied = position(field(row, "last_log_seq")?)?;
        build.aside = aside::read(borrowed(row, "aside_json")?)?;
    }
    if build.applied > LogSeq::START {
        build.seen = Seen::partial();
    }
    Ok(build)
}

/// Where the projection that is furthest stands.
pub(super) fn furthest(cursors: &[Row]) -> Result<LogSeq, StoreError> {
    let mut ahead = LogSeq::START;
    for row in cursors {
        ahead = ahead.max(position(field(row, "last_log_seq")?)?);
    }
    Ok(ahead)
}

/// Whether every projection has the same rows in both generations. One that stands elsewhere counts as different.
fn compare(build: &Build, live: &[Row]) -> Result<bool, StoreError> {
    for row in live {
        let Some(projection) = Projection::from_name(borrowed(row, "projection_name")?) else { continue };
        let same_place = position(field(row, "last_log_seq")?)? == build.applied;
        if !same_place || read_digest(row)? != build.tallies.of(projection) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Events that could not be folded before and are in the new generation are superseded; those that are not are open.
async fn settle_failures(target: &Target<'_>, build: &Build, run: &ClaimedRun, owner: &str) -> Result<(), StoreError> {
    for projection in &build.projections {
        let still: Vec<i64> =
            build.aside.iter().filter(|aside| aside.concerns(*projection)).map(Aside::log_seq).collect();
        let name = [projection.as_str()];
        let applied = build.applied.get();
        target
            .query("runner.supersede", SUPERSEDE, &[&target.tenant, &&name[..], &applied, &run.job_id, &owner, &still])
            .await?;
    }
    for missing in &build.aside {
        let missing: FoldError = missing.error()?;
        record_failure(target, &missing).await?;
    }
    Ok(())
}
