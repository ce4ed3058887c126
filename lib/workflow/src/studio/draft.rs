//! The review that would be started, and the one that somebody wants instead.

use dg_domain::Problem;

use super::{DryRun, Looked, SUBJECT_TYPE};
use crate::{
    Assignment, Item, Kind, Policy, Priority,
    command::{LONGEST_TEXT, Start},
    ids,
    problems::Problems,
    template::{LONGEST_SLA_HOURS, Versioned, check_assignment},
};

/// How long a review may take where nobody says so, in hours (workflow, section 11.1).
const REVIEW_SLA_HOURS: i64 = 2;
/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

/// A review that could be started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, workflow section 13.2")]
pub struct ReviewDraft {
    pub workflow_id: String,
    pub workflow_kind: Kind,
    pub workflow_name: String,
    pub subject_type: &'static str,
    pub subject_id: String,
    pub title: String,
    pub reason: String,
    pub priority: Priority,
    pub sla_hours: i64,
    pub assigned: Assignment,
    pub policy: Option<Policy>,
    /// An open review of the same template: starting would answer with it.
    pub exists: bool,
}

/// What a caller wants other than drafted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Why; there is no review without.
    pub reason: String,
    /// One line.
    pub title: Option<String>,
    /// More urgent than drafted, or the same.
    pub priority: Option<Priority>,
    /// Hours, not more than drafted.
    pub sla_hours: Option<i64>,
    /// Somebody else.
    pub assigned: Option<Assignment>,
}

pub(super) fn of(looked: &Looked<'_>, template: &Versioned, simulated: Priority, reason: &str) -> ReviewDraft {
    let reading = looked.reading;
    let definition = &template.template;
    let priority = definition.priority(simulated);
    // Whole hours, so that a profile of minutes is never shortened to nothing.
    let by_profile = looked.profile.map(|profile| (profile.minutes(priority) + 59) / 60);
    let sla_hours = definition.sla_hours.or(by_profile).unwrap_or(REVIEW_SLA_HOURS);
    let (subject_id, exists) = next_subject(&template.template_id, looked.existing);
    ReviewDraft {
        workflow_id: ids::workflow_id(&reading.trace_id, SUBJECT_TYPE, &subject_id),
        workflow_kind: definition.workflow_kind,
        workflow_name: template.template_id.clone(),
        subject_type: SUBJECT_TYPE,
        subject_id,
        title: shortened(&format!("{}: {}", definition.title, reading.name())),
        reason: reason.to_owned(),
        priority,
        sla_hours,
        assigned: definition.reviewer(),
        policy: reading.policy.clone(),
        exists,
    }
}

/// The first round that is not decided, and whether somebody reviews it already (WF-54).
fn next_subject(template_id: &str, existing: &[Item]) -> (String, bool) {
    let mut subject_id = template_id.to_owned();
    for round in 2.. {
        let there = existing
            .iter()
            .find(|item| item.subject.subject_type == SUBJECT_TYPE && item.subject.subject_id == subject_id);
        match there {
            None => return (subject_id, false),
            Some(item) if item.status.is_open() => return (subject_id, true),
            Some(_) => subject_id = format!("{template_id}:r{round}"),
        }
    }
    (subject_id, false)
}

fn shortened(title: &str) -> String {
    title.chars().take(LONGEST_TITLE).collect()
}

impl DryRun {
    /// The review to start: as drafted, but for what the caller wants otherwise (WF-53). Within the template means sooner and
    /// more urgent, never later and less.
    ///
    /// # Errors
    /// Everything that is wrong, with pointers into the request.
    pub fn start(
        &self,
        trace_id: &str,
        template: &Versioned,
        wanted: &Wanted,
        demo: bool,
    ) -> Result<Start, Vec<Problem>> {
        let draft = &self.draft;
        let mut problems = Problems::default();
        problems.text(&wanted.reason, LONGEST_TEXT, "/reason");
        if let Some(title) = &wanted.title {
            problems.text(title, LONGEST_TITLE, "/title");
        }
        if let Some(hours) = wanted.sla_hours {
            problems.within(hours, 1..=draft.sla_hours.min(LONGEST_SLA_HOURS), "/sla_hours");
        }
        if let Some(priority) = wanted.priority {
            let message = format!("is {} or more urgent", draft.priority);
            problems.need(priority <= draft.priority, "/priority", "less_urgent", message);
        }
        if let Some(assigned) = &wanted.assigned {
            check_assignment(assigned, "/assignee/role", "/assignee/account_id", &mut problems);
        }
        problems.none()?;
        Ok(Start {
            trace_id: trace_id.to_owned(),
            subject_type: SUBJECT_TYPE.to_owned(),
            // The first one: which round it is, is looked up behind the locks.
            subject_id: template.template_id.clone(),
            template_id: template.template_id.clone(),
            template_description: Some(template.template.description.clone()),
            workflow_kind: draft.workflow_kind,
            title: wanted.title.clone().unwrap_or_else(|| draft.title.clone()),
            reason: wanted.reason.clone(),
            priority: wanted.priority.unwrap_or(draft.priority),
            assigned: wanted.assigned.clone().unwrap_or_else(|| draft.assigned.clone()),
            policy: draft.policy.clone().map(|policy| (policy.policy_id, policy.policy_version)),
            sla_hours: wanted.sla_hours.unwrap_or(draft.sla_hours),
            terms: template.terms(demo),
            simulation: self.simulation.clone(),
            evidence: self.evidence(),
        })
    }
}
