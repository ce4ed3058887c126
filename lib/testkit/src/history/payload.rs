//! A payload for each event type, with values from small pools so that ids are shared between traces.

use serde_json::{Value, json};

use super::Plan;
use crate::rng::Rng;

const TEXTS: &[&str] =
    &["Rückerstattung", "late \"delivery\"", "a\\b\tc", "東京都", "e\u{301} vs é", "🚀 go", "\u{7f}\u{80}"];

pub(super) fn actor(rng: &mut Rng) -> Value {
    json!({"actor_type": rng.pick(&["agent", "person", "role", "system"]), "actor_id": id(rng, "u", 6)})
}

pub(super) fn of(rng: &mut Rng, kind: &str, plan: &mut Plan, ids: &[String]) -> Value {
    match kind {
        "TraceStarted" => json!({
            "workflow": rng.pick(&["refund", "renewal", "ワークフロー"]),
            "title": text(rng),
            "primary_entity": entity(rng),
        }),
        "InputObserved" => {
            let input = id(rng, "input", 20);
            plan.inputs.push(input.clone());
            let source = json!({"system": "crm", "object_type": "record", "object_id": id(rng, "o", 30)});
            json!({"input_id": input, "source": source, "facts": facts(rng)})
        }
        "EntityObserved" => {
            json!({"entity": entity(rng), "role": rng.pick(&["primary", "related"]), "facts": facts(rng)})
        }
        "PolicyEvaluated" => json!({
            "policy": policy(rng),
            "inputs": plan.inputs,
            "decision": rng.pick(&["allow", "deny", "require_exception"]),
            "explanation": nested(rng, 0),
        }),
        "ExceptionRequested" => {
            let exception = id(rng, "exc", 15);
            plan.exceptions.push(exception.clone());
            json!({"exception_id": exception, "policy": policy(rng), "reason": text(rng)})
        }
        "ApprovalRecorded" => {
            let on_exception = rng.chance(70);
            let known = if on_exception { &plan.exceptions } else { &plan.actions };
            let subject =
                if known.is_empty() || rng.chance(20) { id(rng, "other", 40) } else { rng.pick(known).clone() };
            json!({
                "approval_id": id(rng, "approval", 90),
                "subject": {"subject_type": if on_exception { "exception" } else { "action" }, "subject_id": subject},
                "approver": actor(rng),
                "decision": rng.pick(&["approved", "rejected"]),
            })
        }
        "PrecedentCited" => {
            let cited = if rng.chance(15) { format!("never-{}", rng.below(9)) } else { rng.pick(ids).clone() };
            json!({"cited_trace_id": cited, "reason": text(rng), "similarity_score": rng.pick(&[None, Some("0.93")])})
        }
        "ActionProposed" => {
            let action = id(rng, "act", 25);
            plan.actions.push(action.clone());
            json!({
                "action_id": action,
                "action_type": "update",
                "target_entity": entity(rng),
                "target_system": "erp",
                "changes": [{"path": "status", "old_value": null, "new_value": {"type": "string", "value": text(rng)}}],
            })
        }
        "ActionCommitted" => {
            let action = if plan.actions.is_empty() || rng.chance(30) {
                id(rng, "act", 60)
            } else {
                rng.pick(&plan.actions).clone()
            };
            json!({"action_id": action, "status": rng.pick(&["success", "failure", "partial"])})
        }
        _ => json!({"outcome": rng.pick(&["success", "failure", "abandoned"]), "summary": text(rng)}),
    }
}

fn text(rng: &mut Rng) -> String {
    format!("{} {}", rng.pick(TEXTS), rng.pick(TEXTS))
}

fn id(rng: &mut Rng, prefix: &str, pool: usize) -> String {
    let number = rng.below(pool);
    if rng.chance(15) { format!("{prefix}:{number}:ü") } else { format!("{prefix}:{number}") }
}

fn entity(rng: &mut Rng) -> Value {
    let kind = rng.pick(&["account", "Ticket", "konto-ä", "a:b"]);
    json!({"entity_type": kind, "entity_id": id(rng, "e", 8), "system": rng.pick(&[None, Some("crm"), Some("ERP-Süd")])})
}

fn policy(rng: &mut Rng) -> Value {
    json!({"policy_id": rng.pick(&["cap", "gate", "règle", "policy:x", "🛡"]), "policy_version": rng.pick(&["1", "1.0", "β"])})
}

fn facts(rng: &mut Rng) -> Value {
    let fact = json!({
        "key": rng.pick(&["amount", "tier", "région", "🔑"]),
        "value": {"type": "decimal", "value": format!("{}.{:02}", rng.below(1000), rng.below(100))},
        "as_of": "2026-02-01T00:00:00Z",
    });
    if rng.chance(60) { json!([fact]) } else { json!([]) }
}

fn nested(rng: &mut Rng, depth: usize) -> Value {
    let mut object = serde_json::Map::new();
    for key in ["z", "a", "Ä", "😀", "\u{e000}"] {
        if rng.chance(50) {
            let value = match rng.below(5) {
                0 if depth < 3 => nested(rng, depth + 1),
                1 => json!([null, true, text(rng)]),
                2 => json!(i64::MAX),
                3 => json!(-9_007_199_254_740_993_i64),
                _ => json!(text(rng)),
            };
            object.insert(key.to_owned(), value);
        }
    }
    Value::Object(object)
}
