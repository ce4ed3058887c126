//! What people and the clock do with an item without deciding it.

use std::str::FromStr;

use dg_domain::{Micros, StoredEvent, Violation};
use serde_json::{Map, Value, json};

use super::{
    Fold, Step,
    asked::{assignee, assignment, resubmitted},
    merge,
    read::{Payload, missing},
    recorded, touch,
};
use crate::{
    Action, Assignment, Audience, Category, Companion, Item, Notice, Priority, Sla, Terms, draft::object, ids,
};

pub(super) fn apply(fold: Fold, item: &Item, event: &StoredEvent, payload: &Payload) -> Result<Step, Violation> {
    let at = fold.at(event);
    let word = payload.text("/action_type")?;
    // An edit is a comment that points at another one.
    let act = if word == "comment_edit" { Ok(Action::Comment) } else { Action::from_str(word) };
    let act = act.map_err(|_| missing("/action_type", "action"))?;
    let status = act.leads_to(item.status, item.workflow_kind).ok_or_else(|| {
        Violation::schema(format!("{act} is not possible where the item stands")).at("/payload/action_type")
    })?;
    let by = event.recorded_by.as_str();
    let action_id = payload.text("/action_id")?.to_owned();
    let reason = payload.owned("/reason");
    let mut item = item.clone();
    let mut notices = Vec::new();
    item.status = status;
    item.companion = if ids::is_companion(&event.event.trace_id) && event.event.trace_id.ends_with(":after") {
        Companion::Continued
    } else {
        Companion::Open
    };
    let mut said = Map::new();
    let mut said_also = |keys: &[&str]| {
        for key in keys {
            let value = payload.value(&format!("/{key}"));
            if !value.is_null() {
                said.insert((*key).to_owned(), value);
            }
        }
    };
    match act {
        Action::RequestChange => {
            said_also(&["evidence"]);
            item.current_reason.clone_from(&reason);
            item.sla.paused_us = payload.integer("/sla_remaining_us");
            if item.sla.paused_us.is_some() {
                item.sla.due_at = None;
            }
            let audience =
                Audience { accounts: vec![item.request.recorded_by.clone()], role: None, but: Some(by.into()) };
            let said = object(json!({"reason": reason, "action_id": action_id}));
            let message = format!("Changes are requested: {}", item.title);
            notices.push(notice(&item, Category::ChangesRequested, message, said, &action_id, audience, at));
        }
        Action::Resubmit => {
            said_also(&["evidence"]);
            resume(&mut item.sla, payload.instant("/sla_due_at")?, at);
            notices.push(resubmitted(&item, &event.event.event_id, at, by));
        }
        Action::Comment => {
            said_also(&["evidence", "reply_to", "edits", "mentions"]);
            notices.extend(comments(&item, payload, &action_id, at, by));
        }
        Action::Attach => {
            said_also(&["evidence", "signal"]);
            if let Some(priority) = priority_of(payload) {
                item.priority = priority;
            }
            notices.extend(signal(&mut item, payload, &action_id, at));
        }
        Action::Reassign => {
            item.assigned = assignment_of(payload);
            said_also(&["assigned_account_id", "assigned_role", "delegated_from"]);
            let said = object(json!({
                "assigned_account_id": item.assigned.account_id,
                "assigned_role": item.assigned.role,
                "source": "manual_reassign",
            }));
            notices.push(assignment(&item, &action_id, said, at, Some(by)));
        }
        Action::Escalate => {
            let previous = std::mem::replace(&mut item.assigned, assignment_of(payload));
            said_also(&["source", "escalation_level", "evidence"]);
            item.sla.escalation_level = payload.integer("/escalation_level").unwrap_or(item.sla.escalation_level + 1);
            item.sla.escalation_count += 1;
            if let Some(priority) = priority_of(payload) {
                item.priority = priority;
            }
            item.current_reason.clone_from(&reason);
            said.insert("escalation_count".to_owned(), Value::from(item.sla.escalation_count));
            said.insert(
                "previous_assignment".to_owned(),
                json!({"assigned_account_id": previous.account_id, "assigned_role": previous.role}),
            );
            let news = object(json!({
                "escalated_at": at.rfc3339(),
                "escalation_count": item.sla.escalation_count,
                "escalation_reason": reason,
                "previous_assignment": said["previous_assignment"],
            }));
            merge(&mut item.metadata, "escalation", news);
            let told = object(json!({
                "escalation_count": item.sla.escalation_count,
                "reason": reason,
                "source": payload.value("/source"),
            }));
            let message = format!("Escalated: {}", item.title);
            let audience = assignee(&item, Some(by));
            let count = item.sla.escalation_count.to_string();
            notices.push(notice(&item, Category::Escalation, message, told, &count, audience, at));
        }
        Action::Extend => {
            said_also(&["sla_due_at", "priority", "previous_due_at", "previous_priority"]);
            if let Some(due) = payload.instant("/sla_due_at")? {
                item.sla.due_at = Some(due);
                item.sla.paused_us = None;
            }
            if let Some(priority) = priority_of(payload) {
                item.priority = priority;
            }
            let told = object(json!({
                "sla_due_at": item.sla.due_at.map(Micros::rfc3339),
                "priority": item.priority,
                "reason": reason,
            }));
            let mut audience = assignee(&item, Some(by));
            audience.accounts.push(item.request.recorded_by.clone());
            let message = format!("Deadline or priority changed: {}", item.title);
            notices.push(notice(&item, Category::SlaExtended, message, told, &action_id, audience, at));
        }
        Action::Reopen => {
            item.round += 1;
            item.ballots.clear();
            item.decision = None;
            item.resolved_at = None;
            item.current_reason.clone_from(&reason);
            let (span_us, count) = (item.sla.span_us, item.sla.escalation_count);
            item.sla = Sla { span_us, escalation_count: count, ..Sla::default() };
            resume(&mut item.sla, payload.instant("/sla_due_at")?, at);
            item.companion = Companion::Open;
            let mut audience = assignee(&item, Some(by));
            audience.accounts.push(item.request.recorded_by.clone());
            let told = object(json!({"round": item.round, "reason": reason}));
            let message = format!("Opened again: {}", item.title);
            notices.push(notice(&item, Category::Reopened, message, told, &action_id, audience, at));
        }
        Action::Route => {
            said.insert("route".to_owned(), payload.value("/route"));
            notices.extend(route(&mut item, payload, &action_id, at)?);
        }
        Action::Approve | Action::Reject | Action::Override => {
            return Err(missing("/action_type", "action"));
        }
    }
    touch(&mut item, word, at);
    let mut action = recorded(fold, &item, event, word);
    action.action_id = action_id;
    action.note = payload.owned("/note").or(reason);
    action.payload = said;
    Ok(Step { item, action, notices })
}

/// What settings said about a new item.
fn route(item: &mut Item, payload: &Payload, action_id: &str, at: Micros) -> Result<Option<Notice>, Violation> {
    let terms = payload.value("/route/terms");
    if !terms.is_null() {
        item.terms = serde_json::from_value::<Terms>(terms).map_err(|_| missing("/route/terms", "object"))?;
    }
    if let Some(priority) = payload.maybe("/route/priority").and_then(|word| word.parse().ok()) {
        item.priority = priority;
    }
    if let Some(due) = payload.instant("/route/sla_due_at")? {
        item.sla.due_at = Some(due);
    }
    if let Some(span_us) = payload.integer("/route/sla_span_us") {
        item.sla.span_us = span_us;
    }
    let before = item.assigned.clone();
    let account_id = payload.owned("/route/assigned_account_id");
    let role = payload.owned("/route/assigned_role");
    if account_id.is_some() || role.is_some() {
        item.assigned = Assignment { account_id, role };
    }
    let news = object(json!({
        "rule_id": payload.value("/route/rule_id"),
        "template_id": item.terms.template_id,
        "template_version": item.terms.template_version,
    }));
    merge(&mut item.metadata, "route", news);
    if before == item.assigned {
        return Ok(None);
    }
    let told = object(json!({
        "assigned_account_id": item.assigned.account_id,
        "assigned_role": item.assigned.role,
        "source": "routing",
    }));
    Ok(Some(assignment(item, action_id, told, at, None)))
}

/// What a replay found stands out, and the assignee is told.
fn signal(item: &mut Item, payload: &Payload, action_id: &str, at: Micros) -> Option<Notice> {
    let signal = payload.maybe("/signal")?;
    merge(&mut item.metadata, "signals", object(json!({signal: action_id})));
    let told = object(json!({"signal": signal, "action_id": action_id, "priority": item.priority}));
    let message = format!("A replay does not give what was there: {}", item.title);
    let audience = assignee(item, None);
    Some(notice(item, Category::Failure, message, told, action_id, audience, at))
}

fn resume(sla: &mut Sla, due: Option<Micros>, at: Micros) {
    let left = sla.paused_us.take().unwrap_or(sla.span_us);
    sla.due_at = Some(due.unwrap_or_else(|| Micros::new(at.get().saturating_add(left))));
}

fn assignment_of(payload: &Payload) -> Assignment {
    Assignment { account_id: payload.owned("/assigned_account_id"), role: payload.owned("/assigned_role") }
}

fn priority_of(payload: &Payload) -> Option<Priority> {
    payload.maybe("/priority").and_then(|word| word.parse().ok())
}

/// A comment is for whoever has to do with the item; a mention for whoever it names.
fn comments(item: &Item, payload: &Payload, action_id: &str, at: Micros, by: &str) -> Vec<Notice> {
    let note = payload.maybe("/note").unwrap_or_default();
    let said = |category: &str| object(json!({"action_id": action_id, "category": category}));
    let mut notices = Vec::new();
    let mentioned: Vec<String> = match payload.list("/mentions") {
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let mut audience = assignee(item, Some(by));
    audience.accounts.push(item.request.recorded_by.clone());
    audience.accounts.retain(|account| !mentioned.contains(account));
    let message = format!("{by} on {}: {}", item.title, short(note));
    notices.push(notice(item, Category::Comment, message.clone(), said("comment"), action_id, audience, at));
    if !mentioned.is_empty() {
        let audience = Audience { accounts: mentioned, role: None, but: Some(by.to_owned()) };
        notices.push(notice(item, Category::Mention, message, said("mention"), action_id, audience, at));
    }
    notices
}

/// The first words of a text.
fn short(text: &str) -> String {
    let mut short: String = text.chars().take(120).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn notice(
    item: &Item,
    category: Category,
    message: String,
    payload: Map<String, Value>,
    distinct: &str,
    audience: Audience,
    at: Micros,
) -> Notice {
    Notice {
        workflow_id: item.workflow_id.clone(),
        trace_id: item.trace_id.clone(),
        category,
        message,
        payload,
        dedupe_key: format!("{}:{}:{distinct}", category.as_str(), item.workflow_id),
        audience,
        recipient_account_id: item.assigned.account_id.clone(),
        recipient_role: item.assigned.role.clone(),
        created_at: at,
    }
}
