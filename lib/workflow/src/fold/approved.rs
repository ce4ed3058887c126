//! Approvals: what decides an item, and what only says that it would.

use dg_domain::{StoredEvent, Violation};
use serde_json::{Value, json};

use super::{Fold, Step, actor_of, asked::assignee, is_trusted, merge, read::Payload, recorded, touch};
use crate::{Action, Actor, Ballot, Category, Companion, Decision, External, Item, Notice, Status, draft::object};

/// How many approvals from outside an item shows.
const EXTERNAL_SHOWN: usize = 10;

pub(super) fn apply(fold: Fold, item: &Item, event: &StoredEvent, payload: &Payload) -> Result<Step, Violation> {
    if is_trusted(event) || (fold.demo && item.status.is_open()) {
        decided(fold, item, event, payload)
    } else {
        external(fold, item, event, payload)
    }
}

/// The action that an approval stands for.
fn action_of(payload: &Payload) -> Result<(Action, &str), Violation> {
    let decision = payload.text("/decision")?;
    let action = match (payload.text("/subject/subject_type")?, decision) {
        ("override", _) => Action::Override,
        (_, "approved") => Action::Approve,
        _ => Action::Reject,
    };
    Ok((action, decision))
}

fn decided(fold: Fold, item: &Item, event: &StoredEvent, payload: &Payload) -> Result<Step, Violation> {
    let at = fold.at(event);
    let (act, decision) = action_of(payload)?;
    let approver = Actor {
        actor_type: payload.text("/approver/actor_type")?.to_owned(),
        actor_id: payload.text("/approver/actor_id")?.to_owned(),
    };
    let status = act.leads_to(item.status, item.workflow_kind).ok_or_else(|| {
        Violation::schema(format!("{act} is not possible where the item stands")).at("/payload/decision")
    })?;
    let reason = payload.owned("/reason").or_else(|| payload.owned("/rationale"));
    let mut item = item.clone();
    let index = payload.integer("/ballot/index").unwrap_or(1);
    let required = payload.integer("/ballot/required").unwrap_or(1);
    let enough = act != Action::Approve || index >= required;
    let ballot = Ballot { account_id: event.recorded_by.clone(), event_id: event.event.event_id.clone(), at };
    if act == Action::Approve {
        item.ballots.push(ballot);
    }
    if is_trusted(event) {
        item.companion = if enough { Companion::Finished } else { Companion::Open };
    }
    touch(&mut item, act.as_str(), at);
    if enough {
        let word = if act == Action::Override { format!("override_{decision}") } else { decision.to_owned() };
        item.status = status;
        item.resolved_at = Some(at);
        item.current_reason.clone_from(&reason);
        item.decision = Some(Decision {
            decision: word,
            approval_id: payload.text("/approval_id")?.to_owned(),
            event_id: event.event.event_id.clone(),
            approver: approver.clone(),
            account_id: event.recorded_by.clone(),
            request_hash: item.request.payload_hash.clone(),
        });
        let news = object(json!({
            "approval_event_id": event.event.event_id,
            "approval_reason": reason,
            "approver": approver,
            "evidence": payload.list("/evidence"),
            "conditions": payload.value("/conditions"),
            "form": payload.value("/form"),
            "decision_option": payload.value("/decision_option"),
        }));
        item.metadata.remove("decision");
        merge(&mut item.metadata, "decision", news);
    }
    let mut action = recorded(fold, &item, event, act.as_str());
    if let Some(action_id) = payload.owned("/action_id") {
        action.action_id = action_id;
    }
    action.note = reason;
    action.payload = object(json!({
        "decision": decision,
        "evidence": payload.list("/evidence"),
        "subject": payload.value("/subject"),
    }));
    for extra in ["ballot", "decision_option", "conditions", "form", "checklist", "on_behalf_of"] {
        let value = payload.value(&format!("/{extra}"));
        if !value.is_null() {
            action.payload.insert(extra.to_owned(), value);
        }
    }
    let notice = told(&item, event, decision, enough, (index, required), at);
    Ok(Step { item, action, notices: vec![notice] })
}

/// Tells the requester and the assignee; whoever decided knows.
fn told(
    item: &Item,
    event: &StoredEvent,
    decision: &str,
    enough: bool,
    (index, required): (i64, i64),
    at: dg_domain::Micros,
) -> Notice {
    let mut audience = assignee(item, Some(&event.recorded_by));
    audience.accounts.push(item.request.recorded_by.clone());
    let message = if enough {
        format!("{}: {}", outcome(item.status), item.title)
    } else {
        format!("{index} of {required} approvals: {}", item.title)
    };
    Notice {
        workflow_id: item.workflow_id.clone(),
        trace_id: item.trace_id.clone(),
        category: Category::Approval,
        message,
        payload: object(json!({
            "decision": decision,
            "source_event_id": event.event.event_id,
            "subject_type": item.subject.subject_type,
        })),
        dedupe_key: format!("approval:{}:{}", item.workflow_id, event.event.event_id),
        audience,
        recipient_account_id: item.assigned.account_id.clone(),
        recipient_role: item.assigned.role.clone(),
        created_at: at,
    }
}

const fn outcome(status: Status) -> &'static str {
    match status {
        Status::Approved => "Approved",
        Status::Rejected => "Rejected",
        Status::Overridden => "Overridden",
        Status::Requested | Status::ChangesRequested | Status::Escalated => "Open",
    }
}

/// Shown on the item, and nothing else: not even its version moves, so that nobody can keep reviewers from deciding by sending
/// approvals.
fn external(fold: Fold, item: &Item, event: &StoredEvent, payload: &Payload) -> Result<Step, Violation> {
    let at = fold.at(event);
    let (_, decision) = action_of(payload)?;
    let mut item = item.clone();
    let approver = Actor {
        actor_type: payload.text("/approver/actor_type")?.to_owned(),
        actor_id: payload.text("/approver/actor_id")?.to_owned(),
    };
    item.external.push(External {
        event_id: event.event.event_id.clone(),
        decision: decision.to_owned(),
        approver,
        recorded_by: event.recorded_by.clone(),
    });
    let more = item.external.len().saturating_sub(EXTERNAL_SHOWN);
    item.external.drain(..more);
    let mut action = recorded(fold, &item, event, "external_approval");
    action.actor = actor_of(event);
    action.note = payload.owned("/reason");
    action.payload = object(json!({
        "decision": decision,
        "subject": payload.value("/subject"),
        "verified": false,
    }));
    let late = !item.status.is_open();
    let mut notices = Vec::new();
    if late {
        action.payload.insert("late".to_owned(), Value::Bool(true));
        let same = item.decision.as_ref().is_some_and(|made| made.decision.ends_with(decision));
        if !same {
            notices.push(Notice {
                workflow_id: item.workflow_id.clone(),
                trace_id: item.trace_id.clone(),
                category: Category::ConflictDecision,
                message: format!("An approval from outside says otherwise: {}", item.title),
                payload: object(json!({"decision": decision, "source_event_id": event.event.event_id})),
                dedupe_key: format!("conflict_decision:{}:{}", item.workflow_id, event.event.event_id),
                audience: assignee(&item, Some(&event.recorded_by)),
                recipient_account_id: item.assigned.account_id.clone(),
                recipient_role: item.assigned.role.clone(),
                created_at: at,
            });
        }
    }
    Ok(Step { item, action, notices })
}
