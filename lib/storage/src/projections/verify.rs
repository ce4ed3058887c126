//! A scratch generation against the live one, both at the same position, read from one snapshot.

use dg_domain::LogSeq;
use dg_projections::{Projection, RowDigest, fold};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    build::{Build, GenerationBuilder, fill, furthest},
    digests::RowsRead,
    runner::{self, ClaimedRun, Progress, Signal, borrowed, field},
    snapshot::Snapshot,
    target::{Slots, Target},
};
use crate::{connection, error::StoreError, tenancy::Tenancy};

const HOLD_CURSORS: &str = include_str!("../../../../sql/queries/runner/hold_cursors.sql");
/// What is folded at most while the live generation is held.
const LAST_STRETCH: i64 = 1_000;

macro_rules! compare {
    ($table:literal) => {
        (concat!("dg_", $table), include_str!(concat!("../../../../sql/queries/compare/", $table, ".sql")))
    };
}

const fn tables(projection: Projection) -> &'static [(&'static str, &'static str)] {
    match projection {
        Projection::ContextGraph => &[compare!("cg_nodes"), compare!("cg_edges")],
        Projection::TraceSummary => &[compare!("trace_summary")],
        Projection::PrecedentIndex => &[compare!("precedent_index"), compare!("policy_eval_index")],
        Projection::TraceIndex => &[compare!("trace_index"), compare!("trace_terms"), compare!("trace_facts")],
    }
}

/// A row that is not the same in both generations.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// Of which projection.
    pub projection: &'static str,
    /// In which table.
    pub table: &'static str,
    /// The key of the row, as text.
    pub key: String,
    /// The row as a replay gives it; null when the replay has none.
    pub expected: Option<Box<RawValue>>,
    /// The row as it is; null when there is none.
    pub actual: Option<Box<RawValue>>,
}

/// What a verification found.
#[derive(Debug)]
pub struct Verified {
    /// The position of both generations.
    pub log_seq: LogSeq,
    /// What a replay gives.
    pub expected: RowsRead,
    /// What there is.
    pub actual: RowsRead,
    /// The first row that differs, in the order of projections, tables and keys.
    pub first_difference: Option<Difference>,
}

impl Verified {
    /// Whether every row of the verified projections is as a replay gives it.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.first_difference.is_none()
    }
}

/// Both generations at one position, in one snapshot.
pub struct Level {
    snapshot: Snapshot,
    log_seq: LogSeq,
}

/// What came of bringing them there.
pub enum Levelled {
    /// They are; what changes later does not matter.
    Ready(Box<Level>),
    /// The live generation is too far ahead; fold up to there first.
    Behind,
    /// The run is not to go on.
    Stopped(Signal),
}

impl GenerationBuilder {
    /// Brings the scratch generation to where the live one stands and opens a snapshot of both. The live one is held for as
    /// long as the last few events take.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn level(
        &mut self,
        run: &ClaimedRun,
        build: &mut Build,
        progress: &Progress,
    ) -> Result<Levelled, StoreError> {
        let store = self.store().clone();
        let holder = connection::connect(store.config()).await?;
        let hold = holder.client();
        let names: Vec<&str> = build.projections().iter().map(|projection| projection.as_str()).collect();
        let tenant = build.tenant().clone();
        let begin = Tenancy::One(tenant.as_str()).begin("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 10000");
        hold.batch_execute(&begin).await.map_err(StoreError::of("verify.hold"))?;
        let held =
            hold.query(HOLD_CURSORS, &[&tenant.as_str(), &names]).await.map_err(StoreError::of("verify.hold"))?;
        let ahead = furthest(&held)?;
        if ahead < build.applied() {
            // The live generation has yet to come as far as the scratch one.
            return Ok(Levelled::Behind);
        }
        if ahead.get() - build.applied().get() > LAST_STRETCH || build.until(build.applied()).is_some() {
            return Ok(Levelled::Behind);
        }
        if ahead > build.applied() {
            let batch =
                store.batch_to_fold(&tenant, build.applied(), Some(ahead), LAST_STRETCH, &build.left_out()).await?;
            let folded = fold(&batch, build.projections());
            let slots = build.slots();
            let (client, statements) = self.parts();
            let transaction = client.transaction().await.map_err(StoreError::of("verify.begin"))?;
            let target = Target { client: transaction.client(), statements, tenant: tenant.as_str(), slots };
            target.say_whose().await?;
            let filled = fill(&target, build, &batch, &folded).await?;
            let progress = Progress { last_log_seq: ahead, target_log_seq: ahead, ..*progress };
            if !runner::progress_in(&target, run, &progress).await? {
                drop(transaction);
                return Ok(Levelled::Stopped(store.run_signal(run).await?));
            }
            transaction.commit().await.map_err(StoreError::of("verify.commit"))?;
            build.keep(filled);
        }
        let snapshot = store.snapshot(&tenant).await?;
        hold.batch_execute("COMMIT").await.map_err(StoreError::of("verify.release"))?;
        Ok(Levelled::Ready(Box::new(Level { snapshot, log_seq: ahead })))
    }
}

impl Level {
    /// Reads both generations whole and finds the first row that differs.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn compare(self, build: &Build) -> Result<Verified, StoreError> {
        let Self { snapshot, log_seq } = self;
        let wanted = build.projections();
        let live = snapshot.slots();
        // Projections that are not verified are compared with themselves.
        let mut scratch = live;
        wanted.iter().for_each(|projection| scratch.set(*projection, build.slots().of(*projection)));
        let actual = snapshot.read_rows_in(live, wanted).await?;
        let expected = snapshot.read_rows_in(scratch, wanted).await?;
        let mut first_difference = None;
        for projection in wanted {
            let differs = actual.tallies.of(*projection) != expected.tallies.of(*projection);
            if differs && first_difference.is_none() {
                first_difference = find(&snapshot, *projection, live, scratch).await?;
            }
        }
        snapshot.close().await?;
        Ok(Verified { log_seq, expected, actual, first_difference })
    }
}

async fn find(
    snapshot: &Snapshot,
    projection: Projection,
    live: Slots,
    scratch: Slots,
) -> Result<Option<Difference>, StoreError> {
    let tenant = snapshot.tenant.as_str();
    for (table, sql) in tables(projection) {
        let (live, scratch) = (live.of(projection), scratch.of(projection));
        let rows = snapshot.query_anew("verify.compare", sql, &[&tenant, &live, &scratch]).await?;
        let Some(row) = rows.first() else { continue };
        let side = |name: &str| -> Result<Option<Box<RawValue>>, StoreError> {
            let text: Option<String> = field(row, name)?;
            let raw = text.map(RawValue::from_string).transpose();
            raw.map_err(|source| StoreError::corrupt("verify.compare", source))
        };
        return Ok(Some(Difference {
            projection: projection.as_str(),
            table,
            key: borrowed(row, "key")?.to_owned(),
            expected: side("expected")?,
            actual: side("actual")?,
        }));
    }
    Ok(None)
}

/// A digest for people: the reference's where there is one, otherwise that over the rows.
#[must_use]
pub fn digest_text(read: &RowsRead, projection: Projection) -> String {
    let rows: RowDigest = read.tallies.of(projection);
    match projection {
        Projection::ContextGraph => read.digests.context_graph.prefixed(),
        Projection::TraceSummary => read.digests.trace_summary.prefixed(),
        Projection::PrecedentIndex => read.digests.precedent_index.prefixed(),
        Projection::TraceIndex => rows.text(),
    }
}
