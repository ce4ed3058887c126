//! A generation beside the live one: filled batch by batch, then made the live one, or thrown away.
//!
//! Nobody reads the slot that is being built, so its batches need no fence but the position they follow on and the run's
//! claim, which is checked right before a commit. Writing is what takes the time, so the projections are written over two
//! sessions, in lanes that commit by themselves; after a crash a lane may be a batch ahead of the other, and waits for it.
//! The switch is one transaction that holds the cursor rows: it takes in what the live generation
//! is ahead by, and changes which slot is live. Readers before it see all of the old generation, readers after it all of
//! the new one.

use std::collections::BTreeSet;

use dg_domain::{LogSeq, TenantId};
use dg_projections::{Batch, FoldError, Folded, Projection, Skips, fold};
use futures_util::future::join_all;
use tokio_postgres::{Row, types::ToSql};
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
    lanes: Vec<Lane>,
    quarantined: Skips,
}

/// The projections of a build that one session writes.
#[derive(Debug, Default)]
struct Lane {
    projections: Vec<Projection>,
    applied: LogSeq,
    tallies: Tallies,
    seen: Seen,
    aside: Vec<Aside>,
}

impl Build {
    /// Which projections.
    #[must_use]
    pub fn projections(&self) -> &[Projection] {
        &self.projections
    }

    /// The last event that is in all of it.
    #[must_use]
    pub fn applied(&self) -> LogSeq {
        self.lanes.iter().map(|lane| lane.applied).min().unwrap_or_default()
    }

    /// Where the batch after `position` has to end: part of the build is there already.
    #[must_use]
    pub fn until(&self, position: LogSeq) -> Option<LogSeq> {
        self.lanes.iter().map(|lane| lane.applied).filter(|applied| *applied > position).min()
    }

    /// The row digest of each projection.
    #[must_use]
    pub fn tallies(&self) -> Tallies {
        let mut tallies = Tallies::default();
        for lane in &self.lanes {
            lane.projections.iter().for_each(|one| tallies.set(*one, lane.tallies.of(*one)));
        }
        tallies
    }

    /// How many events could not be folded into it.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.lanes.iter().flat_map(|lane| &lane.aside).map(Aside::log_seq).collect::<BTreeSet<_>>().len()
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
        let aside = self.lanes.iter().flat_map(|lane| &lane.aside);
        let positions = aside.filter(|aside| aside.concerns(Projection::PrecedentIndex)).map(Aside::log_seq).collect();
        LeftOut { open_again: true, positions, skips: self.quarantined.clone() }
    }

    fn names(&self) -> Vec<&'static str> {
        names(&self.projections)
    }

    /// Takes over what a transaction wrote that has committed.
    pub(super) fn keep(&mut self, filled: Vec<Filled>) {
        self.lanes.iter_mut().zip(filled).for_each(|(lane, filled)| lane.keep(filled));
    }
}

impl Lane {
    fn keep(&mut self, filled: Filled) {
        self.applied = filled.applied;
        self.tallies = filled.tallies;
        self.aside = filled.aside;
    }
}

fn names(projections: &[Projection]) -> Vec<&'static str> {
    projections.iter().map(|projection| projection.as_str()).collect()
}

/// The graph is about as much work to write as everything else.
fn lanes(projections: &[Projection]) -> Vec<Lane> {
    let (graph, rest): (Vec<Projection>, Vec<Projection>) =
        projections.iter().partition(|projection| **projection == Projection::ContextGraph);
    let lanes = [graph, rest].into_iter().filter(|projections| !projections.is_empty());
    lanes.map(|projections| Lane { projections, ..Lane::default() }).collect()
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

/// The sessions that build generations.
#[derive(Debug)]
pub struct GenerationBuilder {
    seats: Vec<Seat>,
    config: DatabaseConfig,
    store: Store,
}

/// A session and what is prepared in it.
#[derive(Debug)]
struct Seat {
    connection: Connection,
    statements: Statements,
}

impl Seat {
    async fn connect(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let connection = connection::connect(config).await?;
        connection.client().batch_execute(SESSION).await.map_err(StoreError::of("builds.session"))?;
        Ok(Self { connection, statements: Statements::default() })
    }
}

impl GenerationBuilder {
    /// Opens the first session; `store` reads beside it.
    ///
    /// # Errors
    /// As [`connection::connect`].
    pub async fn connect(config: &DatabaseConfig, store: &Store) -> Result<Self, StoreError> {
        Ok(Self { seats: vec![Seat::connect(config).await?], config: config.clone(), store: store.clone() })
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// The first session.
    pub(super) fn parts(&mut self) -> (&mut tokio_postgres::Client, &Statements) {
        let Seat { connection, statements } = &mut self.seats[0];
        (connection.client_mut(), statements)
    }

    /// Takes the free slot of every projection of a run, or goes on with what the run has built. `None` while a slot still
    /// holds an older generation.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn open(&mut self, run: &ClaimedRun) -> Result<Option<Build>, StoreError> {
        let projections = run.target.projections();
        let names = names(&projections);
        let quarantined = self.store.quarantined(&run.tenant).await?;
        let (client, statements) = self.parts();
        let transaction = client.transaction().await.map_err(StoreError::of("builds.begin"))?;
        let tenant = run.tenant.as_str();
        let slots = Slots::default();
        let target = Target { client: transaction.client(), statements, tenant, slots };
        let params: [&(dyn ToSql + Sync); 3] = [&tenant, &names, &run.job_id];
        let (whose, opened) = tokio::join!(biased; target.say_whose(), target.query("builds.open", OPEN, &params));
        whose.and(opened)?;
        let rows = target.query("builds.of_run", OF_RUN, &[&tenant, &names, &run.job_id]).await?;
        if rows.len() != projections.len() {
            return Ok(None);
        }
        let build = read_build(run, projections, quarantined, &rows)?;
        transaction.commit().await.map_err(StoreError::of("builds.commit"))?;
        while self.seats.len() < build.lanes.len() {
            self.seats.push(Seat::connect(&self.config).await?);
        }
        Ok(Some(build))
    }

    /// Writes the answer of a fold over `batch` and the run's progress, and commits; or changes nothing and says why. A lane
    /// that has the batch already is left alone.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the batch does not follow on where the lanes stand, or as [`Store::ping`]. One lane may
    /// have committed then; the run goes on from what [`Self::open`] finds.
    pub async fn write(
        &mut self,
        run: &ClaimedRun,
        build: &mut Build,
        batch: &Batch,
        folded: &Folded,
        progress: &Progress,
    ) -> Result<Signal, StoreError> {
        let Build { tenant, job_id, slots, lanes, .. } = build;
        let place = Place { tenant: tenant.as_str(), job_id: *job_id, slots: *slots };
        if lanes.iter().any(|lane| lane.applied < batch.last() && lane.applied != batch.after) {
            return Err(fenced(*job_id, tenant.as_str()));
        }
        let mut told = Some(progress);
        let lacking = lanes.iter_mut().filter(|lane| lane.applied < batch.last());
        let writing = lacking.zip(&mut self.seats).map(|(lane, seat)| {
            // One of the transactions tells how far the run is.
            let progress = told.take();
            write_lane(seat, place, run, lane, batch, folded, progress)
        });
        let written = join_all(writing).await.into_iter().collect::<Result<Vec<bool>, _>>()?;
        if written.contains(&false) { self.store.run_signal(run).await } else { Ok(Signal::Continue) }
    }

    /// Makes the generation the live one and ends the run with `result`, given the generation's number and how its rows compare
    /// with those of the one before.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn switch(
        &mut self,
        run: &ClaimedRun,
        build: &mut Build,
        owner: &str,
        result: impl FnOnce(i64, Likeness) -> String,
    ) -> Result<Switched, StoreError> {
        let names = build.names();
        let store = self.store.clone();
        let (client, statements) = self.parts();
        let transaction = client.transaction().await.map_err(StoreError::of("builds.begin"))?;
        let tenant = build.tenant.clone();
        let tenant = tenant.as_str();
        let target = Target { client: transaction.client(), statements, tenant, slots: build.slots };
        let (durable, whose) = tokio::join!(biased; target.command("builds.durable", DURABLE), target.say_whose());
        durable.and(whose)?;
        let live = target.query("projections.lock_cursors", LOCK_CURSORS, &[&tenant, &names]).await?;
        let ahead = furthest(&live)?;
        let applied = build.applied();
        if ahead.get() - applied.get() > LAST_STRETCH || build.until(applied).is_some() {
            return Ok(Switched::Behind);
        }
        if ahead > applied {
            let batch =
                store.batch_to_fold(&build.tenant, applied, Some(ahead), LAST_STRETCH, &build.left_out()).await?;
            let folded = fold(&batch, &build.projections);
            let filled = fill(&target, build, &batch, &folded).await?;
            build.keep(filled);
        }
        let likeness = compare(build, &live)?;
        let rows = target.query("builds.switch", SWITCH, &[&tenant, &names, &build.job_id]).await?;
        if rows.len() != names.len() {
            return Ok(Switched::Refused);
        }
        let generation: i64 = rows.iter().map(|row| row.try_get(0).unwrap_or(0)).max().unwrap_or(0);
        target.query("builds.retire", RETIRE, &[&tenant, &names, &build.job_id]).await?;
        settle_failures(&target, build, run, owner).await?;
        let end = RunEnd::Completed { result_json: result(generation, likeness) };
        if !runner::end_in(&target, run, &end).await? {
            return Ok(Switched::Refused);
        }
        transaction.commit().await.map_err(StoreError::of("builds.commit"))?;
        Ok(Switched::Done { generation, equal: likeness.equal })
    }
}

/// Where the lanes of a build write.
#[derive(Clone, Copy)]
struct Place<'p> {
    tenant: &'p str,
    job_id: Uuid,
    slots: Slots,
}

/// Writes a batch into one lane and commits. Answers whether the run may go on; nothing is changed when not.
async fn write_lane(
    seat: &mut Seat,
    place: Place<'_>,
    run: &ClaimedRun,
    lane: &mut Lane,
    batch: &Batch,
    folded: &Folded,
    progress: Option<&Progress>,
) -> Result<bool, StoreError> {
    let Seat { connection, statements } = seat;
    let transaction = connection.client_mut().transaction().await.map_err(StoreError::of("builds.begin"))?;
    let target = Target { client: transaction.client(), statements, tenant: place.tenant, slots: place.slots };
    target.say_whose().await?;
    let filled = fill_lane(&target, place.job_id, lane, batch, folded).await?;
    let goes_on = match progress {
        Some(progress) => runner::progress_in(&target, run, progress).await?,
        None => runner::goes_on_in(&target, run).await?,
    };
    if !goes_on {
        transaction.rollback().await.map_err(StoreError::of("builds.rollback"))?;
        // It has noted nodes that are not there after all.
        lane.seen = Seen::partial();
        return Ok(false);
    }
    transaction.commit().await.map_err(StoreError::of("builds.commit"))?;
    lane.keep(filled);
    Ok(true)
}

fn fenced(job_id: Uuid, tenant: &str) -> StoreError {
    StoreError::Fenced { scope: format!("generations that run {job_id} builds for {tenant}") }
}

/// What a lane becomes when the transaction that filled it commits.
pub(super) struct Filled {
    applied: LogSeq,
    tallies: Tallies,
    aside: Vec<Aside>,
}

/// Writes a batch into all lanes, in one transaction. For [`Build::keep`] when it has committed.
pub(super) async fn fill(
    target: &Target<'_>,
    build: &mut Build,
    batch: &Batch,
    folded: &Folded,
) -> Result<Vec<Filled>, StoreError> {
    let mut filled = Vec::with_capacity(build.lanes.len());
    for lane in &mut build.lanes {
        filled.push(fill_lane(target, build.job_id, lane, batch, folded).await?);
    }
    Ok(filled)
}

/// Writes a batch into the slots of one lane, if that is where the lane stands.
async fn fill_lane(
    target: &Target<'_>,
    job_id: Uuid,
    lane: &mut Lane,
    batch: &Batch,
    folded: &Folded,
) -> Result<Filled, StoreError> {
    if let Some(hole) = &folded.halted {
        return Err(hole.violation.clone().into());
    }
    let mut tallies = lane.tallies;
    copy::fill(target, &lane.projections, &folded.changes, &mut lane.seen, &mut tallies).await?;
    let mut aside = lane.aside.clone();
    aside.extend(folded.aside.iter().filter_map(|missing| Aside::of(missing, &lane.projections)));
    let applied = batch.last();
    let names = names(&lane.projections);
    let sums: Vec<Vec<u8>> = lane.projections.iter().map(|one| tallies.of(*one).to_bytes().to_vec()).collect();
    let counts: Vec<i64> = lane.projections.iter().map(|one| tallies.of(*one).rows()).collect();
    let kept = aside::write(&aside);
    let params: [&(dyn ToSql + Sync); 8] =
        [&target.tenant, &names, &sums, &applied.get(), &counts, &kept, &job_id, &batch.after.get()];
    let moved = target.query("builds.move", MOVE, &params).await?;
    if moved.len() != names.len() {
        return Err(fenced(job_id, target.tenant));
    }
    Ok(Filled { applied, tallies, aside })
}

fn read_build(
    run: &ClaimedRun,
    projections: Vec<Projection>,
    quarantined: Skips,
    rows: &[Row],
) -> Result<Build, StoreError> {
    let lanes = lanes(&projections);
    let mut build = Build {
        tenant: run.tenant.clone(),
        job_id: run.job_id,
        projections,
        slots: Slots::default(),
        lanes,
        quarantined,
    };
    for row in rows {
        let Some(projection) = Projection::from_name(borrowed(row, "projection_name")?) else { continue };
        build.slots.set(projection, field(row, "slot")?);
        let lane = build.lanes.iter_mut().find(|lane| lane.projections.contains(&projection));
        let lane = lane.ok_or(StoreError::NotFound { what: "projection of a build" })?;
        lane.tallies.set(projection, read_digest(row)?);
        lane.applied = position(field(row, "last_log_seq")?)?;
        lane.aside = aside::read(borrowed(row, "aside_json")?)?;
    }
    for lane in build.lanes.iter_mut().filter(|lane| lane.applied > LogSeq::START) {
        lane.seen = Seen::partial();
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

/// How a generation compares with the one that was live before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// The position of the new one.
    pub log_seq: LogSeq,
    /// Whether the other one was at that position, with every projection.
    pub level: bool,
    /// Whether it was, and had the same rows.
    pub equal: bool,
}

fn compare(build: &Build, live: &[Row]) -> Result<Likeness, StoreError> {
    let (applied, tallies) = (build.applied(), build.tallies());
    let mut likeness = Likeness { log_seq: applied, level: true, equal: true };
    for row in live {
        let Some(projection) = Projection::from_name(borrowed(row, "projection_name")?) else { continue };
        likeness.level &= position(field(row, "last_log_seq")?)? == applied;
        likeness.equal &= read_digest(row)? == tallies.of(projection);
    }
    likeness.equal &= likeness.level;
    Ok(likeness)
}

/// Events that could not be folded before and are in the new generation are superseded; those that are not are open.
async fn settle_failures(target: &Target<'_>, build: &Build, run: &ClaimedRun, owner: &str) -> Result<(), StoreError> {
    for lane in &build.lanes {
        for projection in &lane.projections {
            let still: Vec<i64> =
                lane.aside.iter().filter(|aside| aside.concerns(*projection)).map(Aside::log_seq).collect();
            let name = [projection.as_str()];
            let params: [&(dyn ToSql + Sync); 6] =
                [&target.tenant, &&name[..], &lane.applied.get(), &run.job_id, &owner, &still];
            target.query("runner.supersede", SUPERSEDE, &params).await?;
        }
        for missing in &lane.aside {
            let missing: FoldError = missing.error()?;
            record_failure(target, &missing).await?;
        }
    }
    Ok(())
}
