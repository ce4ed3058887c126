//! Everything that a dry run of a trace looks at.

use dg_domain::{LogSeq, TenantId, keys};
use dg_projections::Projection;
use dg_workflow::{
    Item, ids,
    routing::SlaProfile,
    studio::{self, DryRun, Looked, Precedent, Reading, Signal},
    template::Versioned,
};

use super::{Shown, templates};
use crate::{
    error::StoreError,
    projections::{PrecedentHit, PrecedentQuery},
    store::Store,
    values::PgKey,
    work::Work,
};

const HEAD: &str = include_str!("../../../../sql/queries/workflow/case_head.sql");
const STANDPOINT: &str = include_str!("../../../../sql/queries/workflow/standpoint.sql");
const TRACE: &str = include_str!("../../../../sql/queries/workflow/review_trace.sql");
const ITEMS: &str = include_str!("../../../../sql/queries/workflow/items_of_trace.sql");

/// Most precedents that are held against a trace.
const MOST_PRECEDENTS: usize = 6;

/// A trace with what a review of it would rest on.
#[derive(Clone, Debug)]
pub struct TraceLooked {
    /// What it says.
    pub reading: Reading,
    /// Its items, oldest first.
    pub items: Vec<Shown>,
    /// The templates of the tenant.
    pub templates: Vec<Versioned>,
    /// Finished traces about the same entity under the same policy, newest finish first.
    pub precedents: Vec<PrecedentHit>,
    /// How far the log was in [`Self::precedents`]; the rest is of the log itself.
    pub precedents_as_of: LogSeq,
    /// How long reviews may take by priority, where the tenant says so.
    pub profile: Option<SlaProfile>,
    /// Whether the tenant is a demonstration.
    pub demo: bool,
}

impl TraceLooked {
    /// What stands out.
    #[must_use]
    pub fn signals(&self) -> Vec<Signal> {
        self.with(studio::signals)
    }

    /// What a review by a template would be.
    #[must_use]
    pub fn dry_run(&self, template: &Versioned) -> DryRun {
        self.with(|looked| studio::dry_run(looked, template))
    }

    fn with<T>(&self, ask: impl FnOnce(&Looked<'_>) -> T) -> T {
        let existing: Vec<Item> = self.items.iter().map(|shown| shown.item.clone()).collect();
        let precedent = |hit: &PrecedentHit| Precedent { trace_id: hit.trace_id.clone(), outcome: hit.outcome.clone() };
        let precedents: Vec<Precedent> = self.precedents.iter().map(precedent).collect();
        ask(&Looked {
            reading: &self.reading,
            precedents: &precedents,
            precedents_as_of: self.precedents_as_of.get(),
            existing: &existing,
            profile: self.profile,
        })
    }
}

impl Store {
    /// Looks at a trace; `None` for one that nobody wrote to, and for those that record reviews. What the trace says is read
    /// out of the log, so that no projection can hold a review up (WF-55); precedents are as far as the projections are.
    ///
    /// # Errors
    /// As every statement.
    pub async fn look_at_trace(&self, tenant: &TenantId, trace_id: &str) -> Result<Option<TraceLooked>, StoreError> {
        if ids::is_companion(trace_id) {
            return Ok(None);
        }
        let work = Work::snapshot_of(self, tenant).await?;
        let looked = look(&work, tenant, trace_id).await?;
        work.roll_back().await?;
        let Some(mut looked) = looked else { return Ok(None) };
        let (hits, as_of) = self.like(tenant, &looked.reading).await?;
        looked.precedents = hits;
        looked.precedents_as_of = as_of;
        Ok(Some(looked))
    }

    /// Traces like one, without it, whatever became of them.
    async fn like(&self, tenant: &TenantId, reading: &Reading) -> Result<(Vec<PrecedentHit>, LogSeq), StoreError> {
        let snapshot = self.snapshot(tenant).await?;
        let as_of = snapshot.freshness(&[Projection::PrecedentIndex, Projection::TraceSummary]).applied;
        let (entity_type, entity_id) = reading.facts.entity.clone().unzip();
        let policy = reading.policy.clone();
        let query = PrecedentQuery {
            policy_id: policy.as_ref().map(|policy| policy.policy_id.clone()),
            policy_version: policy.map(|policy| policy.policy_version),
            entity_type,
            entity_id,
            outcome: None,
        };
        // Without anything to look for, everything would be like it.
        let nothing = query.policy_id.is_none() && query.entity_type.is_none();
        let most = i64::try_from(MOST_PRECEDENTS).unwrap_or(i64::MAX);
        let hits = if nothing { Ok(Vec::new()) } else { snapshot.precedents(&query, most + 1).await };
        snapshot.close().await?;
        let mut hits = hits?;
        hits.retain(|hit| hit.trace_id != reading.trace_id);
        hits.truncate(MOST_PRECEDENTS);
        Ok((hits, as_of))
    }
}

async fn look(work: &Work, tenant: &TenantId, trace_id: &str) -> Result<Option<TraceLooked>, StoreError> {
    let tenant_id = tenant.as_str();
    let trace = PgKey(keys::trace_key(trace_id));
    let name = "workflow.case_head";
    let head = work.query_opt(name, HEAD, &[&tenant_id]).await?;
    let head: i64 = head.map_or(Ok(0), |row| row.try_get(0).map_err(StoreError::of(name)))?;
    let name = "workflow.review_trace";
    let rows = work.query(name, TRACE, &[&tenant_id, &trace]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut reading = Reading::of(trace_id, head);
    for row in &rows {
        let event_type: &str = row.try_get(0).map_err(StoreError::of(name))?;
        let event_type = event_type.parse().map_err(|source| StoreError::corrupt(name, source))?;
        reading.read(event_type, row.try_get(1).map_err(StoreError::of(name))?);
    }
    let name = "workflow.items_of_trace";
    let rows = work.query(name, ITEMS, &[&tenant_id, &trace]).await?;
    let items: Result<Vec<Shown>, StoreError> = rows.iter().map(|row| Shown::read(name, row)).collect();
    let name = "workflow.standpoint";
    let standpoint = work.query_opt(name, STANDPOINT, &[&tenant_id]).await?;
    let demo = standpoint.map_or(Ok(false), |row| row.try_get(1).map_err(StoreError::of(name)))?;
    Ok(Some(TraceLooked {
        reading,
        items: items?,
        templates: templates::all(work, tenant).await?,
        precedents: Vec::new(),
        precedents_as_of: LogSeq::START,
        profile: templates::routing(work, tenant).await?.and_then(|routing| routing.sla_profile),
        demo,
    }))
}
