//! Figures of reviews: how often, how fast, and how well decisions hold.

use std::collections::BTreeMap;

use dg_domain::{Micros, TenantId};
use tokio_postgres::{Row, types::ToSql};

use crate::{error::StoreError, store::Store, values::PgMicros, work::Work};

const DECISIONS: &str = include_str!("../../../../sql/queries/workflow/figures_decisions.sql");
const EXCEPTIONS: &str = include_str!("../../../../sql/queries/workflow/figures_exceptions.sql");

/// What figures are wanted of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FiguresOf {
    /// Decided, or asked for, then or later.
    pub from: Micros,
    /// Earlier.
    pub to: Micros,
    /// About this policy.
    pub policy_id: Option<String>,
    /// Decided by this account.
    pub reviewer: Option<String>,
}

/// Decisions of one policy or one reviewer. Counts; rates are for whoever shows them.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are the columns of figures_decisions.sql, which says what they are")]
pub struct Figures {
    pub decision_count: i64,
    pub approved_count: i64,
    pub rejected_count: i64,
    pub overridden_count: i64,
    pub decided_exception_count: i64,
    pub approved_exception_count: i64,
    pub reviewed_again_count: i64,
    pub overturned_count: i64,
    pub ballot_count: i64,
    pub agreed_ballot_count: i64,
    /// From the request to the decision, in seconds.
    pub median_seconds: Option<f64>,
    pub p90_seconds: Option<f64>,
}

/// The figures of a tenant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyFigures {
    /// Per policy, with how many exceptions were asked for; the empty name is for reviews of no policy.
    pub policies: BTreeMap<String, (i64, Figures)>,
    /// Per account that decided.
    pub reviewers: BTreeMap<String, Figures>,
}

impl Store {
    /// Figures per policy and per reviewer, both of one snapshot.
    ///
    /// # Errors
    /// As every statement.
    pub async fn workflow_figures(&self, tenant: &TenantId, of: &FiguresOf) -> Result<PolicyFigures, StoreError> {
        let work = Work::snapshot_of(self, tenant).await?;
        let mut figures = PolicyFigures::default();
        let (tenant_id, from, to) = (tenant.as_str(), PgMicros(of.from), PgMicros(of.to));
        let name = "workflow.figures_exceptions";
        if of.reviewer.is_none() {
            for row in &work.query(name, EXCEPTIONS, &[&tenant_id, &from, &to, &of.policy_id]).await? {
                let policy = row.try_get(0).map_err(StoreError::of(name))?;
                figures.policies.entry(policy).or_default().0 = row.try_get(1).map_err(StoreError::of(name))?;
            }
        }
        for by_policy in [true, false] {
            let name = "workflow.figures_decisions";
            let params: [&(dyn ToSql + Sync); 6] = [&tenant_id, &from, &to, &of.policy_id, &of.reviewer, &by_policy];
            for row in &work.query(name, DECISIONS, &params).await? {
                let subject = row.try_get(0).map_err(StoreError::of(name))?;
                let found = read(name, row)?;
                if by_policy {
                    figures.policies.entry(subject).or_default().1 = found;
                } else {
                    figures.reviewers.insert(subject, found);
                }
            }
        }
        work.roll_back().await?;
        Ok(figures)
    }
}

fn read(name: &'static str, row: &Row) -> Result<Figures, StoreError> {
    let count = |place: usize| row.try_get::<_, i64>(place).map_err(StoreError::of(name));
    let seconds = |place: usize| row.try_get::<_, Option<f64>>(place).map_err(StoreError::of(name));
    Ok(Figures {
        decision_count: count(1)?,
        approved_count: count(2)?,
        rejected_count: count(3)?,
        overridden_count: count(4)?,
        decided_exception_count: count(5)?,
        approved_exception_count: count(6)?,
        reviewed_again_count: count(7)?,
        overturned_count: count(8)?,
        ballot_count: count(9)?,
        agreed_ballot_count: count(10)?,
        median_seconds: seconds(11)?,
        p90_seconds: seconds(12)?,
    })
}
