//! The self-check: a tenant's rows read whole, against the row digests that were kept as they were written.

use std::time::Duration;

use dg_domain::TenantId;
use dg_projections::{Projection, RowDigest};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{digests::RowsRead, runner::borrowed, snapshot::Snapshot};
use crate::{error::StoreError, store::Store};

const TO_CHECK: &str = include_str!("../../../../sql/queries/digests/to_check.sql");
const CHECKED: &str = include_str!("../../../../sql/queries/digests/checked.sql");
const WRITE: &str = include_str!("../../../../sql/queries/digests/write.sql");
const PRUNE: &str = include_str!("../../../../sql/queries/digests/prune.sql");

/// Rows of history per tenant: five for each check.
const KEPT: i64 = 2_500;

/// What a self-check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What the rows come to.
    pub read: RowsRead,
    /// The projections whose rows are not those that were written.
    pub drifted: Vec<Projection>,
}

/// Who checks, and on whose behalf.
#[derive(Clone, Copy, Debug)]
pub struct Checker<'c> {
    /// The process.
    pub owner: &'c str,
    /// The run that it belongs to; otherwise it is the scheduled one.
    pub job_id: Option<Uuid>,
}

impl Store {
    /// Tenants that are due for a self-check: they have changed and are quiet for `quiet`, or wait for ten times as long.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn tenants_to_check(&self, quiet: Duration) -> Result<Vec<TenantId>, StoreError> {
        let name = "digests.to_check";
        let millis = quiet.as_secs_f64() * 1_000.0;
        let rows = self.query(name, TO_CHECK, &[&millis]).await?;
        let read = |text: &str| TenantId::new(text).map_err(|source| StoreError::corrupt(name, source));
        rows.iter().map(|row| read(borrowed(row, "tenant_id")?)).collect()
    }

    /// Reads every row of a tenant, compares, and writes down the digests.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn self_check(&self, tenant: &TenantId, checker: Checker<'_>) -> Result<Checked, StoreError> {
        let began = std::time::Instant::now();
        let snapshot = self.snapshot(tenant).await?;
        let read = snapshot.read_rows().await?;
        let kept = snapshot.kept_digests().await?;
        let checked = self.conclude(&snapshot, read, &kept, checker, began.elapsed()).await?;
        snapshot.close().await?;
        Ok(checked)
    }

    async fn conclude(
        &self,
        snapshot: &Snapshot,
        read: RowsRead,
        kept: &[(Projection, RowDigest)],
        checker: Checker<'_>,
        took: Duration,
    ) -> Result<Checked, StoreError> {
        let digests = &read.digests;
        let cursors = snapshot.cursors();
        let mut columns = History::default();
        let mut drifted = Vec::new();
        for (projection, kept) in kept {
            let cursor = cursors.of(*projection);
            let found = read.tallies.of(*projection);
            if found != *kept {
                drifted.push(*projection);
            }
            let value = match projection {
                Projection::ContextGraph => Some(digests.context_graph.prefixed()),
                Projection::TraceSummary => Some(digests.trace_summary.prefixed()),
                Projection::PrecedentIndex => Some(digests.precedent_index.prefixed()),
                Projection::TraceIndex => None,
            };
            let sums = Some((found.to_bytes().to_vec(), kept.to_bytes().to_vec()));
            let place = (cursor.generation, cursor.applied.get());
            columns.push(projection.as_str(), place, value, sums, found.rows());
        }
        let reference = [Projection::ContextGraph, Projection::TraceSummary, Projection::PrecedentIndex];
        let lowest = reference.iter().map(|one| cursors.of(*one).applied.get()).min().unwrap_or(0);
        let generation = cursors.of(Projection::ContextGraph).generation;
        columns.push("full_projection", (generation, lowest), Some(digests.full_projection.prefixed()), None, 0);
        self.write_history(&snapshot.tenant, &columns, checker, took).await?;
        self.mark_checked(&snapshot.tenant, &columns, &drifted).await?;
        Ok(Checked { read, drifted })
    }

    async fn write_history(
        &self,
        tenant: &TenantId,
        columns: &History,
        checker: Checker<'_>,
        took: Duration,
    ) -> Result<(), StoreError> {
        let source = if checker.job_id.is_some() { "run" } else { "self_check" };
        let millis = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        let tenant_id = tenant.as_str();
        let params: [&(dyn ToSql + Sync); 13] = [
            &tenant_id,
            &columns.ids,
            &columns.names,
            &columns.generations,
            &columns.positions,
            &columns.values,
            &columns.found,
            &columns.kept,
            &columns.rows,
            &checker.owner,
            &source,
            &checker.job_id,
            &millis,
        ];
        self.of(tenant).query("digests.write", WRITE, &params).await?;
        self.of(tenant).query("digests.prune", PRUNE, &[&tenant_id, &KEPT]).await.map(drop)
    }

    async fn mark_checked(
        &self,
        tenant: &TenantId,
        columns: &History,
        drifted: &[Projection],
    ) -> Result<(), StoreError> {
        let equal: Vec<bool> =
            columns.names.iter().map(|name| !drifted.iter().any(|one| one.as_str() == *name)).collect();
        let params: [&(dyn ToSql + Sync); 5] =
            [&tenant.as_str(), &columns.names, &columns.positions, &columns.generations, &equal];
        self.of(tenant).query("digests.checked", CHECKED, &params).await.map(drop)
    }
}

/// Rows of the history, as columns.
#[derive(Default)]
struct History {
    ids: Vec<Uuid>,
    names: Vec<&'static str>,
    generations: Vec<i64>,
    positions: Vec<i64>,
    values: Vec<Option<String>>,
    found: Vec<Option<Vec<u8>>>,
    kept: Vec<Option<Vec<u8>>>,
    rows: Vec<i64>,
}

impl History {
    fn push(
        &mut self,
        name: &'static str,
        (generation, position): (i64, i64),
        value: Option<String>,
        sums: Option<(Vec<u8>, Vec<u8>)>,
        rows: i64,
    ) {
        let (found, kept) = sums.unzip();
        self.ids.push(Uuid::now_v7());
        self.names.push(name);
        self.generations.push(generation);
        self.positions.push(position);
        self.values.push(value);
        self.found.push(found);
        self.kept.push(kept);
        self.rows.push(rows);
    }
}
