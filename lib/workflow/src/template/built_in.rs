//! The templates that are built in (workflow, section 13.1). What one of them says is never changed: items refer to it.

use super::{BUILT_IN, PriorityMode, Template, Versioned};
use crate::{Kind, Priority, form::Form, routing::Strategy};

/// A trace went wrong and somebody has to look.
pub const INCIDENT_TRIAGE: &str = "incident_triage";
/// An exception needs more than one answer.
pub const EXCEPTION_FOLLOW_UP: &str = "exception_follow_up";
/// Precedents do not help.
pub const PRECEDENT_GAP_REVIEW: &str = "precedent_gap_review";

/// All three, in the order in which they are offered.
#[must_use]
pub fn built_in() -> Vec<Versioned> {
    vec![
        versioned(
            INCIDENT_TRIAGE,
            "Incident Triage Review",
            "For a trace that went wrong: run it again, compare it with precedents, and say what follows.",
            ("admin", Priority::High, 2),
            &["incident", "replay", "human_review"],
        ),
        versioned(
            EXCEPTION_FOLLOW_UP,
            "Exception Follow-Up",
            "For an exception or an approval that is still in doubt: a second, closer look.",
            ("admin", Priority::Urgent, 1),
            &["exception", "approval", "sla"],
        ),
        versioned(
            PRECEDENT_GAP_REVIEW,
            "Precedent Gap Review",
            "For a decision whose precedents disagree, or that has none to rely on.",
            ("writer", Priority::Normal, 6),
            &["precedent", "analysis", "dry_run"],
        ),
    ]
}

fn versioned(
    template_id: &str,
    title: &str,
    description: &str,
    (role, default_priority, sla_hours): (&str, Priority, i64),
    tags: &[&str],
) -> Versioned {
    let template = Template {
        title: title.to_owned(),
        description: description.to_owned(),
        workflow_kind: Kind::IncidentReview,
        reviewer_role: Some(role.to_owned()),
        reviewer_account_id: None,
        routing: Strategy::Pool,
        default_priority,
        priority_mode: PriorityMode::Simulated,
        sla_hours: Some(sla_hours),
        required_approvals: 1,
        allow_override: true,
        four_eyes: true,
        warning_minutes: 30,
        escalation_ladder: None,
        calendar_id: None,
        form: Form::default(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    Versioned { template_id: template_id.to_owned(), version: BUILT_IN, enabled: true, template }
}
