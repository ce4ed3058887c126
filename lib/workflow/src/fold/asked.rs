//! Requests: what makes an item, and what asks for it again.

use std::str::FromStr;

use dg_domain::{Micros, StoredEvent, Violation};
use serde_json::{Value, json};

use super::{Fold, Step, TraceFacts, actor_of, is_trusted, merge, read::Payload, recorded, touch};
use crate::{
    Assignment, Audience, Category, Companion, Item, Kind, Notice, Policy, Priority, Request, Sla, Status, Subject,
    Terms, draft::object, ids,
};

/// How long an exception may wait where nothing else is said, in hours (workflow, section 11.1).
const EXCEPTION_SLA_HOURS: i64 = 4;
const HOUR_US: i64 = 3_600_000_000;

pub(super) fn exception(
    fold: Fold,
    item: Option<&Item>,
    event: &StoredEvent,
    payload: &Payload,
    trace: &TraceFacts,
) -> Result<Step, Violation> {
    let request = request_of(event, payload)?;
    let policy = Policy {
        policy_id: payload.text("/policy/policy_id")?.to_owned(),
        policy_version: payload.text("/policy/policy_version")?.to_owned(),
    };
    let exception_id = payload.text("/exception_id")?.to_owned();
    let workflow = trace.workflow.clone().or_else(|| payload.owned("/workflow"));
    let workflow_name = workflow.unwrap_or_else(|| "unknown".to_owned());
    let asked = object(json!({
        "evidence": payload.list("/evidence"),
        "exception_reason": request.reason,
        "policy": policy,
        "request_event_id": event.event.event_id,
        "workflow": workflow_name,
    }));
    let said = object(json!({"evidence": payload.list("/evidence"), "exception_id": exception_id, "policy": policy}));
    if let Some(item) = item {
        let again = Again { request, policy: Some(policy), asked, room: "request" };
        return Ok(ask_again(fold, item, event, again, said));
    }
    let title = trace.title.clone().or_else(|| payload.owned("/title"));
    let at = fold.at(event);
    let mut item =
        blank(fold, event, request, Subject { subject_type: "exception".to_owned(), subject_id: exception_id });
    item.workflow_name = workflow_name;
    item.title = title.unwrap_or_else(|| format!("Workflow review for {}", item.trace_id));
    item.policy = Some(policy);
    item.priority = priority(payload).unwrap_or(Priority::High);
    item.sla = running(at, EXCEPTION_SLA_HOURS.saturating_mul(HOUR_US));
    merge(&mut item.metadata, "request", asked);
    Ok(made(fold, item, event, "requested", said, None))
}

pub(super) fn priority(payload: &Payload) -> Option<Priority> {
    payload.maybe("/priority").and_then(|word| Priority::from_str(&word.to_lowercase()).ok())
}

pub(super) fn review(
    fold: Fold,
    item: Option<&Item>,
    event: &StoredEvent,
    payload: &Payload,
    trace: &TraceFacts,
) -> Result<Step, Violation> {
    let request = request_of(event, payload)?;
    let template_id = payload.text("/template_id")?.to_owned();
    let mut said = object(json!({
        "assignee": payload.value("/assignee"),
        "simulation": payload.value("/simulation"),
        "template_id": template_id,
    }));
    let evidence = payload.list("/evidence");
    let shows = evidence.as_array().is_some_and(|list| !list.is_empty());
    if shows {
        said.insert("evidence".to_owned(), evidence.clone());
    }
    if let Some(item) = item {
        let again = Again { request, policy: None, asked: object(json!({})), room: "request" };
        return Ok(ask_again(fold, item, event, again, said));
    }
    let trusted = is_trusted(event);
    let at = fold.at(event);
    let subject = Subject {
        subject_type: payload.text("/subject/subject_type")?.to_owned(),
        subject_id: payload.text("/subject/subject_id")?.to_owned(),
    };
    let mut item = blank(fold, event, request, subject);
    if trusted && let Some(reviewed) = payload.owned("/subject/trace_id") {
        item.trace_id = reviewed;
        item.workflow_id = ids::workflow_id(&item.trace_id, &item.subject.subject_type, &item.subject.subject_id);
    }
    item.workflow_kind =
        payload.maybe("/workflow_kind").and_then(|word| word.parse().ok()).unwrap_or(Kind::IncidentReview);
    item.workflow_name = template_id.clone();
    item.title = payload
        .owned("/title")
        .or_else(|| trace.title.as_ref().map(|title| format!("Incident review for {title}")))
        .unwrap_or_else(|| format!("Workflow review for {}", item.trace_id));
    item.policy = payload
        .owned("/policy_id")
        .zip(payload.owned("/policy_version"))
        .map(|(policy_id, policy_version)| Policy { policy_id, policy_version });
    item.priority =
        payload.maybe("/priority").and_then(|word| word.to_lowercase().parse().ok()).unwrap_or(Priority::High);
    item.assigned = match (payload.owned("/assignee/account_id"), payload.owned("/assignee/role")) {
        (None, None) => item.assigned,
        (account_id, role) => Assignment { account_id, role },
    };
    let hours = payload.integer("/sla_hours").unwrap_or(EXCEPTION_SLA_HOURS).clamp(1, 24 * 3660);
    item.sla = running(at, hours.saturating_mul(HOUR_US));
    if trusted {
        // What settings said when it was started.
        if let Some(due) = payload.instant("/sla_due_at")? {
            item.sla.due_at = Some(due);
        }
        if let Ok(terms) = serde_json::from_value::<Terms>(payload.value("/terms")) {
            item.terms = terms;
        }
        if ids::is_companion(&event.event.trace_id) {
            item.companion = Companion::Open;
        }
    }
    let template = object(json!({
        "template_id": template_id,
        "description": payload.value("/template_description"),
        "default_priority": payload.value("/priority"),
        "default_sla_hours": payload.value("/sla_hours"),
        "reviewer_role": payload.value("/assignee/role"),
    }));
    merge(&mut item.metadata, "review_template", template);
    merge(&mut item.metadata, "simulation", object(payload.value("/simulation")));
    let mut asked = object(json!({
        "entrypoint": "workflow_studio",
        "reason": item.request.reason,
        "request_event_id": event.event.event_id,
    }));
    if shows {
        asked.insert("evidence".to_owned(), evidence);
    }
    merge(&mut item.metadata, "request", asked);
    Ok(made(fold, item, event, "incident_review_requested", said, Some(&template_id)))
}

fn request_of(event: &StoredEvent, payload: &Payload) -> Result<Request, Violation> {
    Ok(Request {
        event_id: event.event.event_id.clone(),
        payload_hash: event.event.payload_hash.hex(),
        actor: actor_of(event),
        recorded_by: event.recorded_by.clone(),
        reason: payload.text("/reason")?.to_owned(),
    })
}

fn running(at: Micros, span_us: i64) -> Sla {
    Sla { due_at: Some(Micros::new(at.get().saturating_add(span_us))), span_us, ..Sla::default() }
}

fn blank(fold: Fold, event: &StoredEvent, request: Request, subject: Subject) -> Item {
    let trace_id = event.event.trace_id.clone();
    let at = fold.at(event);
    Item {
        workflow_id: ids::workflow_id(&trace_id, &subject.subject_type, &subject.subject_id),
        trace_id,
        workflow_kind: Kind::ExceptionReview,
        workflow_name: String::new(),
        subject,
        status: Status::Requested,
        priority: Priority::High,
        title: String::new(),
        policy: None,
        request,
        assigned: Assignment { account_id: None, role: Some("admin".to_owned()) },
        sla: Sla::default(),
        terms: Terms::standard(fold.demo),
        round: 1,
        version: 1,
        ballots: Vec::new(),
        decision: None,
        external: Vec::new(),
        companion: Companion::None,
        requested_at: at,
        updated_at: at,
        resolved_at: None,
        last_action_type: None,
        last_action_at: None,
        current_reason: None,
        created_from_event_id: event.event.event_id.clone(),
        last_source_log_seq: event.log_seq.get(),
        metadata: serde_json::Map::new(),
    }
}

/// A new item, its first action, and who is told of it.
fn made(
    fold: Fold,
    mut item: Item,
    event: &StoredEvent,
    word: &str,
    said: serde_json::Map<String, Value>,
    template_id: Option<&str>,
) -> Step {
    let at = fold.at(event);
    item.last_action_type = Some(word.to_owned());
    item.last_action_at = Some(at);
    let mut action = recorded(fold, &item, event, word);
    action.note = Some(item.request.reason.clone());
    action.payload = said;
    let source = if template_id.is_some() { "workflow_review_requested" } else { "exception_requested" };
    let mut told = object(json!({
        "assigned_account_id": item.assigned.account_id,
        "assigned_role": item.assigned.role,
        "source": source,
    }));
    if let Some(template_id) = template_id {
        told.insert("template_id".to_owned(), Value::from(template_id));
    }
    let notices = vec![assignment(&item, &action.action_id, told, at, None)];
    Step { item, action, notices }
}

/// Tells the assignee that the item is theirs.
pub(super) fn assignment(
    item: &Item,
    action_id: &str,
    payload: serde_json::Map<String, Value>,
    at: Micros,
    but: Option<&str>,
) -> Notice {
    Notice {
        workflow_id: item.workflow_id.clone(),
        trace_id: item.trace_id.clone(),
        category: Category::Assignment,
        message: format!("To review: {}", item.title),
        payload,
        dedupe_key: format!("assignment:{}:{action_id}", item.workflow_id),
        audience: assignee(item, but),
        recipient_account_id: item.assigned.account_id.clone(),
        recipient_role: item.assigned.role.clone(),
        created_at: at,
    }
}

/// Whoever is to look at the item. A named account comes before its role.
pub(super) fn assignee(item: &Item, but: Option<&str>) -> Audience {
    let accounts: Vec<String> = item.assigned.account_id.iter().cloned().collect();
    let role = if accounts.is_empty() { item.assigned.role.clone() } else { None };
    Audience { accounts, role, but: but.map(str::to_owned) }
}

/// The same thing asked for once more.
struct Again {
    request: Request,
    policy: Option<Policy>,
    asked: serde_json::Map<String, Value>,
    room: &'static str,
}

/// On an open item the new request takes the place of the old one, and approvals given for that one are void; it brings the item
/// back from the requester, and nowhere else (WF-13). A decided item stays decided: the request is noted, and no more.
fn ask_again(fold: Fold, item: &Item, event: &StoredEvent, again: Again, said: serde_json::Map<String, Value>) -> Step {
    let at = fold.at(event);
    let mut item = item.clone();
    let mut notices = Vec::new();
    let reason = again.request.reason.clone();
    let late = !item.status.is_open();
    if !late {
        if again.request.payload_hash != item.request.payload_hash {
            item.ballots.clear();
        }
        item.request = again.request;
        item.policy = again.policy.or(item.policy);
        merge(&mut item.metadata, again.room, again.asked);
        if item.status == Status::ChangesRequested {
            item.status = Status::Requested;
            if let Some(left) = item.sla.paused_us.take() {
                item.sla.due_at = Some(Micros::new(at.get().saturating_add(left)));
            }
            notices.push(resubmitted(&item, &event.event.event_id, at, &event.recorded_by));
        }
        touch(&mut item, "rerequested", at);
    }
    let mut action = recorded(fold, &item, event, "rerequested");
    action.note = Some(reason);
    action.payload = said;
    if late {
        action.payload.insert("late".to_owned(), Value::Bool(true));
    }
    Step { item, action, notices }
}

/// Tells the assignee that the requester has answered.
pub(super) fn resubmitted(item: &Item, source_event_id: &str, at: Micros, by: &str) -> Notice {
    Notice {
        workflow_id: item.workflow_id.clone(),
        trace_id: item.trace_id.clone(),
        category: Category::Resubmitted,
        message: format!("The requester answered: {}", item.title),
        payload: object(json!({"source_event_id": source_event_id})),
        dedupe_key: format!("resubmitted:{}:{source_event_id}", item.workflow_id),
        audience: assignee(item, Some(by)),
        recipient_account_id: item.assigned.account_id.clone(),
        recipient_role: item.assigned.role.clone(),
        created_at: at,
    }
}
