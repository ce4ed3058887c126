//! What is done with items of the queue.

use dg_client::{Client, WorkflowAction, WorkflowOutcome};
use serde_json::{Map, Value, json};

use super::{Done, NotDone};
use crate::{
    model::Fields,
    place::{Place, Screen},
};

/// Does one thing with one item.
pub(super) async fn one(client: &Client, place: impl Fn(Screen) -> Place, fields: &Fields) -> Result<Done, NotDone> {
    let workflow_id = fields.get("workflow_id").unwrap_or_default();
    let action = action(fields)?;
    let done = client.act_on_workflow(workflow_id, &action).await.map_err(|error| match error.status {
        // Said as it is for whoever reads the page: the item on it is the new one, and the form carries its version now.
        Some(412) => {
            let message =
                "somebody did something with it meanwhile: look at what was done, and send it again if it still holds";
            NotDone::refused(&error.code, message)
        }
        _ => error.into(),
    })?;
    let status = done.workflow.status.replace('_', " ");
    let text = format!("{}: the item is {status} now.", action.action.replace('_', " "));
    Ok(Done { text, to: Some(place(Screen::review(workflow_id))) })
}

/// Does one thing with several items.
pub(super) async fn many(client: &Client, fields: &Fields) -> Result<Done, NotDone> {
    let ids: Vec<String> = fields.all("workflow_id").map(str::to_owned).collect();
    if ids.is_empty() {
        return Err(NotDone::wrong("choose one item at least"));
    }
    let done = client.act_on_workflows(&ids, &action(fields)?).await?;
    let failed: Vec<String> = done.results.iter().filter(|one| one.outcome != "done").map(why).collect();
    let text = format!("{} of {} done.", done.done, ids.len());
    if failed.is_empty() {
        return Ok(Done::here(text));
    }
    Err(NotDone::wrong(format!("{text} Refused: {}", failed.join("; "))))
}

fn why(one: &WorkflowOutcome) -> String {
    let error = one.error.as_ref();
    let message = error.and_then(|error| error.get("message")).and_then(Value::as_str).unwrap_or("refused");
    format!("{}: {message}", one.workflow_id)
}

fn action(fields: &Fields) -> Result<WorkflowAction, NotDone> {
    let evidence = fields.get("evidence").map(|said| {
        if said.contains("://") {
            json!({"kind": "link", "locator": said})
        } else {
            json!({"kind": "text", "value": said})
        }
    });
    let action = fields.get("action").unwrap_or_default();
    let reason = fields.text("reason");
    Ok(WorkflowAction {
        action: action.to_owned(),
        note: fields.text("note").or_else(|| reason.clone().filter(|_| action == "comment")),
        reason,
        evidence: evidence.into_iter().collect(),
        assigned_account_id: fields.text("account"),
        assigned_role: fields.text("role"),
        confirm_text: fields.text("confirm_text"),
        due_at: instant(fields, "due_at")?,
        priority: fields.text("priority"),
        decision_option: fields.text("decision_option"),
        form: values(fields, "form")?,
        conditions: values(fields, "condition")?,
        checklist: fields.all("check").map(str::to_owned).collect(),
        request_hash: fields.text("request_hash").filter(|_| matches!(action, "approve" | "reject" | "override")),
        until: instant(fields, "until")?,
        version: fields.get("version").and_then(|version| version.parse().ok()),
        ..WorkflowAction::default()
    })
}

/// What a browser sends of a moment has no zone; the page says that it is UTC.
fn instant(fields: &Fields, name: &str) -> Result<Option<String>, NotDone> {
    let Some(sent) = fields.get(name) else { return Ok(None) };
    // Seconds are left out where they are zero.
    let seconds = if sent.matches(':').count() == 1 { ":00" } else { "" };
    let whole = format!("{sent}{seconds}Z");
    match dg_domain::Micros::parse_rfc3339(&whole) {
        Some(at) => Ok(Some(at.rfc3339())),
        None => Err(NotDone::wrong(format!("{sent} is no moment"))),
    }
}

/// Values of the fields whose names begin with `what`; the name says the kind: `form:integer:discount`.
fn values(fields: &Fields, what: &str) -> Result<Map<String, Value>, NotDone> {
    let mut values = Map::new();
    for (name, sent) in &fields.0 {
        let Some((kind, key)) = name.strip_prefix(what).and_then(|rest| rest.strip_prefix(':')?.split_once(':')) else {
            continue;
        };
        let sent = sent.trim();
        if sent.is_empty() {
            continue;
        }
        let value = match kind {
            "integer" => {
                sent.parse::<i64>().map(Value::from).map_err(|_| NotDone::wrong(format!("{key} is no whole number")))?
            }
            "boolean" => Value::Bool(sent == "true"),
            _ => Value::from(sent),
        };
        values.insert(key.to_owned(), value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_form_becomes_an_action() {
        let sent = fields(&[
            ("action", "approve"),
            ("reason", " it is right "),
            ("evidence", "crm://7"),
            ("version", "3"),
            ("request_hash", "abc"),
            ("form:integer:discount", "12"),
            ("form:decimal:margin", "0.5"),
            ("condition:boolean:paid", "true"),
            ("form:text:left", ""),
            ("check", "one"),
            ("check", "two"),
            ("due_at", "2026-11-28T10:30"),
        ]);
        let action = action(&sent).unwrap();
        assert_eq!((action.reason.as_deref(), action.version), (Some("it is right"), Some(3)));
        assert_eq!(action.evidence, [json!({"kind": "link", "locator": "crm://7"})]);
        assert_eq!(Value::Object(action.form), json!({"discount": 12, "margin": "0.5"}));
        assert_eq!(Value::Object(action.conditions), json!({"paid": true}));
        assert_eq!((action.checklist.len(), action.due_at.as_deref()), (2, Some("2026-11-28T10:30:00.000000Z")));
    }

    #[test]
    fn what_is_no_number_or_moment_is_refused_here() {
        for sent in [[("action", "approve"), ("form:integer:n", "many")], [("action", "extend"), ("due_at", "soon")]] {
            assert!(matches!(action(&fields(&sent)), Err(NotDone::Refused(_))), "{sent:?}");
        }
    }
}
