//! What one event says, in a line or a few.

use serde_json::Value;

use crate::output::printable;

/// The first line stands beside the event, the others under it. An event of a type this program does not know says
/// nothing.
pub(super) fn event(event_type: &str, payload: &Value) -> Vec<String> {
    let text = |path: &str| at(payload, path);
    match event_type {
        "TraceStarted" => vec![format!("{}: {}", text("/workflow"), text("/title"))],
        "InputObserved" => {
            let from = words([text("/source/system"), text("/source/object_type"), text("/source/object_id")]);
            with_facts(format!("{} from {from}", text("/input_id")), payload)
        }
        "EntityObserved" => {
            let entity = words([text("/entity/system"), text("/entity/entity_type"), text("/entity/entity_id")]);
            with_facts(format!("{entity} ({})", text("/role")), payload)
        }
        "PolicyEvaluated" => policy(payload),
        "ExceptionRequested" => {
            let mut lines = vec![format!("{} to {}", text("/exception_id"), policy_name(payload))];
            lines.push(format!("because: {}", text("/reason")));
            lines.extend(evidence(payload));
            lines
        }
        "ApprovalRecorded" => {
            let who = format!("{}:{}", text("/approver/actor_type"), text("/approver/actor_id"));
            let what = words([text("/subject/subject_type"), text("/subject/subject_id")]);
            let mut lines = vec![format!("{} {what} by {who}", text("/decision"))];
            lines.extend(optional("because", &text("/reason")));
            lines.extend(evidence(payload));
            lines
        }
        "WorkflowReviewRequested" => {
            let first = format!("{} ({}, {})", text("/title"), text("/workflow_kind"), text("/priority"));
            vec![first, format!("because: {}", text("/reason"))]
        }
        "WorkflowActionRecorded" => vec![words([text("/action_type"), text("/workflow_id")])]
            .into_iter()
            .chain(optional("because", &text("/reason")))
            .collect(),
        "PrecedentCited" => {
            let alike = text("/similarity_score");
            let alike = if alike.is_empty() { String::new() } else { format!(" (similarity {alike})") };
            vec![format!("{}{alike}", text("/cited_trace_id")), format!("because: {}", text("/reason"))]
        }
        "ActionProposed" => {
            let target = words([text("/target_entity/entity_type"), text("/target_entity/entity_id")]);
            let first =
                format!("{}: {} {target} in {}", text("/action_id"), text("/action_type"), text("/target_system"));
            let changes = list(payload, "/changes").iter().map(|change| {
                format!("{}: {} → {}", at(change, "/path"), value(change, "/old_value"), value(change, "/new_value"))
            });
            std::iter::once(first).chain(changes).collect()
        }
        "ActionCommitted" => {
            let mut lines = vec![words([format!("{}:", text("/action_id")), text("/status")])];
            lines.extend(optional("as", &text("/external_reference")));
            lines.extend(optional("error", &text("/error")));
            lines
        }
        "TraceFinished" => {
            let mut lines = vec![text("/outcome")];
            lines.extend(optional("summary", &text("/summary")));
            lines
        }
        _ => Vec::new(),
    }
}

fn policy(payload: &Value) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", policy_name(payload), at(payload, "/decision"))];
    let violations = list(payload, "/violations").iter();
    lines.extend(violations.map(|found| {
        let (code, message) = (at(found, "/code"), at(found, "/message"));
        words(["violation:".to_owned(), code, message])
    }));
    lines.extend(optional("explained", &at(payload, "/explanation/summary")));
    lines
}

fn policy_name(payload: &Value) -> String {
    format!("{} {}", at(payload, "/policy/policy_id"), at(payload, "/policy/policy_version"))
}

fn with_facts(first: String, payload: &Value) -> Vec<String> {
    let facts = list(payload, "/facts").iter().map(|fact| format!("{} = {}", at(fact, "/key"), value(fact, "/value")));
    std::iter::once(first).chain(facts).collect()
}

fn evidence(payload: &Value) -> Option<String> {
    let places = list(payload, "/evidence").iter().map(|item| {
        let source = [at(item, "/source/system"), at(item, "/source/object_type"), at(item, "/source/object_id")];
        Some(at(item, "/locator")).filter(|locator| !locator.is_empty()).unwrap_or_else(|| words(source))
    });
    let places: Vec<String> = places.collect();
    (!places.is_empty()).then(|| format!("evidence: {}", places.join(", ")))
}

fn optional(label: &str, text: &str) -> Option<String> {
    (!text.is_empty()).then(|| format!("{label}: {text}"))
}

/// A value as it is written, with `{"type", "value"}` opened.
fn value(object: &Value, path: &str) -> String {
    match object.pointer(path) {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::Object(typed)) if typed.contains_key("value") => plain(&typed["value"]),
        Some(other) => plain(other),
    }
}

fn at(object: &Value, path: &str) -> String {
    object.pointer(path).filter(|value| !value.is_null()).map(plain).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        other => printable(&other.to_string()),
    }
}

fn list<'a>(object: &'a Value, path: &str) -> &'a [Value] {
    object.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn words(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
