//! The studio: what a trace looks like to somebody who thinks about a review of it, and the review that would be started.
//!
//! A dry run reads what is recorded and says what stands out, by fixed signals (WF-50); it evaluates no policy again and changes
//! nothing. What it found goes into the event that starts a review, so that whoever decides sees what whoever asked saw.

mod draft;
mod reading;
mod signal;

use serde_json::{Map, Value, json};

pub use self::draft::{ReviewDraft, Wanted};
pub use self::reading::Reading;
pub use self::signal::Signal;
use crate::{
    Item, Policy, Priority, Status, canonical::canonical, draft::object, routing::SlaProfile, template,
    template::Versioned,
};

/// The type of what is reviewed by reviews that people start.
pub const SUBJECT_TYPE: &str = "trace_review";
/// More signals than this, and everything is worth a replay.
const FEW_SIGNALS: usize = 2;

/// A finished trace like the one at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precedent {
    /// Which.
    pub trace_id: String,
    /// How it ended.
    pub outcome: Option<String>,
}

/// Everything that a dry run looks at.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    /// What the trace says.
    pub reading: &'a Reading,
    /// Traces like it, never itself, whatever their outcome.
    pub precedents: &'a [Precedent],
    /// How far the log was in them.
    pub precedents_as_of: i64,
    /// Every item of the trace.
    pub existing: &'a [Item],
    /// How long reviews may take by priority, where the tenant says so.
    pub profile: Option<SlaProfile>,
}

/// What a dry run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// What stands out, in the order of [`Signal::ALL`].
    pub signals: Vec<Signal>,
    /// How urgent that makes it, whatever a template says.
    pub priority: Priority,
    /// How the trace ended.
    pub outcome: Option<String>,
    /// The policy that it was decided under, the last one.
    pub policy: Option<Policy>,
    /// Why somebody would review it, in a sentence.
    pub reason: String,
    /// What could be run again.
    pub replay: ReplaySuggestion,
    /// The review that would be started.
    pub draft: ReviewDraft,
    /// All of it as events record it.
    pub simulation: Map<String, Value>,
}

/// What could be run again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of a run")]
pub struct ReplaySuggestion {
    pub mode: &'static str,
    pub projection: &'static str,
    pub reason: String,
}

/// The template that suits the signals: an exception is followed up, what went wrong is triaged, and everything else is held
/// against its precedents. `None` where the tenant took it out of use, and those that suit less with it.
#[must_use]
pub fn recommend<'t>(signals: &[Signal], templates: &'t [Versioned]) -> Option<&'t Versioned> {
    let suits = if signals.contains(&Signal::ExceptionRequested) {
        template::EXCEPTION_FOLLOW_UP
    } else if signals.contains(&Signal::UnfavorableOutcome) {
        template::INCIDENT_TRIAGE
    } else {
        template::PRECEDENT_GAP_REVIEW
    };
    let usable = |wanted: &&Versioned| wanted.enabled;
    let named = templates.iter().filter(usable).find(|template| template.template_id == suits);
    named.or_else(|| templates.iter().find(usable))
}

/// What stands out.
#[must_use]
pub fn signals(looked: &Looked<'_>) -> Vec<Signal> {
    let Looked { reading, precedents, existing, .. } = *looked;
    let failed = reading.action_status.as_deref().is_some_and(|status| status != "success");
    let unfavorable = matches!(reading.outcome.as_deref(), Some("failure" | "abandoned"))
        || reading.policy_decision.as_deref() == Some("deny")
        || last_approval(reading, existing) == Some("rejected")
        || failed;
    let overridden = reading.overridden || existing.iter().any(|item| item.status == Status::Overridden);
    Signal::ALL
        .into_iter()
        .filter(|signal| match signal {
            Signal::ExceptionRequested => reading.exceptions > 0,
            Signal::UnfavorableOutcome => unfavorable,
            Signal::TraceActive => !reading.finished,
            Signal::NoPrecedents => precedents.is_empty(),
            Signal::PrecedentDivergence => diverges(reading, precedents),
            Signal::OverridePresent => overridden,
            Signal::ActionFailed => failed,
            Signal::RepeatException => reading.exceptions > 1,
        })
        .collect()
}

/// Looks at a trace with one template in mind. The same input gives the same answer.
#[must_use]
pub fn dry_run(looked: &Looked<'_>, template: &Versioned) -> DryRun {
    let reading = looked.reading;
    let signals = signals(looked);
    let priority = priority(&signals);
    let reason = reason(template, reading, &signals);
    let replay = ReplaySuggestion {
        mode: "catch_up",
        projection: if signals.len() > FEW_SIGNALS { "all" } else { "trace_summary" },
        reason: format!("Review of trace {}", reading.trace_id),
    };
    let draft = draft::of(looked, template, priority, &reason);
    let found = DryRun {
        signals,
        priority,
        outcome: reading.outcome.clone(),
        policy: reading.policy.clone(),
        reason,
        replay,
        draft,
        simulation: Map::new(),
    };
    DryRun { simulation: found.simulation_of(looked, template), ..found }
}

impl DryRun {
    fn simulation_of(&self, looked: &Looked<'_>, template: &Versioned) -> Map<String, Value> {
        let signals: Vec<Value> =
            self.signals.iter().map(|signal| json!({"code": signal.as_str(), "text": signal.text()})).collect();
        let precedents: Vec<Value> = looked
            .precedents
            .iter()
            .map(|precedent| json!({"trace_id": precedent.trace_id, "outcome": precedent.outcome}))
            .collect();
        object(json!({
            "as_of_log_seq": looked.reading.log_seq,
            "policy_id": self.policy.as_ref().map(|policy| &policy.policy_id),
            "policy_version": self.policy.as_ref().map(|policy| &policy.policy_version),
            "precedents": precedents,
            "precedents_as_of_log_seq": looked.precedents_as_of,
            "priority": self.priority,
            "recommended_reason": self.reason,
            "risk_signals": signals,
            "template_id": template.template_id,
            "template_version": template.version,
            "trace_outcome": self.outcome,
        }))
    }

    /// The dry run as evidence of the review that it leads to: the SHA-256 of what the event records as `simulation`, in the
    /// canonical form. Empty where there is no canonical form, which nothing that [`dry_run`] makes lacks.
    #[must_use]
    pub fn evidence(&self) -> Vec<Value> {
        let Ok(text) = canonical(&self.simulation) else { return Vec::new() };
        let digest = dg_domain::Hash32::of(text.as_bytes()).hex();
        let log_seq = self.simulation.get("as_of_log_seq").cloned().unwrap_or_default();
        vec![json!({"kind": "digest", "label": "Dry run", "digest": digest, "sha256": digest, "log_seq": log_seq})]
    }
}

/// Urgent is what asked for an exception or went wrong, high what is under way, disagrees with precedents or was overridden.
fn priority(signals: &[Signal]) -> Priority {
    let any = |wanted: &[Signal]| wanted.iter().any(|signal| signals.contains(signal));
    if any(&[Signal::ExceptionRequested, Signal::UnfavorableOutcome]) {
        Priority::Urgent
    } else if any(&[Signal::PrecedentDivergence, Signal::TraceActive, Signal::OverridePresent]) {
        Priority::High
    } else {
        Priority::Normal
    }
}

/// Precedents ended in more than one way, or this one ended in another.
fn diverges(reading: &Reading, precedents: &[Precedent]) -> bool {
    let Some(outcome) = reading.outcome.as_deref() else { return false };
    let mut known = precedents.iter().filter_map(|precedent| precedent.outcome.as_deref());
    let Some(first) = known.next() else { return false };
    first != outcome || known.any(|other| other != first)
}

/// The last word on an exception: what the trace itself records, or else what its items say.
fn last_approval<'a>(reading: &'a Reading, existing: &'a [Item]) -> Option<&'a str> {
    let of_items = || {
        let decided = existing.iter().filter(|item| item.workflow_kind == crate::Kind::ExceptionReview);
        let last = decided.filter(|item| item.decision.is_some()).max_by_key(|item| item.resolved_at)?;
        last.decision.as_ref().map(|decision| decision.decision.as_str())
    };
    reading.approval.as_deref().or_else(of_items)
}

fn reason(template: &Versioned, reading: &Reading, signals: &[Signal]) -> String {
    let texts: Vec<&str> = signals.iter().map(|signal| signal.text()).collect();
    let why = if texts.is_empty() { "an operator asked for it".to_owned() } else { texts.join(", ") };
    format!("{} of {}: {why}", template.template.title, reading.name())
}

#[cfg(test)]
mod tests;
