//! What is stored about how a tenant's projections are.

use dg_domain::{LogSeq, Micros, TenantId};
use dg_projections::{Projection, ScopeFacts};

use super::{columns::Columns, failures::Failure, runs::Run};
use crate::{error::StoreError, store::Store};

const HEALTH: &str = include_str!("../../../../sql/queries/projections/health.sql");
/// The digest over the three projections of the reference.
const FULL: &str = "full_projection";

/// How a tenant's projections are.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantHealth {
    /// The last event of the log.
    pub head: LogSeq,
    /// One per projection, in [`Projection::ALL`] order.
    pub scopes: Vec<ScopeHealth>,
    /// The last digest over the three projections of the reference that was written down.
    pub full_digest: Option<LastDigest>,
    /// What has not ended, oldest first.
    pub open_runs: Vec<Run>,
    /// Events that wait for a person, oldest first; not all of them when there are many.
    pub open_failures: Vec<Failure>,
}

/// How one projection is.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeHealth {
    /// Which.
    pub projection: Projection,
    /// What its state and status follow from.
    pub facts: ScopeFacts,
    /// The generation that readers see.
    pub generation: i64,
    /// How often the scope was taken.
    pub epoch: i64,
    /// The process that took it last.
    pub owner: Option<String>,
    /// Events per second over about one and five minutes, as of its last move.
    pub rates: (f64, f64),
    /// Why it does not move, if it does not.
    pub last_error: Option<LastError>,
    /// Attempts since then.
    pub retry_count: i64,
    /// Events that an operator accepted as missing.
    pub quarantined: i64,
    /// The last digest that was written down.
    pub digest: Option<LastDigest>,
    /// When its rows were last compared with what was written.
    pub checked_at: Option<Micros>,
    /// Since when they differ.
    pub drift_since: Option<Micros>,
}

/// Why a projection does not move.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_cursors, without `error_`")]
pub struct LastError {
    pub category: Option<String>,
    pub code: String,
    pub message: String,
    pub since: Option<Micros>,
}

/// A digest that was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the columns of dg_projection_digest_history")]
pub struct LastDigest {
    pub digest_value: Option<String>,
    pub last_log_seq: LogSeq,
    pub computed_at: Micros,
    pub skipped_events: i64,
}

impl Store {
    /// How a tenant's projections are, with at most `failures` of the open failures named.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown tenant, or the database's.
    pub async fn health(&self, tenant: &TenantId, failures: i64) -> Result<TenantHealth, StoreError> {
        let name = "projections.health";
        let names: Vec<&str> = Projection::ALL.iter().map(|projection| projection.as_str()).chain([FULL]).collect();
        let open_runs = self.open_runs(tenant).await?;
        let rows = self.of(tenant).query(name, HEALTH, &[&tenant.as_str(), &names]).await?;
        let open_failures = self.open_failures(tenant, failures).await?;
        let columns = |row| Columns { name, row };
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Err(StoreError::NotFound { what: "tenant" });
        };
        let scopes =
            rows.iter().zip(Projection::ALL).map(|(row, projection)| scope(columns(row), projection, &open_runs));
        Ok(TenantHealth {
            head: columns(first).position("head_seq")?,
            scopes: scopes.collect::<Result<_, _>>()?,
            full_digest: digest(columns(last))?,
            open_runs,
            open_failures,
        })
    }
}

fn scope(row: Columns<'_>, projection: Projection, open_runs: &[Run]) -> Result<ScopeHealth, StoreError> {
    // A projection that nobody has taken yet has no row.
    let state: Option<&str> = row.get("state")?;
    let drift_since = row.at_if_any("drift_since")?;
    let mut covering = open_runs.iter().filter(|run| run.target.projections().contains(&projection));
    let facts = ScopeFacts {
        taken: state.is_some(),
        applied: row.position_if_any("last_log_seq")?.unwrap_or_default(),
        head: row.position("head_seq")?,
        moved_at: row.at_if_any("updated_at")?,
        oldest_pending_at: row.at_if_any("oldest_pending_at")?,
        failed: state == Some("failed"),
        next_retry_at: row.at_if_any("next_retry_at")?,
        run: covering.next().map(|run| (run.mode, run.status)),
        open_failures: row.get("open_failures")?,
        drifted: drift_since.is_some(),
    };
    let or_none = |column: &str| Ok::<_, StoreError>(row.get::<Option<f64>>(column)?.unwrap_or_default());
    Ok(ScopeHealth {
        projection,
        facts,
        generation: row.get::<Option<i64>>("generation")?.unwrap_or(1),
        epoch: row.get::<Option<i64>>("epoch")?.unwrap_or_default(),
        owner: row.get::<Option<String>>("owner")?.filter(|owner| !owner.is_empty()),
        rates: (or_none("rate_1m")?, or_none("rate_5m")?),
        last_error: last_error(row)?,
        retry_count: row.get::<Option<i64>>("retry_count")?.unwrap_or_default(),
        quarantined: row.get("quarantined")?,
        digest: digest(row)?,
        checked_at: row.at_if_any("checked_at")?,
        drift_since,
    })
}

fn last_error(row: Columns<'_>) -> Result<Option<LastError>, StoreError> {
    let Some(code) = row.get("error_code")? else { return Ok(None) };
    Ok(Some(LastError {
        category: row.get("error_category")?,
        code,
        message: row.get::<Option<String>>("error_message")?.unwrap_or_default(),
        since: row.at_if_any("error_since")?,
    }))
}

fn digest(row: Columns<'_>) -> Result<Option<LastDigest>, StoreError> {
    let Some(computed_at) = row.at_if_any("digest_computed_at")? else { return Ok(None) };
    Ok(Some(LastDigest {
        digest_value: row.get("digest_value")?,
        last_log_seq: row.position("digest_log_seq")?,
        computed_at,
        skipped_events: row.get("digest_skipped_events")?,
    }))
}
