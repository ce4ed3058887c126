//! One moment of a tenant's read models.

use deadpool_postgres::Object;
use dg_domain::{LogSeq, TenantId};
use dg_projections::{Projection, RowDigest};
use tokio_postgres::{Row, types::ToSql};

use super::{
    cursor::{CURSORS, TenantCursors},
    tally::read_digest,
    target::Slots,
};
use crate::{connection::bounded, error::StoreError, store::Store, tenancy::Tenancy};

const KEPT_DIGESTS: &str = include_str!("../../../../sql/queries/projections/kept_digests.sql");

/// Reads here are few rows found by key. Statistics of a table that just grew from nothing would talk the planner into
/// reading all of it, so the other ways are closed. With one way open a plan made once is as good as one made anew, and
/// planning costs several times what it takes to find the rows.
const OPEN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; \
    SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; \
    SET LOCAL plan_cache_mode = force_generic_plan";

/// For statements whose best plan depends on which filters are given.
const PLAN_ANEW: &str = "SET LOCAL plan_cache_mode = force_custom_plan";

/// How far the read models an answer came from had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The last event that is in the answer; the lowest of the projections asked.
    pub applied: LogSeq,
    /// The last event of the log at the same moment.
    pub head: LogSeq,
    /// The generation of the first projection asked.
    pub generation: i64,
}

impl Freshness {
    /// Whether the answer lacks events of the log.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.applied < self.head
    }
}

/// A read-only transaction over one tenant. Cursors and rows are of one moment.
///
/// End it with [`Snapshot::close`]; a snapshot that is merely dropped gives up its connection with it.
pub struct Snapshot {
    client: Option<Object>,
    pub(super) store: Store,
    pub(super) tenant: TenantId,
    /// Graph and precedents are answered without anything after this position.
    pub(super) until: i64,
    cursors: TenantCursors,
}

impl Store {
    /// Opens a snapshot of a tenant.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown tenant, or as [`Store::ping`].
    pub async fn snapshot(&self, tenant: &TenantId) -> Result<Snapshot, StoreError> {
        let client = self.client().await?;
        let mut snapshot = Snapshot {
            client: Some(client),
            store: self.clone(),
            tenant: tenant.clone(),
            until: i64::MAX,
            cursors: TenantCursors { head: LogSeq::START, cursors: Vec::new() },
        };
        let rows = {
            let client = snapshot.client()?;
            let opening = async {
                let statement = client.prepare_cached(CURSORS).await.map_err(StoreError::of("projections.cursors"))?;
                let tenant = tenant.as_str();
                // Sent together: the transaction and its first statement are one round trip.
                let params: [&(dyn ToSql + Sync); 1] = [&tenant];
                let open = Tenancy::One(tenant).begin(OPEN);
                let (opened, rows) =
                    tokio::join!(biased; client.batch_execute(&open), client.query(&statement, &params));
                opened.map_err(StoreError::of("snapshot.open"))?;
                rows.map_err(StoreError::of("projections.cursors"))
            };
            bounded("snapshot.open", self.config().answer_timeout(), opening).await?
        };
        snapshot.cursors = TenantCursors::read(&rows)?;
        Ok(snapshot)
    }
}

impl Snapshot {
    /// Head and cursors at this moment.
    #[must_use]
    pub fn cursors(&self) -> &TenantCursors {
        &self.cursors
    }

    /// From now on graph and precedents are answered as they were when the log ended at `log_seq`. Rows of both are never
    /// changed, so leaving out the later ones is enough; lists of traces and summaries do change and are not looked back on.
    pub fn look_back(&mut self, log_seq: LogSeq) {
        self.until = log_seq.get();
    }

    /// How fresh an answer out of these projections is.
    #[must_use]
    pub fn freshness(&self, projections: &[Projection]) -> Freshness {
        let cursors = projections.iter().map(|projection| self.cursors.of(*projection));
        let applied = cursors.clone().map(|cursor| cursor.applied).min().unwrap_or(self.cursors.head);
        let generation = cursors.map(|cursor| cursor.generation).next().unwrap_or(1);
        Freshness { applied, head: self.cursors.head, generation }
    }

    /// Where the rows of every projection are that readers of this moment see.
    pub(super) fn slots(&self) -> Slots {
        let mut slots = Slots::default();
        self.cursors.cursors.iter().for_each(|cursor| slots.set(cursor.projection, cursor.slot));
        slots
    }

    /// The row digests as they were kept, of this moment.
    pub(super) async fn kept_digests(&self) -> Result<Vec<(Projection, RowDigest)>, StoreError> {
        let rows = self.query("projections.kept_digests", KEPT_DIGESTS, &[&self.tenant.as_str()]).await?;
        let mut kept = Vec::new();
        for row in &rows {
            let name: &str = row.try_get("projection_name").map_err(StoreError::of("projections.kept_digests"))?;
            if let Some(projection) = Projection::from_name(name) {
                kept.push((projection, read_digest(row)?));
            }
        }
        Ok(kept)
    }

    /// Where the rows are that readers of this moment see.
    pub(super) fn slot(&self, projection: Projection) -> i16 {
        self.cursors.of(projection).slot
    }

    /// Ends the transaction and gives the connection back.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn close(mut self) -> Result<(), StoreError> {
        let Some(client) = self.client.take() else { return Ok(()) };
        let ended = async { client.batch_execute("COMMIT").await.map_err(StoreError::of("snapshot.close")) };
        let ended = bounded("snapshot.close", self.store.config().answer_timeout(), ended).await;
        if ended.is_err() {
            drop(Object::take(client));
        }
        ended
    }

    pub(super) fn client(&self) -> Result<&Object, StoreError> {
        self.client.as_ref().ok_or(StoreError::NotFound { what: "snapshot" })
    }

    /// Runs a statement with a plan for the very parameters.
    pub(super) async fn query_anew(
        &self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.client()?;
        let answer = async {
            let statement = client.prepare_cached(sql).await.map_err(StoreError::of(name))?;
            let (set, rows) = tokio::join!(biased; client.batch_execute(PLAN_ANEW), client.query(&statement, params));
            set.map_err(StoreError::of(name))?;
            rows.map_err(StoreError::of(name))
        };
        bounded(name, self.store.config().answer_timeout(), answer).await
    }

    /// Runs a statement that finds rows by key.
    pub(super) async fn query(
        &self,
        name: &'static str,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.client()?;
        let answer = async {
            let statement = client.prepare_cached(sql).await.map_err(StoreError::of(name))?;
            client.query(&statement, params).await.map_err(StoreError::of(name))
        };
        bounded(name, self.store.config().answer_timeout(), answer).await
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        // Not back into the pool: a transaction is open on it.
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}
