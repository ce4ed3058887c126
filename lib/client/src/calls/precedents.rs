//! Searching finished traces that are like a case.

use serde::Deserialize;

use super::Params;
use crate::{Client, ClientError, Fresh, Precedent};

/// Filters of a precedent search; none set finds every finished trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrecedentQuery {
    /// Policy that was evaluated.
    pub policy_id: Option<String>,
    /// Its version; needs `policy_id`.
    pub policy_version: Option<String>,
    /// Type of the primary entity.
    pub entity_type: Option<String>,
    /// Its id; needs `entity_type`.
    pub entity_id: Option<String>,
    /// `success`, `failure` or `abandoned`.
    pub outcome: Option<String>,
    /// 1 to 10,000; the service takes 100 without it.
    pub limit: Option<u32>,
}

impl Client {
    /// Finds precedents, latest activity first.
    ///
    /// # Errors
    /// The service's refusals, for example `invalid_argument` for a version without its policy.
    pub async fn precedents(&self, query: &PrecedentQuery) -> Result<Fresh<Vec<Precedent>>, ClientError> {
        #[derive(Deserialize)]
        struct Found {
            precedents: Vec<Precedent>,
        }
        let params = Params::default()
            .set("policy_id", query.policy_id.as_deref())
            .set("policy_version", query.policy_version.as_deref())
            .set("entity_type", query.entity_type.as_deref())
            .set("entity_id", query.entity_id.as_deref())
            .set("outcome", query.outcome.as_deref())
            .set("limit", query.limit);
        let found: Fresh<Found> = self.get_fresh("/precedents".to_owned(), params.0).await?;
        Ok(Fresh { data: found.data.precedents, meta: found.meta })
    }
}
