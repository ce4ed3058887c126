//! `GET /precedents`: finished traces like the one at hand, by exact match.

pub(crate) mod contract;

use axum::extract::{RawQuery, State};
use dg_http::freshness::{self, Freshness};
use dg_http::gate::{Reader, TenantCaller};
use dg_http::params::{self, Params};
use dg_http::{ApiError, Reply};
use dg_projections::Projection;
use dg_storage::projections::{PrecedentHit, PrecedentQuery, Snapshot};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

const FILTERS: &[&str] = &["policy_id", "policy_version", "entity_type", "entity_id", "outcome", "limit"];

/// Finds precedents, newest finish first.
pub(crate) async fn find(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    caller: TenantCaller<Reader>,
) -> Result<Reply, ApiError> {
    let given = Params::read(query.as_deref(), &[FILTERS, freshness::NAMES, freshness::AS_OF])?;
    let (wanted, limit) = read_query(&given)?;
    let (fresh, as_of) = (Freshness::read(&given)?, freshness::as_of(&given)?);
    let ask = async |snapshot: &Snapshot| Ok(snapshot.precedents(&wanted, limit).await?);
    let projections = [Projection::PrecedentIndex, Projection::TraceSummary];
    let (hits, meta) = crate::freshness::read_as_of(&app, caller.tenant(), fresh, as_of, &projections, ask).await?;
    Reply::ok(&Found { precedents: hits.iter().map(HitJson::of).collect() })?.with_meta(meta)
}

fn read_query(given: &Params) -> Result<(PrecedentQuery, i64), ApiError> {
    for (name, needed) in [("policy_version", "policy_id"), ("entity_id", "entity_type")] {
        if given.text(name).is_some() && given.text(needed).is_none() {
            return Err(params::bad(name, format!("the parameter {name} needs {needed}")));
        }
    }
    let text = |name: &str| given.text(name).map(str::to_owned);
    let query = PrecedentQuery {
        policy_id: text("policy_id"),
        policy_version: text("policy_version"),
        entity_type: text("entity_type"),
        entity_id: text("entity_id"),
        outcome: text("outcome"),
    };
    Ok((query, given.integer("limit", 1..=10_000)?.unwrap_or(100)))
}

#[derive(Serialize, ToSchema)]
struct Found<'a> {
    precedents: Vec<HitJson<'a>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Precedent)]
struct HitJson<'a> {
    trace_id: &'a str,
    workflow: &'a str,
    title: &'a str,
    outcome: Option<&'a str>,
    policy_id: Option<&'a str>,
    policy_version: Option<&'a str>,
    finished_at: Option<&'a str>,
}

impl<'a> HitJson<'a> {
    fn of(hit: &'a PrecedentHit) -> Self {
        Self {
            trace_id: &hit.trace_id,
            workflow: &hit.workflow,
            title: &hit.title,
            outcome: hit.outcome.as_deref(),
            policy_id: hit.policy_id.as_deref(),
            policy_version: hit.policy_version.as_deref(),
            finished_at: hit.finished_at.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_query() {
        let check = |query: &str| read_query(&Params::read(Some(query), &[FILTERS]).unwrap()).ok();
        let (query, limit) = check("policy_id=p&policy_version=2&outcome=success").unwrap();
        assert_eq!((query.policy_version.as_deref(), query.entity_id, limit), (Some("2"), None, 100));
        assert!(check("policy_id=&policy_version=2").is_some());
        for bad in ["policy_version=2", "entity_id=1", "limit=0", "limit=10001"] {
            assert!(check(bad).is_none(), "{bad}");
        }
    }
}
