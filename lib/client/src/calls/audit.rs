//! The audit.

use serde::{Deserialize, Serialize};

use super::Params;
use crate::{AuditRow, Client, ClientError};

/// Where the next part of an export begins.
const NEXT_AFTER: &str = "x-dg-next-after-seq";

/// Which rows; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like the parameters")]
pub struct AuditQuery {
    pub kind: Option<String>,
    pub action: Option<String>,
    pub outcome: Option<String>,
    pub principal: Option<String>,
    pub subject: Option<String>,
    pub about_tenant: Option<String>,
    /// Written then or later, RFC 3339.
    pub since: Option<String>,
    /// Written before, RFC 3339.
    pub until: Option<String>,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
    /// Of the pages; 1 to 1000.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A page of rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditPage {
    /// The rows.
    pub entries: Vec<AuditRow>,
    /// For the next page; none at the end.
    #[serde(default)]
    pub next_cursor: Option<String>,
}

impl AuditQuery {
    fn filters(&self) -> Params {
        Params::default()
            .set("kind", self.kind.as_deref())
            .set("action", self.action.as_deref())
            .set("outcome", self.outcome.as_deref())
            .set("principal", self.principal.as_deref())
            .set("subject", self.subject.as_deref())
            .set("about_tenant", self.about_tenant.as_deref())
            .set("since", self.since.as_deref())
            .set("until", self.until.as_deref())
    }
}

impl Client {
    /// One page of the audit.
    ///
    /// # Errors
    /// `forbidden` without the permission `audit_read`.
    pub async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ClientError> {
        let params = query
            .filters()
            .set("order", query.oldest_first.then_some("oldest"))
            .set("limit", query.limit)
            .set("cursor", query.cursor.as_deref());
        self.get("/admin/audit".to_owned(), params.0).await
    }

    /// A part of the audit as lines, oldest first, after a row and up to another one; with the row to go on after. Each part
    /// leaves a row in the audit.
    ///
    /// # Errors
    /// As [`Client::audit`].
    pub async fn export_audit(
        &self,
        query: &AuditQuery,
        after_seq: i64,
        until_seq: Option<i64>,
    ) -> Result<(Vec<u8>, Option<i64>), ClientError> {
        let params = query.filters().set("after_seq", Some(after_seq)).set("until_seq", until_seq);
        let (lines, next) = self.lines("/admin/audit/export".to_owned(), params.0, NEXT_AFTER).await?;
        let foreign = |_| ClientError::local("invalid_response", "the answer does not say where to go on");
        Ok((lines, next.map(|text| text.parse()).transpose().map_err(foreign)?))
    }
}
