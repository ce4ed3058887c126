//! Files that are shown as evidence.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct WorkflowFile {
    pub sha256: String,
    pub media_type: String,
    pub size_bytes: i64,
}

impl WorkflowFile {
    /// As an entry of evidence.
    #[must_use]
    pub fn evidence(&self, label: Option<&str>) -> Value {
        let mut entry = json!({
            "kind": "file", "sha256": self.sha256, "media_type": self.media_type, "size_bytes": self.size_bytes,
        });
        if let Some(label) = label {
            entry["label"] = label.into();
        }
        entry
    }
}
