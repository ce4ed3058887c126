//! Templates of reviews, and what a review of a trace would be.

use dg_domain::TenantId;

use super::Panel;

/// Where reviews are tried and started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StudioPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// The trace whose review is tried.
    pub(crate) trace_id: Option<String>,
    /// The template by which; none is the one that suits.
    pub(crate) template_id: Option<String>,
    /// What there is.
    pub(crate) templates: Panel<Vec<TemplateRow>>,
    /// What a review would be, once a trace is named.
    pub(crate) trial: Option<Panel<Trial>>,
}

/// The newest version of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateRow {
    /// Its id.
    pub(crate) template_id: String,
    /// What it is called.
    pub(crate) title: String,
    /// Its version; 0 is what is built in.
    pub(crate) version: i64,
    /// Whether reviews may be started by it.
    pub(crate) enabled: bool,
    /// What it says, laid out.
    pub(crate) definition: String,
}

/// What a review would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    /// What stands out about the trace.
    pub(crate) signals: Vec<String>,
    /// The name of the item.
    pub(crate) workflow_id: String,
    /// Whether it is there and open already.
    pub(crate) exists: bool,
    /// What it would be called.
    pub(crate) title: String,
    /// Why it would be made.
    pub(crate) reason: String,
    /// How urgent.
    pub(crate) priority: String,
    /// Hours to decide.
    pub(crate) sla_hours: i64,
    /// Whom it would be given to: an account.
    pub(crate) account: Option<String>,
    /// Or everybody with a role.
    pub(crate) role: Option<String>,
    /// Items of the trace: name and status.
    pub(crate) existing: Vec<(String, String)>,
    /// Traces that are like it: id and outcome.
    pub(crate) precedents: Vec<(String, String)>,
    /// The position of the log that this was found at.
    pub(crate) as_of: i64,
}
