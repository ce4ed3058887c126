//! Runs over the read models: what was asked for, how far it is, and what came out.

use dg_domain::{Micros, TenantId};

use super::Panel;
use crate::place::{ReplaysAt, RunAt};

/// The runs of a tenant, and the form for another one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReplaysPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which, and what a form is open for.
    pub(crate) at: ReplaysAt,
    /// What everybody may know: how far behind the read models are, and what is under way.
    pub(crate) state: Panel<RunState>,
    /// The runs.
    pub(crate) list: Panel<RunList>,
}

/// What a new run would meet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunState {
    /// The end of the log.
    pub(crate) head: i64,
    /// Each projection and how many events it lacks.
    pub(crate) pending: Vec<(String, i64)>,
    /// Runs that have not ended, oldest first.
    pub(crate) open: Vec<RunLine>,
}

/// One page of runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunList {
    /// Newest first.
    pub(crate) rows: Vec<RunLine>,
    /// Where the next page starts.
    pub(crate) next: Option<String>,
}

/// One run, in short.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunLine {
    /// Which.
    pub(crate) job_id: String,
    /// A projection, or `all`.
    pub(crate) projection: String,
    /// `verify`, `catch_up`, `rebuild` or `reproject`.
    pub(crate) mode: String,
    /// `queued`, `running`, `paused`, `cancelling`, `completed`, `failed` or `cancelled`.
    pub(crate) status: String,
    /// What it is at.
    pub(crate) phase: String,
    /// Why.
    pub(crate) reason: String,
    /// Who wanted it.
    pub(crate) by: String,
    /// When.
    pub(crate) asked: Option<Micros>,
    /// When it ended.
    pub(crate) ended: Option<Micros>,
    /// The position it has reached.
    pub(crate) reached: i64,
    /// The position it goes to.
    pub(crate) target: Option<i64>,
    /// Events of the log per second.
    pub(crate) per_second: f64,
    /// Seconds left, when somebody can tell.
    pub(crate) left: Option<f64>,
    /// Events folded, once per projection.
    pub(crate) folded: i64,
    /// What the comparison said.
    pub(crate) verdict: Option<Verdict>,
}

impl RunLine {
    /// Whether nothing follows.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed" | "cancelled")
    }

    /// Whether it touches what a run about `target` would touch.
    pub(crate) fn meets(&self, target: &str) -> bool {
        let members = |name: &str| match name {
            "all" => 0b1111,
            "reference" => 0b0111,
            "context_graph" => 0b0001,
            "trace_summary" => 0b0010,
            "precedent_index" => 0b0100,
            _ => 0b1000,
        };
        !self.has_ended() && members(&self.projection) & members(target) != 0
    }
}

/// What people call a mode.
pub(crate) fn mode_name(mode: &str) -> &str {
    match mode {
        "verify" => "Verify",
        "catch_up" => "Catch-up",
        "rebuild" => "Rebuild",
        "reproject" => "Reprojection",
        other => other,
    }
}

/// What a comparison of digests said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The same rows.
    Equal,
    /// Other rows at the same position.
    Different,
    /// The two are of different positions.
    NotComparable,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunPage {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Which, and what is about to be done to it.
    pub(crate) at: RunAt,
    /// The run.
    pub(crate) run: Panel<RunDetail>,
}

/// All of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunDetail {
    /// In short.
    pub(crate) line: RunLine,
    /// When it began.
    pub(crate) started: Option<Micros>,
    /// The process that carries it out, or did.
    pub(crate) owner: String,
    /// How often a runner died.
    pub(crate) attempt: i64,
    /// Why it failed: code and words.
    pub(crate) error: Option<(String, String)>,
    /// Position that its digests hold for.
    pub(crate) compared_at: Option<i64>,
    /// By projection.
    pub(crate) digests: Vec<DigestPair>,
    /// The first row that is not as the log says.
    pub(crate) difference: Option<Difference>,
    /// Events that could not be folded.
    pub(crate) set_aside: Option<i64>,
    /// The generation that it made.
    pub(crate) generation: Option<i64>,
    /// What was asked for together with it, the failure it is about, and so on: name and value.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// The trace it was asked for, or is about.
    pub(crate) trace_id: Option<String>,
}

/// A projection's digest on both sides of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DigestPair {
    /// Which.
    pub(crate) projection: String,
    /// Of what readers saw.
    pub(crate) seen: Option<String>,
    /// Of what the log gives.
    pub(crate) folded: Option<String>,
    /// What that means.
    pub(crate) verdict: Verdict,
}

/// A row that is not as the log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Of which projection.
    pub(crate) projection: String,
    /// In which table.
    pub(crate) table: String,
    /// The row's key.
    pub(crate) key: String,
    /// Readers see no such row.
    pub(crate) missing: bool,
    /// The log gives no such row.
    pub(crate) unknown: bool,
    /// Name, expected, actual.
    pub(crate) fields: Vec<(String, Option<String>, Option<String>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_meet_where_they_touch_a_projection() {
        let line = |projection: &str, status: &str| RunLine {
            job_id: "j".to_owned(),
            projection: projection.to_owned(),
            mode: "verify".to_owned(),
            status: status.to_owned(),
            phase: String::new(),
            reason: String::new(),
            by: String::new(),
            asked: None,
            ended: None,
            reached: 0,
            target: None,
            per_second: 0.0,
            left: None,
            folded: 0,
            verdict: None,
        };
        for (projection, target, expected) in [
            ("all", "trace_index", true),
            ("trace_index", "all", true),
            ("reference", "trace_summary", true),
            ("reference", "trace_index", false),
            ("context_graph", "trace_summary", false),
            ("context_graph", "context_graph", true),
        ] {
            assert_eq!(line(projection, "running").meets(target), expected, "{projection} {target}");
            assert!(!line(projection, "completed").meets(target));
        }
    }
}
