//! Digests that were written down, by the self-check and at the end of runs.

use dg_domain::{LogSeq, Micros, TenantId};
use dg_projections::RowDigest;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::columns::Columns;
use crate::{error::StoreError, store::Store, values::PgMicros};

const HISTORY: &str = include_str!("../../../../sql/queries/digests/history.sql");

/// A digest of one projection, or of all, at one position.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_digest_history")]
pub struct WrittenDigest {
    pub digest_id: Uuid,
    /// A projection, or `full_projection`.
    pub projection_name: String,
    pub generation: i64,
    pub last_log_seq: LogSeq,
    pub digest_value: Option<String>,
    pub row_digest: Option<RowDigest>,
    pub kept_row_digest: Option<RowDigest>,
    pub row_count: i64,
    pub skipped_events: i64,
    pub computed_at: Micros,
    pub computed_by: String,
    pub source: String,
    pub job_id: Option<Uuid>,
    pub duration_ms: i64,
}

impl Store {
    /// A page of the digests of a tenant, newest first, at most `limit`; those before `after`, the end of the page before.
    ///
    /// # Errors
    /// The database's.
    pub async fn digest_history(
        &self,
        tenant: &TenantId,
        projection_name: Option<&str>,
        after: Option<(Micros, Uuid)>,
        limit: i64,
    ) -> Result<Vec<WrittenDigest>, StoreError> {
        let name = "digests.history";
        let params: [&(dyn ToSql + Sync); 5] = [
            &tenant.as_str(),
            &projection_name,
            &after.map(|(at, _)| PgMicros(at)),
            &after.map(|(_, digest_id)| digest_id),
            &limit,
        ];
        let rows = self.of(tenant).query(name, HISTORY, &params).await?;
        rows.iter().map(|row| read(Columns { name, row })).collect()
    }
}

fn read(row: Columns<'_>) -> Result<WrittenDigest, StoreError> {
    let rows = row.get("row_count")?;
    let sum = |column| -> Result<Option<RowDigest>, StoreError> {
        let bytes = row.hash_if_any(column)?;
        Ok(bytes.map(|bytes| RowDigest::from_parts(bytes.as_bytes(), rows)))
    };
    Ok(WrittenDigest {
        digest_id: row.get("digest_id")?,
        projection_name: row.get("projection_name")?,
        generation: row.get("generation")?,
        last_log_seq: row.position("last_log_seq")?,
        digest_value: row.get("digest_value")?,
        row_digest: sum("row_digest")?,
        kept_row_digest: sum("kept_row_digest")?,
        row_count: rows,
        skipped_events: row.get("skipped_events")?,
        computed_at: row.at("computed_at")?,
        computed_by: row.get("computed_by")?,
        source: row.get("source")?,
        job_id: row.get("job_id")?,
        duration_ms: row.get("duration_ms")?,
    })
}
