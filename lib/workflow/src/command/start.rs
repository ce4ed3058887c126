//! Starting a review of a trace, running or finished.

use dg_domain::EventType;
use serde_json::{Map, Value, json};

use super::{Circumstances, LONGEST_TEXT, Refusal};
use crate::{
    Assignment, Kind, Priority, Terms,
    draft::{Draft, Drafter, object},
    ids,
};

/// A review that somebody wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The trace to look at.
    pub trace_id: String,
    /// `trace_review`.
    pub subject_type: String,
    /// The template, with `:r{n}` for another one of the same.
    pub subject_id: String,
    /// Which template.
    pub template_id: String,
    /// What it is for.
    pub template_description: Option<String>,
    /// What kind.
    pub workflow_kind: Kind,
    /// One line.
    pub title: String,
    /// Why.
    pub reason: String,
    /// How urgent.
    pub priority: Priority,
    /// Who is to look.
    pub assigned: Assignment,
    /// The policy that is concerned: id and version.
    pub policy: Option<(String, String)>,
    /// How long it may take, in hours; at least 1.
    pub sla_hours: i64,
    /// What it takes to decide.
    pub terms: Terms,
    /// What the dry run found.
    pub simulation: Map<String, Value>,
    /// What is shown for it.
    pub evidence: Vec<Value>,
}

/// Decides it. Where the trace is finished, the request goes into the companion.
///
/// # Errors
/// [`Refusal::Permission`] and [`Refusal::Input`].
pub fn start(asked: &Start, about: &Circumstances<'_>) -> Result<(String, Vec<Draft>), Refusal> {
    let needed = "workflow_assign";
    if !about.caller.may(needed) {
        return Err(Refusal::Permission { needed });
    }
    let reason = asked.reason.trim();
    let mut wrong = Vec::new();
    if reason.is_empty() {
        wrong.push(("/reason", "is needed".to_owned()));
    }
    if reason.chars().count() > LONGEST_TEXT {
        wrong.push(("/reason", format!("has more than {LONGEST_TEXT} characters")));
    }
    if asked.sla_hours < 1 {
        wrong.push(("/sla_hours", "has to be at least 1".to_owned()));
    }
    if !wrong.is_empty() {
        return Err(Refusal::Input(wrong));
    }
    let workflow_id = ids::workflow_id(&asked.trace_id, &asked.subject_type, &asked.subject_id);
    let drafter = Drafter {
        workflow_id: &workflow_id,
        causation: None,
        producer_id: ids::STUDIO,
        actor: about.caller.actor(),
        at: about.now,
        // One review per trace, template and round: whoever asks twice asks for the same one.
        unique: ids::unique(&[about.tenant, &workflow_id, "start"]),
        word: "start",
    };
    let span_us = asked.sla_hours.saturating_mul(3_600_000_000);
    let mut payload = object(json!({
        "assignee": {"account_id": asked.assigned.account_id, "role": asked.assigned.role},
        "policy_id": asked.policy.as_ref().map(|(id, _)| id),
        "policy_version": asked.policy.as_ref().map(|(_, version)| version),
        "priority": asked.priority,
        "reason": reason,
        "sla_hours": asked.sla_hours,
        "sla_due_at": about.hours.add(about.now, span_us).rfc3339(),
        "simulation": asked.simulation,
        "subject": {
            "trace_id": asked.trace_id,
            "subject_type": asked.subject_type,
            "subject_id": asked.subject_id,
        },
        "template_id": asked.template_id,
        "template_description": asked.template_description,
        "terms": asked.terms,
        "title": asked.title,
        "workflow_kind": asked.workflow_kind,
    }));
    if !asked.evidence.is_empty() {
        payload.insert("evidence".to_owned(), Value::Array(asked.evidence.clone()));
    }
    let mut drafts = Vec::new();
    let trace_id = if about.subject_open {
        asked.trace_id.clone()
    } else {
        let trace_id = ids::companion_trace(&workflow_id, 1);
        drafts.push(drafter.companion_started(&trace_id, &asked.title, &asked.trace_id));
        trace_id
    };
    drafts.push(drafter.event(&trace_id, EventType::WorkflowReviewRequested, "workflow-review-requested", payload));
    Ok((workflow_id, drafts))
}
