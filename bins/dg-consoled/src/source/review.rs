//! Reads one item, what its template asks, and what would come of what somebody is about to do.

use dg_client::{Client, ClientError, WorkflowAction, WorkflowDetail};
use dg_domain::{Micros, TenantId};
use serde_json::{Map, Value};

use super::{Found, SignedOut, is_nothing, outage, panel, signed_out};
use crate::{
    model::{
        Body, Freshness, Notice,
        review::{DecisionForm, Effect, FormField, Happening, Item, ReviewPage},
    },
    people::Person,
    place::Place,
};

/// Actions that take nothing but a reason, so that they can be tried before somebody wrote one.
const TRIED: [&str; 6] = ["approve", "reject", "request_change", "resubmit", "override", "reopen"];

pub(super) async fn read(
    person: &Person,
    place: &Place,
    tenant: &TenantId,
    workflow_id: &str,
    doing: Option<&str>,
) -> Result<Found, SignedOut> {
    let client = person.client.tenant(tenant.as_str());
    let detail = match client.workflow(workflow_id).await {
        Err(error) if signed_out(&error) => return Err(SignedOut),
        Err(error) if is_nothing(&error) => return Ok(Found::says(place, Notice::NotFound)),
        found => found,
    };
    let (form, effect) = match &detail {
        Ok(detail) => tokio::join!(form(&client, detail), effect(&client, detail, doing)),
        Err(_) => (None, None),
    };
    let title = detail.as_ref().map_or_else(|_| workflow_id.to_owned(), |detail| detail.workflow.title.clone());
    let item = panel(detail.map(item))?;
    let outage = outage(&item);
    let page = ReviewPage {
        tenant: tenant.clone(),
        workflow_id: workflow_id.to_owned(),
        doing: doing.map(str::to_owned),
        item,
        form: form.map(panel).transpose()?,
        effect,
    };
    let body = Body::Review(Box::new(page));
    Ok(Found { place: place.clone(), title, body, freshness: Freshness::Unknown, outage })
}

/// The text at a path such as `request/reason`; empty where there is none.
pub(super) fn text(of: &Map<String, Value>, path: &str) -> String {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let found = of.get(first);
    let found = if rest.is_empty() { found } else { found.and_then(|value| value.pointer(&format!("/{rest}"))) };
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// `id version` of the policy of an item.
pub(super) fn policy(of: &Map<String, Value>) -> String {
    format!("{} {}", text(of, "policy_id"), text(of, "policy_version")).trim().to_owned()
}

async fn form(client: &Client, detail: &WorkflowDetail) -> Option<Result<DecisionForm, ClientError>> {
    let (template_id, version) = template(&detail.workflow.more)?;
    let template = client.workflow_template(&template_id, Some(version)).await;
    Some(template.map(|template| decision_form(&template.definition)))
}

async fn effect(client: &Client, detail: &WorkflowDetail, doing: Option<&str>) -> Option<Effect> {
    let doing = doing.filter(|doing| TRIED.contains(doing))?;
    let id = &detail.workflow.workflow_id;
    let mut action = WorkflowAction::new(doing, "what would come of it");
    action.confirm_text = Some(format!("{} {}", doing.to_uppercase(), id.to_uppercase()));
    match client.preview_workflow_action(id, &action).await {
        Ok(found) => Some(Effect::Would {
            status: text(&found, "resulting_status"),
            events: each(found.get("events"), |event| text(event, "event_type")),
            tells: each(found.get("notifications"), told),
        }),
        // What is missing in the input is asked for by the form.
        Err(error) if matches!(error.code.as_str(), "invalid_argument") || error.is_transient() => None,
        Err(error) => Some(Effect::Not(error.message)),
    }
}

fn told(notice: &Map<String, Value>) -> String {
    format!("{}: {}", whom(notice), text(notice, "message"))
}

/// Whom something is told: an account, a role, or whoever is concerned.
fn whom(notice: &Map<String, Value>) -> String {
    let (account, role) = (text(notice, "recipient_account_id"), text(notice, "recipient_role"));
    match (account.is_empty(), role.is_empty()) {
        (false, _) => account,
        (true, false) => format!("role {role}"),
        (true, true) => "whoever is concerned".to_owned(),
    }
}

fn each(list: Option<&Value>, read: fn(&Map<String, Value>) -> String) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).map(read).collect()
}

fn item(detail: WorkflowDetail) -> Item {
    let WorkflowDetail { actions, notifications, workflow, .. } = detail;
    let more = &workflow.more;
    let at = |path: &str| Micros::parse_rfc3339(&text(more, path));
    let number = |path: &str| more.get(path).and_then(Value::as_i64);
    let terms = more.get("terms").and_then(Value::as_object);
    let required = terms.and_then(|terms| terms.get("required_approvals")).and_then(Value::as_i64);
    let signals = more.get("metadata").and_then(|all| all.get("signals")).and_then(Value::as_array);
    let requester =
        format!("{}:{}", text(more, "requested_by_actor/actor_type"), text(more, "requested_by_actor/actor_id"));
    let decision = workflow.current_decision.clone();
    let mut feed: Vec<Happening> = actions.iter().map(happening).collect();
    feed.reverse();
    Item {
        reason: text(more, "request/reason"),
        recorded_by: text(more, "request/recorded_by"),
        request_hash: text(more, "request/payload_hash"),
        requester,
        policy: policy(more),
        requested: Micros::parse_rfc3339(&workflow.requested_at),
        due: workflow.sla_due_at.as_deref().and_then(Micros::parse_rfc3339),
        paused: number("sla_paused_ms").map(|ms| ms.saturating_mul(1000)),
        escalations: number("escalation_count").unwrap_or_default(),
        decision: decision.map(|decision| (decision, workflow.current_reason.clone().unwrap_or_default())),
        resolved: at("resolved_at"),
        ballots: (required.unwrap_or(1), each(more.get("ballots"), |ballot| text(ballot, "account_id"))),
        four_eyes: terms.and_then(|terms| terms.get("four_eyes")).and_then(Value::as_bool).unwrap_or_default(),
        companion: Some(text(more, "companion_trace_id")).filter(|id| !id.is_empty()),
        allowed: strings(more.get("allowed_actions")),
        signals: signals.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
        template: template(more),
        told: notifications
            .iter()
            .map(|notice| (Micros::parse_rfc3339(&text(notice, "created_at")), text(notice, "message"), whom(notice)))
            .collect(),
        feed,
        title: workflow.title,
        kind: workflow.workflow_kind,
        trace_id: workflow.trace_id,
        status: workflow.status,
        priority: workflow.priority,
        overdue: workflow.overdue,
        account: workflow.assigned_account_id,
        role: workflow.assigned_role,
        claimed_by: workflow.claimed_by,
        round: workflow.round,
        version: workflow.version,
    }
}

fn template(of: &Map<String, Value>) -> Option<(String, i64)> {
    let terms = of.get("terms")?;
    let id = terms.get("template_id")?.as_str()?.to_owned();
    Some((id, terms.get("template_version").and_then(Value::as_i64).unwrap_or_default()))
}

fn strings(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn happening(action: &Map<String, Value>) -> Happening {
    let payload = action.get("payload").and_then(Value::as_object);
    let own = text(action, "note");
    let reason = payload.map(|payload| text(payload, "reason")).unwrap_or_default();
    let account = text(action, "actor_account_id");
    Happening {
        log_seq: action.get("log_seq").and_then(Value::as_i64).unwrap_or_default(),
        at: Micros::parse_rfc3339(&text(action, "created_at")),
        what: text(action, "action_type").replace('_', " "),
        by: if account.is_empty() { text(action, "actor/actor_id") } else { account },
        words: if own.is_empty() { reason } else { own },
        evidence: payload.map(|payload| each(payload.get("evidence"), shown)).unwrap_or_default(),
        status: text(action, "resulting_status").replace('_', " "),
    }
}

/// One piece of evidence in a line: what it is called or what it is, and where.
fn shown(evidence: &Map<String, Value>) -> String {
    let names = ["label", "locator", "value", "event_id", "trace_id", "digest", "job_id", "sha256"];
    let said: Vec<String> = names.iter().map(|name| text(evidence, name)).filter(|text| !text.is_empty()).collect();
    format!("{} {}", text(evidence, "kind"), said.join(", ")).trim().to_owned()
}

fn decision_form(definition: &Value) -> DecisionForm {
    let form = definition.get("form");
    let list = |name: &str| {
        let list = form.and_then(|form| form.get(name)).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_object)
    };
    let flag = |row: &Map<String, Value>| row.get("required").and_then(Value::as_bool).unwrap_or_default();
    let field = |row: &Map<String, Value>| FormField {
        key: text(row, "key"),
        label: text(row, "label"),
        kind: text(row, "kind"),
        required: flag(row),
        on: strings(row.get("on")),
        choices: row
            .get("choices")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .map(|choice| (text(choice, "value"), text(choice, "label")))
            .collect(),
    };
    DecisionForm {
        options: list("decision_options")
            .map(|row| (text(row, "key"), text(row, "label"), text(row, "action")))
            .collect(),
        fields: list("fields").map(field).collect(),
        conditions: list("conditions").map(field).collect(),
        checklist: list("checklist").map(|row| (text(row, "key"), text(row, "label"), flag(row))).collect(),
        evidence: strings(form.and_then(|form| form.get("required_evidence"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_to_texts() {
        let Value::Object(of) = json!({"a": {"b": {"c": "deep"}}, "d": "flat", "n": 7}) else { unreachable!() };
        assert_eq!((text(&of, "a/b/c"), text(&of, "d")), ("deep".to_owned(), "flat".to_owned()));
        assert_eq!((text(&of, "n"), text(&of, "a/x"), text(&of, "")), (String::new(), String::new(), String::new()));
    }

    #[test]
    fn evidence_is_a_line() {
        let Value::Object(of) = json!({"kind": "link", "locator": "crm://7", "label": "the order"}) else {
            unreachable!()
        };
        assert_eq!(shown(&of), "link the order, crm://7");
    }
}
