//! Gives the disk space of removed generations back to the system.
//!
//! The projector deletes the rows of an old generation in steps and then marks its slot `emptied`; it owns no table and may
//! do no more. What is left is the schema owner's work, partition by partition: vacuum, so that the file becomes as short
//! as its last row allows; truncate, when no page is left, because indexes never shrink by themselves; rebuild indexes that
//! are far too large for the rows that stay. All of it goes on beside readers and writers. A snapshot that is older than
//! the deletes holds everything up, and the slot is looked at again later.

mod partition;

use std::time::Duration;

use dg_projections::Projection;
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};
use uuid::Uuid;

use crate::{
    config::DatabaseConfig,
    connection::{self, Connection, bounded},
    error::StoreError,
    locks::{LockClass, LockKey},
    store::Store,
};
use partition::Partition;

const REMOVED: &str = include_str!("../../../../sql/queries/space/removed.sql");
const EMPTIED: &str = include_str!("../../../../sql/queries/space/emptied.sql");
const SETTLE: &str = include_str!("../../../../sql/queries/space/settle.sql");
const TRY_LOCK: &str = include_str!("../../../../sql/queries/locks/try_lock.sql");

/// Vacuuming a large table takes as long as it takes; it reads and writes with pauses, so that readers do not feel it.
/// Waiting is bounded: for other maintenance of the same table, and in `REINDEX CONCURRENTLY` for old transactions.
const SESSION: &str = "SET statement_timeout = 0; SET lock_timeout = '1min'; \
                       SET vacuum_cost_delay = '1ms'; SET vacuum_cost_limit = 2000";

/// Indexes of an empty partition that are smaller than this are not worth a lock.
const SMALL: i64 = 128 << 10;

/// Indexes below this size are never rebuilt.
const LARGE: i64 = 8 << 20;

/// More index than this per row is mostly empty pages. Rows of ours have up to three indexes of 50 to 150 bytes each.
const INDEX_BYTES_PER_ROW: i64 = 1 << 10;

/// Generations that nobody reads any more and that still take space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// The projector deletes their rows.
    pub retired: i64,
    /// They have no rows and wait for [`sweep`].
    pub emptied: i64,
    /// How long the slowest of them has not come further.
    pub oldest: Duration,
}

/// What one sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// By how much the partitions became smaller on disk.
    pub bytes_returned: u64,
    /// Generations whose space is given back now.
    pub settled: usize,
    /// Generations that something holds up: an old snapshot, or a lock on their partition.
    pub waiting: usize,
}

/// The generations that were deleted from one slot of one projection.
#[derive(Debug)]
struct Slot {
    projection: Projection,
    number: i16,
    /// The runs that made them obsolete.
    jobs: Vec<Uuid>,
}

impl Store {
    /// How much there is to remove and to give back.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn removed_generations(&self) -> Result<Removed, StoreError> {
        let name = "space.removed";
        let error = StoreError::of(name);
        let rows = self.query(name, REMOVED, &[]).await?;
        let row = rows.first().ok_or(StoreError::NotFound { what: "generation" })?;
        let seconds: f64 = row.try_get("oldest_seconds").map_err(error)?;
        Ok(Removed {
            retired: row.try_get("retired").map_err(error)?,
            emptied: row.try_get("emptied").map_err(error)?,
            oldest: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
        })
    }
}

/// Gives back the space of every emptied slot, as the role of `config`, which has to own the tables (`dg_owner`). `None` when
/// another process is at it, or when told to stop; what was begun is taken up by the next sweep.
///
/// # Errors
/// [`StoreError::Unavailable`] when the server went away or a lock was not to be had in time, otherwise as
/// [`connection::connect`].
pub async fn sweep(config: &DatabaseConfig, stop: &CancellationToken) -> Result<Option<Sweep>, StoreError> {
    let session = connection::connect(config).await?;
    let work = Sweeper { session: &session, limit: config.answer_timeout() };
    tokio::select! {
        biased;
        () = stop.cancelled() => {
            // A vacuum would otherwise go on until the server notices that nobody waits for it.
            let running = session.client().cancel_token();
            let cancelled = tokio::time::timeout(Duration::from_secs(1), running.cancel_query(NoTls)).await;
            debug!(in_time = cancelled.is_ok(), "stopped while giving space back");
            Ok(None)
        }
        swept = work.run() => swept,
    }
}

/// The session that does the work.
struct Sweeper<'a> {
    session: &'a Connection,
    /// For statements that only look.
    limit: Duration,
}

impl Sweeper<'_> {
    async fn run(&self) -> Result<Option<Sweep>, StoreError> {
        self.execute("space.session", SESSION).await?;
        let lock = LockKey::new(LockClass::Space, &[]);
        let locking = async {
            let row = self.session.client().query_one(TRY_LOCK, &[&lock.class(), &lock.hash()]).await;
            row.and_then(|row| row.try_get::<_, bool>(0)).map_err(StoreError::of("space.lock"))
        };
        if !bounded("space.lock", self.limit, locking).await? {
            return Ok(None);
        }
        let mut done = Sweep::default();
        for slot in self.slots().await? {
            let (returned, free) = self.give_back(&slot).await?;
            done.bytes_returned += returned;
            if free {
                let generations = self.settle(&slot).await?;
                done.settled += generations;
                info!(
                    projection = slot.projection.as_str(),
                    slot = slot.number,
                    generations,
                    bytes_returned = returned,
                    "gave back the space of removed generations"
                );
            } else {
                done.waiting += slot.jobs.len();
            }
        }
        Ok(Some(done))
    }

    async fn slots(&self) -> Result<Vec<Slot>, StoreError> {
        let name = "space.emptied";
        let rows = async { self.session.client().query(EMPTIED, &[]).await.map_err(StoreError::of(name)) };
        let mut slots: Vec<Slot> = Vec::new();
        for row in bounded(name, self.limit, rows).await? {
            let error = StoreError::of(name);
            let projection: &str = row.try_get("projection_name").map_err(error)?;
            let Some(projection) = Projection::from_name(projection) else { continue };
            let number = row.try_get("slot").map_err(error)?;
            let job = row.try_get("job_id").map_err(error)?;
            match slots.last_mut() {
                Some(last) if last.projection == projection && last.number == number => last.jobs.push(job),
                _ => slots.push(Slot { projection, number, jobs: vec![job] }),
            }
        }
        Ok(slots)
    }

    /// Makes the partitions of one slot small. Answers how much smaller they became, and whether nothing is left to do.
    async fn give_back(&self, slot: &Slot) -> Result<(u64, bool), StoreError> {
        let (mut returned, mut free) = (0, true);
        for table in tables(slot.projection) {
            let partition = format!("{table}_slot{}", slot.number);
            let before = self.measure(&partition, slot).await?;
            // Freezing costs one more write of pages that would be frozen some day anyway, and says how far the vacuum saw.
            let vacuum = format!("VACUUM (FREEZE, ANALYZE, INDEX_CLEANUP ON, TRUNCATE ON, PARALLEL 0) {partition}");
            self.execute("space.vacuum", &vacuum).await?;
            let now = self.measure(&partition, slot).await?;
            let finished = match now {
                Partition { cleared: false, .. } => false,
                Partition { heap_bytes: 0, index_bytes, .. } if index_bytes > SMALL => {
                    self.truncate(&partition).await?
                }
                Partition { heap_bytes: 0, .. } => true,
                // No row, and yet pages: somebody held a lock when the vacuum wanted to cut them off.
                Partition { live_rows: 0, .. } if self.has_no_rows(&partition).await? => false,
                Partition { index_bytes, live_rows, .. } => {
                    if index_bytes > LARGE && index_bytes / INDEX_BYTES_PER_ROW > live_rows {
                        self.rebuild_indexes(&partition).await?;
                    }
                    true
                }
            };
            free &= finished;
            let after = self.measure(&partition, slot).await?;
            returned += u64::try_from(before.total_bytes - after.total_bytes).unwrap_or(0);
        }
        // The generation that took over was filled within minutes: plans should know how large it is.
        for table in tables(slot.projection) {
            self.execute("space.analyze", &format!("ANALYZE {table}_slot{}", 1 - slot.number)).await?;
        }
        Ok((returned, free))
    }

    async fn settle(&self, slot: &Slot) -> Result<usize, StoreError> {
        let name = "space.settle";
        let settling = async {
            let client = self.session.client();
            let rows = client.execute(SETTLE, &[&slot.projection.as_str(), &slot.number, &slot.jobs]).await;
            rows.map_err(StoreError::of(name))
        };
        Ok(usize::try_from(bounded(name, self.limit, settling).await?).unwrap_or(usize::MAX))
    }

    /// Utility statements take no parameters, and several of these refuse a transaction. The names in them are our own.
    async fn execute(&self, name: &'static str, statement: &str) -> Result<(), StoreError> {
        self.session.client().batch_execute(statement).await.map_err(StoreError::of(name))
    }
}

/// The tables of a projection; each has a partition per slot.
const fn tables(projection: Projection) -> &'static [&'static str] {
    match projection {
        Projection::ContextGraph => &["dg_cg_nodes", "dg_cg_edges"],
        Projection::TraceSummary => &["dg_trace_summary"],
        Projection::PrecedentIndex => &["dg_policy_eval_index", "dg_precedent_index"],
        Projection::TraceIndex => &["dg_trace_index", "dg_trace_terms", "dg_trace_facts"],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A read model that is missing here would keep its space for ever.
    #[test]
    fn every_partitioned_table_belongs_to_a_projection() {
        let schema = include_str!("../../../../sql/migrations/V0005__projection_runtime.sql");
        let partitioned: BTreeSet<&str> =
            schema.lines().filter_map(|line| line.split_once(" PARTITION OF ")?.1.split(' ').next()).collect();
        let known: BTreeSet<&str> = Projection::ALL.into_iter().flat_map(tables).copied().collect();
        assert_eq!(partitioned, known);
    }
}
