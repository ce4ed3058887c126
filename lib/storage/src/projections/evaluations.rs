//! What a policy said of traces, and what had been observed when it did.

use dg_domain::keys;
use dg_projections::{Projection, TraceFilter};
use dg_workflow::policy_what_if::{Recorded, Trail};

use super::{search::StartPosition, snapshot::Snapshot};
use crate::{error::StoreError, values::PgKey};

const EVALUATIONS: &str = include_str!("../../../../sql/queries/projections/evaluations.sql");

/// So many traces are read at once.
const AT_ONCE: usize = 50;

/// Which decisions to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluations {
    /// The policy.
    pub policy_id: String,
    /// Only this version of it.
    pub policy_version: Option<String>,
    /// Which traces; their policy is the one above.
    pub traces: TraceFilter,
}

impl Snapshot {
    /// The last decision of a policy in each trace, latest start first, at most `most` of them, and whether there are more.
    /// Nothing counts that `trace_index` had not applied, or that is later than what the snapshot looks back to; so the answer
    /// for a position stays the same for ever.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn evaluations(&self, wanted: &Evaluations, most: usize) -> Result<(Vec<Recorded>, bool), StoreError> {
        let filter = TraceFilter { policy: Some(wanted.policy_id.clone()), ..wanted.traces.clone() };
        let until = self.until.min(self.freshness(&[Projection::TraceIndex]).applied.get());
        let page = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let (mut recorded, mut after) = (Vec::new(), None);
        loop {
            let rows = self.started_traces(&filter, after, page).await?;
            let Some(last) = rows.last() else { return Ok((recorded, false)) };
            after = Some(StartPosition { started: last.started_instant, first_log_seq: last.first_log_seq });
            let is_last = rows.len() < AT_ONCE;
            let traces = rows.into_iter().filter(|row| row.first_log_seq <= until).map(|row| row.trace_id);
            recorded.extend(self.recorded(wanted, traces.collect(), until).await?);
            if recorded.len() > most {
                recorded.truncate(most);
                return Ok((recorded, true));
            }
            if is_last {
                return Ok((recorded, false));
            }
        }
    }

    async fn recorded(
        &self,
        wanted: &Evaluations,
        traces: Vec<String>,
        until: i64,
    ) -> Result<Vec<Recorded>, StoreError> {
        let name = "projections.evaluations";
        let keys: Vec<PgKey> = traces.iter().map(|trace_id| PgKey(keys::trace_key(trace_id))).collect();
        let rows = self.query(name, EVALUATIONS, &[&self.tenant.as_str(), &keys, &until]).await?;
        let mut trails: Vec<Trail<'_>> =
            traces.iter().map(|_| Trail::of(&wanted.policy_id, wanted.policy_version.as_deref())).collect();
        for row in &rows {
            let place: i64 = row.try_get(0).map_err(StoreError::of(name))?;
            let event_type: &str = row.try_get(1).map_err(StoreError::of(name))?;
            let event_type = event_type.parse().map_err(|source| StoreError::corrupt(name, source))?;
            let trail = usize::try_from(place - 1).ok().and_then(|at| trails.get_mut(at));
            if let Some(trail) = trail {
                trail.read(event_type, row.try_get(2).map_err(StoreError::of(name))?);
            }
        }
        let told = trails.into_iter().zip(&traces).filter_map(|(trail, trace_id)| trail.recorded(trace_id));
        Ok(told.collect())
    }
}
