//! The reference's exact search for precedents (semantics, section 12.6).

use dg_projections::Projection;
use tokio_postgres::Row;

use super::snapshot::Snapshot;
use crate::error::StoreError;

const ALL: &str = include_str!("../../../../sql/queries/projections/precedents.sql");
const OF_POLICY: &str = include_str!("../../../../sql/queries/projections/precedents_of_policy.sql");

/// What to look for. Absent and empty fields do not filter; `policy_version` needs `policy_id`, `entity_id` needs
/// `entity_type`: the caller has checked that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 12.6")]
pub struct PrecedentQuery {
    pub policy_id: Option<String>,
    pub policy_version: Option<String>,
    pub entity_type: Option<String>,
    pub entity_id: Option<String>,
    pub outcome: Option<String>,
}

/// A finished trace that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 12.6")]
pub struct PrecedentHit {
    pub trace_id: String,
    pub workflow: String,
    pub title: String,
    pub outcome: Option<String>,
    pub policy_id: Option<String>,
    pub policy_version: Option<String>,
    pub finished_at: Option<String>,
}

impl Snapshot {
    /// At most `limit` hits, newest finish first.
    ///
    /// # Errors
    /// As [`crate::Store::ping`].
    pub async fn precedents(&self, query: &PrecedentQuery, limit: i64) -> Result<Vec<PrecedentHit>, StoreError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let tenant = self.tenant.as_str();
        let summaries = self.slot(Projection::TraceSummary);
        let (entity_type, entity_id) = (given(&query.entity_type), given(&query.entity_id));
        let outcome = given(&query.outcome);
        let rows = match given(&query.policy_id) {
            None => {
                self.query_anew(
                    "projections.precedents",
                    ALL,
                    &[&tenant, &summaries, &entity_type, &entity_id, &outcome, &limit, &self.until],
                )
                .await?
            }
            Some(policy_id) => {
                let precedents = self.slot(Projection::PrecedentIndex);
                self.query_anew(
                    "projections.precedents_of_policy",
                    OF_POLICY,
                    &[
                        &tenant,
                        &precedents,
                        &entity_type,
                        &entity_id,
                        &outcome,
                        &limit,
                        &policy_id,
                        &given(&query.policy_version),
                        &summaries,
                        &self.until,
                    ],
                )
                .await?
            }
        };
        rows.iter().map(read_hit).collect()
    }
}

fn read_hit(row: &Row) -> Result<PrecedentHit, StoreError> {
    let read = || -> Result<PrecedentHit, tokio_postgres::Error> {
        Ok(PrecedentHit {
            trace_id: row.try_get("trace_id")?,
            workflow: row.try_get("workflow")?,
            title: row.try_get("title")?,
            outcome: row.try_get("outcome")?,
            policy_id: row.try_get("policy_id")?,
            policy_version: row.try_get("policy_version")?,
            finished_at: row.try_get("finished_at")?,
        })
    };
    read().map_err(StoreError::of("projections.precedents"))
}
