//! Rows of the audit.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Something that was done, refused or tried. Bound to the row before it by hashes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are named like the columns, which docs/operations/identity.md explains")]
pub struct AuditRow {
    #[serde(default)]
    pub about_tenant: Option<String>,
    pub action: String,
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub agent: Option<String>,
    pub audit_seq: i64,
    /// The text that was hashed: an object, or a string when somebody made something else of it.
    pub details: Box<RawValue>,
    pub entry_hash: String,
    pub kind: String,
    pub outcome: String,
    pub previous_hash: String,
    #[serde(default)]
    pub principal: Option<String>,
    pub recorded_at: String,
    #[serde(default)]
    pub request_id: Option<String>,
    #[serde(default)]
    pub subject: Option<String>,
}

impl AuditRow {
    /// The text of the details as it was hashed.
    #[must_use]
    pub fn details_json(&self) -> String {
        let text = self.details.get();
        serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned())
    }
}
