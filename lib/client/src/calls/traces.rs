//! Listing traces, reading one.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::{Client, ClientError, Fresh, TraceDetail, TraceRow, path::segment};

/// Filters of the trace list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceQuery {
    /// Name of the workflow.
    pub workflow: Option<String>,
    /// `success`, `failure` or `abandoned`.
    pub outcome: Option<String>,
    /// `open` or `finished`.
    pub status: Option<String>,
    /// Type of an entity that the trace touched.
    pub entity_type: Option<String>,
    /// Its id; needs `entity_type`.
    pub entity_id: Option<String>,
    /// `id` or `id:version` of a policy.
    pub policy: Option<String>,
    /// `type:id` of somebody who acted or approved.
    pub actor: Option<String>,
    /// Labels, all of them.
    pub tags: Vec<String>,
    /// Comparisons with facts, all of them: `amount>=100`.
    pub facts: Vec<String>,
    /// Words, all of them.
    pub text: Option<String>,
    /// RFC 3339: started then or later.
    pub started_after: Option<String>,
    /// RFC 3339: started earlier.
    pub started_before: Option<String>,
    /// `activity` or `started`; the service takes `activity` without a filter and `started` with one.
    pub order: Option<String>,
    /// Whether to count all that match.
    pub count: bool,
    /// Whether companion traces of reviews are listed too.
    pub companions: bool,
    /// 1 to 200; the service takes 50 without it.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of the trace list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TracePage {
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
    /// The traces.
    pub traces: Vec<TraceRow>,
    /// How many match, when that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// `eq`, or `gte` when counting stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_relation: Option<String>,
}

impl Client {
    /// One page of the trace list.
    ///
    /// # Errors
    /// The service's refusals, for example `invalid_argument` for a cursor it did not give.
    pub async fn traces(&self, query: &TraceQuery) -> Result<Fresh<TracePage>, ClientError> {
        let params = Params::default()
            .set("workflow", query.workflow.as_deref())
            .set("outcome", query.outcome.as_deref())
            .set("status", query.status.as_deref())
            .set("entity_type", query.entity_type.as_deref())
            .set("entity_id", query.entity_id.as_deref())
            .set("policy", query.policy.as_deref())
            .set("actor", query.actor.as_deref())
            .each("tag", &query.tags)
            .each("fact", &query.facts)
            .set("q", query.text.as_deref())
            .set("started_after", query.started_after.as_deref())
            .set("started_before", query.started_before.as_deref())
            .set("order", query.order.as_deref())
            .set("count", query.count.then_some("true"))
            .set("include", query.companions.then_some("companions"))
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_deref());
        self.get_fresh("/traces".to_owned(), params.0).await
    }

    /// One trace: its summary, its index row and its first 10,000 events.
    ///
    /// # Errors
    /// `not_found` for an unknown trace, and the service's other refusals.
    pub async fn trace(&self, trace_id: &str) -> Result<Fresh<TraceDetail>, ClientError> {
        self.get_fresh(format!("/traces/{}", segment("a trace id", trace_id)?), Vec::new()).await
    }
}
