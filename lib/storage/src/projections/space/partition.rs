//! One partition: how large it is, and how it becomes smaller.

use tracing::debug;

use super::{Slot, Sweeper};
use crate::{connection::bounded, error::StoreError};

const PARTITION: &str = include_str!("../../../../../sql/queries/space/partition.sql");
const LEFTOVERS: &str = include_str!("../../../../../sql/queries/space/leftovers.sql");

/// How long readers of a partition may have to stand behind our wish to truncate it.
const TRUNCATE_LOCK_TIMEOUT: &str = "200ms";

/// One partition after a vacuum.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) heap_bytes: i64,
    pub(super) index_bytes: i64,
    pub(super) total_bytes: i64,
    pub(super) live_rows: i64,
    /// Whether the vacuum could remove every row of the generations.
    pub(super) cleared: bool,
}

impl Sweeper<'_> {
    pub(super) async fn measure(&self, partition: &str, slot: &Slot) -> Result<Partition, StoreError> {
        let error = StoreError::of("space.partition");
        let looking = async {
            let client = self.session.client();
            client
                .query_one(PARTITION, &[&partition, &slot.projection.as_str(), &slot.number, &slot.jobs])
                .await
                .map_err(error)
        };
        let row = bounded("space.partition", self.limit, looking).await?;
        Ok(Partition {
            heap_bytes: row.try_get("heap_bytes").map_err(error)?,
            index_bytes: row.try_get("index_bytes").map_err(error)?,
            total_bytes: row.try_get("total_bytes").map_err(error)?,
            live_rows: row.try_get("live_rows").map_err(error)?,
            cleared: row.try_get("cleared").map_err(error)?,
        })
    }

    /// Looks at the rows themselves: the number beside the table is an estimate.
    pub(super) async fn has_no_rows(&self, partition: &str) -> Result<bool, StoreError> {
        let sql = format!("SELECT NOT EXISTS (SELECT FROM {partition})");
        let row = self.session.client().query_one(&sql, &[]).await;
        row.and_then(|row| row.try_get(0)).map_err(StoreError::of("space.has_no_rows"))
    }

    /// Empties the indexes of a partition that has no page. Answers whether the lock was to be had.
    ///
    /// TRUNCATE does not ask which snapshots are open: one older than it finds the table empty. Here that is what it has to
    /// find. The vacuum removed only what no snapshot can see, so a file of no bytes has nothing left for an old one either;
    /// and rows that were written since then would be in pages, which are looked for under the lock that lets nobody write.
    pub(super) async fn truncate(&self, partition: &str) -> Result<bool, StoreError> {
        let name = "space.truncate";
        let locked = format!(
            "BEGIN; SET LOCAL lock_timeout = '{TRUNCATE_LOCK_TIMEOUT}'; LOCK TABLE {partition} IN ACCESS EXCLUSIVE MODE"
        );
        let truncated = async {
            self.execute(name, &locked).await?;
            let size =
                self.session.client().query_one("SELECT pg_relation_size($1::text::regclass)", &[&partition]).await;
            let size: i64 = size.and_then(|row| row.try_get(0)).map_err(StoreError::of(name))?;
            if size == 0 {
                self.execute(name, &format!("TRUNCATE {partition}")).await?;
            }
            self.execute(name, "COMMIT").await?;
            Ok(size == 0)
        };
        match truncated.await {
            Ok(done) => Ok(done),
            Err(error @ StoreError::Unavailable { .. }) if !self.session.is_lost() => {
                debug!(partition, error = &error as &dyn std::error::Error, "a partition is not to be had now");
                self.execute(name, "ROLLBACK").await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn rebuild_indexes(&self, partition: &str) -> Result<(), StoreError> {
        let name = "space.reindex";
        let leftovers =
            async { self.session.client().query(LEFTOVERS, &[&partition]).await.map_err(StoreError::of(name)) };
        for row in bounded(name, self.limit, leftovers).await? {
            let index: &str = row.try_get("index_name").map_err(StoreError::of(name))?;
            self.execute(name, &format!("DROP INDEX CONCURRENTLY {index}")).await?;
        }
        self.execute(name, &format!("REINDEX TABLE CONCURRENTLY {partition}")).await
    }
}
