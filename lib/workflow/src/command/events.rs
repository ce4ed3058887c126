//! The events that a command becomes.

use dg_domain::EventType;
use serde_json::{Map, Value, json};

use super::{Circumstances, Command};
use crate::{
    Action, Assignment, Item, Status,
    draft::{Draft, Drafter, object},
    ids,
};

pub(super) fn of(item: &Item, action: Action, command: &Command, about: &Circumstances<'_>) -> Vec<Draft> {
    let word = if command.edits.is_some() { "comment_edit" } else { action.as_str() };
    let drafter = Drafter {
        workflow_id: &item.workflow_id,
        causation: Some(&item.request.event_id),
        producer_id: ids::SERVICE,
        actor: about.caller.actor(),
        at: about.now,
        unique: about.unique(&item.workflow_id, word),
        word,
    };
    if action.decides() {
        decided(item, action, command, about, &drafter)
    } else {
        handled(item, action, command, about, &drafter)
    }
}

/// The decision in the companion trace, and where the reviewed trace can be written to, a copy there. Both say the same under one
/// approval id; the copy points at what decided.
fn decided(
    item: &Item,
    action: Action,
    command: &Command,
    about: &Circumstances<'_>,
    drafter: &Drafter<'_>,
) -> Vec<Draft> {
    let (trace_id, start) = drafter.place(item);
    let required = item.terms.required_approvals.max(1);
    let index = i64::try_from(item.ballots.len()).unwrap_or(i64::MAX).saturating_add(1);
    let enough = action != Action::Approve || index >= required;
    let decision = if action == Action::Reject { "rejected" } else { "approved" };
    let subject = match action {
        Action::Override => json!({"subject_type": "override", "subject_id": item.workflow_id}),
        _ => json!({"subject_type": item.subject.subject_type, "subject_id": item.subject.subject_id}),
    };
    let mut payload = object(json!({
        "approval_id": ids::event_id(&format!("approval:{}:{}", item.workflow_id, drafter.unique)),
        "approver": drafter.actor,
        "decision": decision,
        "reason": command.reason.as_deref().map(str::trim),
        "evidence": command.evidence,
        "subject": subject,
        "workflow_id": item.workflow_id,
        "workflow_version": item.version,
        "round": item.round,
        "request_event_id": item.request.event_id,
        "request_hash": item.request.payload_hash,
        "action_id": action_id(drafter),
    }));
    payload["subject"]["trace_id"] = Value::from(item.trace_id.as_str());
    if required > 1 {
        payload.insert("ballot".to_owned(), json!({"index": index, "required": required}));
    }
    for (key, filled) in [("form", &command.form), ("conditions", &command.conditions)] {
        if !filled.is_empty() {
            payload.insert(key.to_owned(), Value::Object(filled.clone()));
        }
    }
    if let Some(option) = &command.decision_option {
        payload.insert("decision_option".to_owned(), Value::from(option.as_str()));
    }
    if !command.checklist.is_empty() {
        payload.insert("checklist".to_owned(), json!(command.checklist));
    }
    let mut drafts: Vec<Draft> = start.into_iter().collect();
    let decision_event = drafter.event(&trace_id, EventType::ApprovalRecorded, "approval-recorded", payload.clone());
    if enough && about.subject_open && item.trace_id != trace_id {
        payload.insert("companion_event_id".to_owned(), Value::from(decision_event.event_id.as_str()));
        let copy = drafter.event(&item.trace_id, EventType::ApprovalRecorded, "approval-copied", payload);
        drafts.extend([decision_event, copy]);
    } else {
        drafts.push(decision_event);
    }
    if enough {
        let outcome = if action == Action::Reject { "failure" } else { "success" };
        let payload = object(json!({"outcome": outcome, "summary": format!("{}: {}", word_of(action), item.title)}));
        drafts.push(drafter.event(&trace_id, EventType::TraceFinished, "review-finished", payload));
    }
    drafts
}

const fn word_of(action: Action) -> &'static str {
    match action {
        Action::Reject => "Rejected",
        Action::Override => "Overridden",
        _ => "Approved",
    }
}

/// What is done without a decision, in the companion trace. A new round begins a new one.
fn handled(
    item: &Item,
    action: Action,
    command: &Command,
    about: &Circumstances<'_>,
    drafter: &Drafter<'_>,
) -> Vec<Draft> {
    let (trace_id, start) = if action == Action::Reopen {
        let trace_id = ids::companion_trace(&item.workflow_id, item.round + 1);
        let start = drafter.companion_started(&trace_id, &item.title, &item.trace_id);
        (trace_id, Some(start))
    } else {
        drafter.place(item)
    };
    let mut payload = object(json!({
        "workflow_id": item.workflow_id,
        "workflow_version": item.version,
        "round": item.round,
        "action_id": action_id(drafter),
        "action_type": drafter.word,
        "subject": {
            "trace_id": item.trace_id,
            "subject_type": item.subject.subject_type,
            "subject_id": item.subject.subject_id,
        },
    }));
    let mut say = |key: &str, value: Value| {
        if !value.is_null() {
            payload.insert(key.to_owned(), value);
        }
    };
    say("reason", json!(command.reason.as_deref().map(str::trim)));
    if !command.evidence.is_empty() {
        say("evidence", json!(command.evidence));
    }
    match action {
        Action::RequestChange => {
            let left = item.sla.due_at.map(|due| about.hours.between(about.now, due)).or(item.sla.paused_us);
            say("sla_remaining_us", json!(left));
        }
        Action::Resubmit => {
            let left = item.sla.paused_us.unwrap_or(item.sla.span_us);
            say("sla_due_at", json!(about.hours.add(about.now, left).rfc3339()));
        }
        Action::Reopen => {
            say("round", json!(item.round + 1));
            say("sla_due_at", json!(about.hours.add(about.now, item.sla.span_us).rfc3339()));
        }
        Action::Comment => {
            let note = command.note.as_deref().or(command.reason.as_deref()).unwrap_or_default().trim();
            say("note", json!(note));
            say("reply_to", json!(command.reply_to));
            say("edits", json!(command.edits));
            say("mentions", mentions(note));
        }
        Action::Reassign => {
            say("note", json!(command.note.as_deref().map(str::trim)));
            assigned(&command.assigned, &mut say);
            say("delegated_from", json!(command.delegated_from));
        }
        Action::Escalate => escalation(item, command, &mut say),
        Action::Extend => {
            say("previous_due_at", json!(item.sla.due_at.map(dg_domain::Micros::rfc3339)));
            say("previous_priority", json!(item.priority));
            say("sla_due_at", json!(command.due_at.map(dg_domain::Micros::rfc3339)));
            say("priority", json!(command.priority));
        }
        Action::Attach => say("note", json!(command.note.as_deref().map(str::trim))),
        Action::Approve | Action::Reject | Action::Override | Action::Route => {}
    }
    let event = drafter.event(&trace_id, EventType::WorkflowActionRecorded, drafter.word, payload);
    start.into_iter().chain([event]).collect()
}

/// To whom: who is named, otherwise the next rung of the ladder, otherwise whoever has it.
fn escalation(item: &Item, command: &Command, say: &mut impl FnMut(&str, Value)) {
    let level = usize::try_from(item.sla.escalation_level).unwrap_or(usize::MAX);
    let rung = item.terms.ladder.get(level);
    let target = if command.assigned == Assignment::default() {
        rung.map_or_else(|| item.assigned.clone(), |rung| rung.assigned.clone())
    } else {
        command.assigned.clone()
    };
    assigned(&target, say);
    say("priority", json!(rung.and_then(|rung| rung.priority)));
    say("escalation_level", json!(item.sla.escalation_level + 1));
    say("source", json!("manual_escalation"));
}

fn assigned(target: &Assignment, say: &mut impl FnMut(&str, Value)) {
    say("assigned_account_id", json!(target.account_id));
    say("assigned_role", json!(target.role));
}

pub(super) fn action_id(drafter: &Drafter<'_>) -> String {
    format!("wfa:{}", drafter.unique)
}

/// The accounts that a comment names, `@name` each, once; null for none.
fn mentions(note: &str) -> Value {
    let mut names: Vec<&str> = note
        .split_whitespace()
        .filter_map(|word| word.trim_matches(|c: char| "()[]{},;:!?\"'".contains(c)).strip_prefix('@'))
        .map(|name| name.trim_end_matches(['.', ',', ';', ':', '!', '?']))
        .filter(|name| !name.is_empty() && name.len() <= 128)
        .collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(20);
    if names.is_empty() { Value::Null } else { json!(names) }
}

/// What the clock does: the event that escalates an item whose time is up, to the rung given.
#[must_use]
pub fn timed_out(item: &Item, rung: usize, tenant: &str, now: dg_domain::Micros) -> Vec<Draft> {
    let Some(step) =
        item.terms.ladder.get(rung).filter(|_| item.status != Status::ChangesRequested || item.sla.due_at.is_some())
    else {
        return Vec::new();
    };
    let level = i64::try_from(rung).unwrap_or(i64::MAX).saturating_add(1);
    let due = item.sla.due_at.map(dg_domain::Micros::rfc3339).unwrap_or_default();
    let drafter = Drafter {
        workflow_id: &item.workflow_id,
        causation: Some(&item.request.event_id),
        producer_id: ids::TIMER,
        actor: crate::Actor { actor_type: "system".to_owned(), actor_id: ids::TIMER.to_owned() },
        at: now,
        unique: ids::unique(&[
            tenant,
            &item.workflow_id,
            "escalate",
            &item.round.to_string(),
            &level.to_string(),
            &due,
        ]),
        word: "escalate",
    };
    let (trace_id, start) = drafter.place(item);
    let mut payload: Map<String, Value> = object(json!({
        "workflow_id": item.workflow_id,
        "workflow_version": item.version,
        "round": item.round,
        "action_id": action_id(&drafter),
        "action_type": "escalate",
        "reason": "The deadline has passed without a decision.",
        "source": "automatic_sla_escalation",
        "sla_due_at": due,
        "escalation_level": level,
        "subject": {
            "trace_id": item.trace_id,
            "subject_type": item.subject.subject_type,
            "subject_id": item.subject.subject_id,
        },
    }));
    let mut say = |key: &str, value: Value| {
        if !value.is_null() {
            payload.insert(key.to_owned(), value);
        }
    };
    assigned(&step.assigned, &mut say);
    say("priority", json!(step.priority));
    let event = drafter.event(&trace_id, EventType::WorkflowActionRecorded, "escalate", payload);
    start.into_iter().chain([event]).collect()
}
