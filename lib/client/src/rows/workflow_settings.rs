//! What reviews are made by.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Template {
    pub template_id: String,
    pub version: i64,
    pub enabled: bool,
    pub definition: Value,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub created_by: Option<String>,
}

/// A version of what is said about new items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api/http.md")]
pub struct Routing {
    pub version: i64,
    pub definition: Value,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub created_by: Option<String>,
}
