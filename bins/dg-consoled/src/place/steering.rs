//! What the screens about projections, set-aside events and runs show.

use super::query::{Pairs, given, one_of, value_of};

/// The projections by name.
pub(crate) const PROJECTIONS: [&str; 4] = ["context_graph", "trace_summary", "precedent_index", "trace_index"];
/// What a run can be about, the usual one first.
pub(crate) const TARGETS: [&str; 6] =
    ["all", "context_graph", "trace_summary", "precedent_index", "trace_index", "reference"];
/// The modes of a run that people ask for, the harmless one first.
pub(crate) const ASKED_MODES: [&str; 3] = ["verify", "catch_up", "rebuild"];
/// All modes of a run.
pub(crate) const RUN_MODES: [&str; 4] = ["verify", "catch_up", "rebuild", "reproject"];
/// The states of a run.
pub(crate) const RUN_STATUSES: [&str; 7] =
    ["queued", "running", "paused", "cancelling", "completed", "failed", "cancelled"];
/// The states of an event that was set aside.
pub(crate) const FAILURE_STATUSES: [&str; 4] = ["open", "quarantined", "resolved", "superseded"];
/// Whose digests are written down.
pub(crate) const DIGESTED: [&str; 5] =
    ["full_projection", "context_graph", "trace_summary", "precedent_index", "trace_index"];
/// What can be done to a run.
const STEPS: [&str; 3] = ["cancel", "pause", "resume"];
/// What can be done about an event that was set aside.
const DECISIONS: [&str; 3] = ["retry", "quarantine", "resolve"];

/// Which digests are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DigestsAt {
    /// Whether those of this moment are computed.
    pub(crate) now: bool,
    /// Whose history.
    pub(crate) of: Option<String>,
    /// Where the page of the history starts.
    pub(crate) cursor: Option<String>,
}

/// Which set-aside events are shown, and what is being decided about one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FailuresAt {
    /// `open`, `quarantined`, `resolved` or `superseded`.
    pub(crate) status: Option<String>,
    /// A projection.
    pub(crate) projection: Option<String>,
    /// A trace.
    pub(crate) trace_id: Option<String>,
    /// Where the page starts.
    pub(crate) cursor: Option<String>,
    /// `retry`, `quarantine` or `resolve`, and which one.
    pub(crate) act: Option<(String, String)>,
}

/// Which runs are shown, and what a form is open for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReplaysAt {
    /// A state.
    pub(crate) status: Option<String>,
    /// A mode.
    pub(crate) mode: Option<String>,
    /// Where the page starts.
    pub(crate) cursor: Option<String>,
    /// The mode and target of a run that somebody is about to ask for.
    pub(crate) asking: Option<(String, String)>,
}

/// Which run is shown, and what is about to be done to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunAt {
    /// The run.
    pub(crate) job_id: String,
    /// `cancel`, `pause` or `resume`.
    pub(crate) step: Option<String>,
}

impl DigestsAt {
    pub(super) fn read(query: &str) -> Self {
        let now = value_of(query, "now").is_some();
        Self { now, of: one_of(query, "of", &DIGESTED), cursor: value_of(query, "cursor") }
    }

    pub(super) fn pairs(&self) -> Pairs {
        let now = self.now.then(|| "1".to_owned());
        given([("now", now), ("of", self.of.clone()), ("cursor", self.cursor.clone())])
    }
}

impl FailuresAt {
    /// Whether every failure passes.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.status.is_none() && self.projection.is_none() && self.trace_id.is_none()
    }

    /// The same list with nothing being decided.
    pub(crate) fn list(&self) -> Self {
        Self { act: None, ..self.clone() }
    }

    pub(super) fn read(query: &str) -> Self {
        Self {
            status: one_of(query, "status", &FAILURE_STATUSES),
            projection: one_of(query, "projection", &PROJECTIONS),
            trace_id: value_of(query, "trace"),
            cursor: value_of(query, "cursor"),
            act: one_of(query, "do", &DECISIONS).zip(value_of(query, "failure")),
        }
    }

    pub(super) fn pairs(&self) -> Pairs {
        let (act, failure) = self.act.clone().unzip();
        given([
            ("status", self.status.clone()),
            ("projection", self.projection.clone()),
            ("trace", self.trace_id.clone()),
            ("cursor", self.cursor.clone()),
            ("do", act),
            ("failure", failure),
        ])
    }
}

impl ReplaysAt {
    /// Whether every run passes.
    pub(crate) fn is_unfiltered(&self) -> bool {
        self.status.is_none() && self.mode.is_none()
    }

    pub(super) fn read(query: &str) -> Self {
        let target = one_of(query, "of", &TARGETS).unwrap_or_else(|| TARGETS[0].to_owned());
        Self {
            status: one_of(query, "status", &RUN_STATUSES),
            mode: one_of(query, "mode", &RUN_MODES),
            cursor: value_of(query, "cursor"),
            asking: one_of(query, "do", &ASKED_MODES).map(|mode| (mode, target)),
        }
    }

    pub(super) fn pairs(&self) -> Pairs {
        let (mode, target) = self.asking.clone().unzip();
        given([
            ("status", self.status.clone()),
            ("mode", self.mode.clone()),
            ("cursor", self.cursor.clone()),
            ("do", mode),
            ("of", target),
        ])
    }
}

impl RunAt {
    pub(super) fn read(job_id: &str, query: &str) -> Self {
        Self { job_id: job_id.to_owned(), step: one_of(query, "do", &STEPS) }
    }

    pub(super) fn pairs(&self) -> Pairs {
        given([("do", self.step.clone())])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Place, Screen};
    use super::*;

    fn check(address: &str, screen: Screen) {
        let place = Place::of(&dg_domain::TenantId::new("acme").unwrap(), screen);
        assert_eq!(Place::parse(address), place, "{address}");
        assert_eq!(place.href(), address);
    }

    #[test]
    fn addresses_say_what_is_being_done() {
        check("/t/acme/projections", Screen::Projections);
        check(
            "/t/acme/digests?now=1&of=trace_index",
            Screen::Digests(DigestsAt { now: true, of: Some("trace_index".to_owned()), cursor: None }),
        );
        let act = Some(("retry".to_owned(), "f/1".to_owned()));
        check(
            "/t/acme/failures?status=open&do=retry&failure=f%2F1",
            Screen::Failures(FailuresAt { status: Some("open".to_owned()), act, ..FailuresAt::default() }),
        );
        let asking = Some(("rebuild".to_owned(), "all".to_owned()));
        check(
            "/t/acme/replays?mode=verify&do=rebuild&of=all",
            Screen::Replays(ReplaysAt { mode: Some("verify".to_owned()), asking, ..ReplaysAt::default() }),
        );
        check(
            "/t/acme/replays/j-1?do=cancel",
            Screen::Run(RunAt { job_id: "j-1".to_owned(), step: Some("cancel".to_owned()) }),
        );
    }

    #[test]
    fn words_without_meaning_ask_for_nothing() {
        assert_eq!(ReplaysAt::read("do=destroy&of=all"), ReplaysAt::default());
        assert_eq!(ReplaysAt::read("do=verify&of=moon").asking, Some(("verify".to_owned(), "all".to_owned())));
        assert_eq!(FailuresAt::read("do=retry"), FailuresAt::default());
        assert_eq!(RunAt::read("j", "do=explode").step, None);
    }
}
