//! How the projections of all tenants stand, in a few numbers.

use super::runner::field;
use crate::{error::StoreError, store::Store};

const STANDING: &str = include_str!("../../../../sql/queries/runner/standing.sql");

/// The numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Events that the projection furthest behind has not seen.
    pub pending_events: i64,
    /// Age of the oldest event that some projection has not seen, in seconds.
    pub lag_seconds: f64,
    /// Projections that stand before a hole in the log.
    pub failed_scopes: i64,
    /// Projections that are behind and have not moved for half a minute.
    pub stalled_scopes: i64,
    /// Projections whose rows are not those that were written.
    pub drifted_scopes: i64,
    /// Events set aside that wait for an operator.
    pub open_failures: i64,
    /// Events that operators decided to leave out.
    pub quarantined: i64,
    /// Runs that wait for a runner.
    pub runs_queued: i64,
    /// Runs under way.
    pub runs_running: i64,
    /// Runs stopped for now.
    pub runs_paused: i64,
}

impl Store {
    /// Takes the numbers.
    ///
    /// # Errors
    /// As [`Store::ping`].
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let row = self.query_opt("runner.standing", STANDING, &[]).await?;
        let Some(row) = row else { return Ok(Standing::default()) };
        Ok(Standing {
            pending_events: field(&row, "pending_events")?,
            lag_seconds: field(&row, "lag_seconds")?,
            failed_scopes: field(&row, "failed_scopes")?,
            stalled_scopes: field(&row, "stalled_scopes")?,
            drifted_scopes: field(&row, "drifted_scopes")?,
            open_failures: field(&row, "open_failures")?,
            quarantined: field(&row, "quarantined")?,
            runs_queued: field(&row, "runs_queued")?,
            runs_running: field(&row, "runs_running")?,
            runs_paused: field(&row, "runs_paused")?,
        })
    }
}
