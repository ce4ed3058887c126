//! What each event type must carry, and the part of it that projections read.
//!
//! Shapes and domains are those of the contract (semantics, section 4), two service types included. Unknown payload
//! keys are allowed everywhere: they are stored, hashed and scanned.

use super::{
    envelope::{bounded, refuse_nul},
    problems::Problems,
};
use crate::{
    event_type::EventType,
    json::Json,
    limits::{Profile, Rules},
    violation::Violation,
};

/// What is needed at one place of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A JSON object, perhaps empty.
    Object,
    /// A JSON list, perhaps empty.
    List,
    /// A non-empty string.
    Text,
    /// A non-empty string that a read model keeps: without U+0000.
    Shown,
    /// A non-empty string that becomes part of a graph id: short, without U+0000.
    Id,
    /// A string or null that becomes part of a read model.
    OptionalId,
    /// A non-empty string out of a closed set (strict profile).
    OneOf(&'static [&'static str]),
    /// A string out of a closed set, or null (strict profile).
    OptionalOneOf(&'static [&'static str]),
    /// An integer above zero that fits 64 bits.
    Positive,
    /// A string or null (strict profile).
    OptionalText,
    /// A list or null (strict profile).
    OptionalList,
}
use Need::{Id, List, Object, OneOf, OptionalId, OptionalList, OptionalOneOf, OptionalText, Positive, Shown, Text};

/// How urgent a review is, most urgent first.
const PRIORITIES: &[&str] = &["urgent", "high", "normal", "low"];

/// A place of a payload, as the keys that lead to it, and what is needed there.
pub type Rule = (&'static [&'static str], Need);

/// What a payload of the type must carry, as the contract lists it.
#[must_use]
pub const fn rules_of(event_type: EventType) -> &'static [Rule] {
    match event_type {
        EventType::TraceStarted => &[
            (&["workflow"], Id),
            (&["title"], Shown),
            (&["primary_entity"], Object),
            (&["primary_entity", "entity_type"], Id),
            (&["primary_entity", "entity_id"], Id),
            (&["primary_entity", "system"], OptionalId),
        ],
        EventType::InputObserved => &[
            (&["input_id"], Id),
            (&["source"], Object),
            (&["source", "system"], Text),
            (&["source", "object_type"], Text),
            (&["source", "object_id"], Text),
            (&["facts"], List),
        ],
        EventType::EntityObserved => &[
            (&["entity"], Object),
            (&["entity", "entity_type"], Id),
            (&["entity", "entity_id"], Id),
            (&["role"], OneOf(&["primary", "related"])),
            (&["facts"], List),
        ],
        EventType::PolicyEvaluated => &[
            (&["policy"], Object),
            (&["policy", "policy_id"], Id),
            (&["policy", "policy_version"], Id),
            (&["inputs"], List),
            (&["decision"], OneOf(&["allow", "deny", "require_exception"])),
        ],
        EventType::ExceptionRequested => &[
            (&["exception_id"], Id),
            (&["policy"], Object),
            (&["policy", "policy_id"], Id),
            (&["policy", "policy_version"], Id),
            (&["reason"], Text),
            (&["evidence"], OptionalList),
            (&["priority"], OptionalOneOf(PRIORITIES)),
        ],
        EventType::ApprovalRecorded => &[
            (&["approval_id"], Text),
            (&["subject"], Object),
            (&["subject", "subject_type"], Text),
            (&["subject", "subject_id"], Id),
            (&["approver"], Object),
            (&["approver", "actor_type"], Id),
            (&["approver", "actor_id"], Id),
            (&["decision"], OneOf(&["approved", "rejected"])),
            (&["reason"], OptionalText),
            (&["evidence"], OptionalList),
        ],
        EventType::PrecedentCited => {
            &[(&["cited_trace_id"], Id), (&["reason"], Text), (&["similarity_score"], OptionalText)]
        }
        EventType::ActionProposed => &[
            (&["action_id"], Id),
            (&["action_type"], Text),
            (&["target_entity"], Object),
            (&["target_entity", "entity_type"], Id),
            (&["target_entity", "entity_id"], Id),
            (&["target_system"], Text),
            (&["changes"], List),
        ],
        EventType::ActionCommitted => &[
            (&["action_id"], Id),
            (&["status"], OneOf(&["success", "failure", "partial"])),
            (&["external_reference"], OptionalText),
            (&["error"], OptionalText),
        ],
        EventType::TraceFinished => {
            &[(&["outcome"], OneOf(&["success", "failure", "abandoned"])), (&["summary"], OptionalText)]
        }
        EventType::WorkflowReviewRequested => &[
            (&["template_id"], Text),
            (&["workflow_kind"], Text),
            (&["title"], Text),
            (&["reason"], Text),
            (&["priority"], OneOf(PRIORITIES)),
            (&["assignee"], Object),
            (&["subject"], Object),
            (&["subject", "subject_type"], Text),
            (&["subject", "subject_id"], Id),
            (&["simulation"], Object),
            (&["sla_hours"], Positive),
        ],
        EventType::WorkflowActionRecorded => &[
            (&["workflow_id"], Text),
            (&["action_id"], Id),
            (
                &["action_type"],
                OneOf(&[
                    "comment",
                    "comment_edit",
                    "reassign",
                    "request_change",
                    "resubmit",
                    "escalate",
                    "extend",
                    "reopen",
                    "attach",
                    "route",
                ]),
            ),
            (&["reason"], OptionalText),
        ],
    }
}

/// Checks the payload of an event, left to right as the contract lists it. Of an unknown type there is nothing to say.
pub(super) fn check(event_type: Option<EventType>, payload: &Json<'_>, rules: &Rules, problems: &mut Problems) {
    if payload.as_object().is_none() {
        return problems.add(Violation::schema("payload must be an object").at("/payload"));
    }
    let Some(event_type) = event_type else { return };
    let (optional, required): (Vec<&Rule>, Vec<&Rule>) = rules_of(event_type)
        .iter()
        .partition(|(_, need)| matches!(need, OptionalText | OptionalList | OptionalOneOf(_)));
    for (path, need) in required.into_iter().chain(optional) {
        let value = path.iter().try_fold(payload, |holder, key| holder.get(key));
        problems.take(check_one(value, *need, rules, &|| format!("/payload/{}", path.join("/"))));
    }
}

fn check_one(
    value: Option<&Json<'_>>,
    need: Need,
    rules: &Rules,
    pointer: &dyn Fn() -> String,
) -> Result<(), Violation> {
    let strict = rules.profile == Profile::Strict;
    let refuse = |kind: &str| {
        let at = pointer();
        Err(Violation::schema(format!("missing or invalid {kind} for '{at}'")).at(at))
    };
    let value = value.unwrap_or(&Json::Null);
    match need {
        Object if value.as_object().is_none() => refuse("object"),
        List if value.as_list().is_none() => refuse("list"),
        Object | List => Ok(()),
        Positive => match value.as_i64() {
            Some(1..) => Ok(()),
            _ => refuse("positive integer"),
        },
        OptionalText if strict && !value.is_null() && value.as_str().is_none() => refuse("optional string"),
        OptionalList if strict && !value.is_null() && value.as_list().is_none() => refuse("optional list"),
        OptionalOneOf(allowed) if strict && !value.is_null() => match value.as_str() {
            Some(text) if allowed.contains(&text) => Ok(()),
            _ => {
                let at = pointer();
                Err(Violation::schema(format!("'{at}' must be one of {}", allowed.join(", "))).at(at))
            }
        },
        OptionalText | OptionalList | OptionalOneOf(_) => Ok(()),
        OptionalId => match value {
            Json::Null => Ok(()),
            Json::Text(text) => keepable(text, rules, pointer),
            _ => refuse("optional string"),
        },
        Text | Shown | Id | OneOf(_) => {
            let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return refuse("string") };
            if strict && text.trim().is_empty() {
                return refuse("string");
            }
            match need {
                Id => keepable(text, rules, pointer),
                Shown => refuse_nul(text, &pointer()),
                OneOf(allowed) if strict && !allowed.contains(&text) => {
                    let at = pointer();
                    Err(Violation::schema(format!("'{at}' must be one of {}", allowed.join(", "))).at(at))
                }
                OneOf(_) => refuse_nul(text, &pointer()),
                _ => Ok(()),
            }
        }
    }
}

fn keepable(text: &str, rules: &Rules, pointer: &dyn Fn() -> String) -> Result<(), Violation> {
    if text.len() > rules.limits.id_bytes || text.contains('\0') {
        let at = pointer();
        refuse_nul(text, &at)?;
        bounded(text, &at, rules)?;
    }
    Ok(())
}

/// A policy as events name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyRef<'p> {
    /// Which policy.
    pub policy_id: &'p str,
    /// Which version of it.
    pub policy_version: &'p str,
}

/// The part of a payload that projections read, by event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields carry the names of the contract, semantics section 4")]
pub enum Payload<'p> {
    TraceStarted {
        workflow: &'p str,
        title: &'p str,
        entity_type: &'p str,
        entity_id: &'p str,
        system: Option<&'p str>,
    },
    InputObserved {
        input_id: &'p str,
    },
    EntityObserved {
        entity_type: &'p str,
        entity_id: &'p str,
    },
    PolicyEvaluated {
        policy: PolicyRef<'p>,
    },
    ExceptionRequested {
        exception_id: &'p str,
        policy: PolicyRef<'p>,
    },
    ApprovalRecorded {
        subject_type: &'p str,
        subject_id: &'p str,
        approver_type: &'p str,
        approver_id: &'p str,
    },
    PrecedentCited {
        cited_trace_id: &'p str,
    },
    ActionProposed {
        action_id: &'p str,
        entity_type: &'p str,
        entity_id: &'p str,
    },
    ActionCommitted {
        action_id: &'p str,
    },
    TraceFinished {
        outcome: &'p str,
    },
    /// The workflow's own events; no decision projection reads them.
    Workflow,
}

/// Reads what projections need out of a payload that [`super::NewEvent::from_json`] once accepted.
///
/// # Errors
/// `schema_violation` with the pointer of what is missing: the stored payload is not what the type promises.
pub fn payload<'p>(event_type: EventType, payload: &'p Json<'_>) -> Result<Payload<'p>, Violation> {
    let text = |path: &[&str]| -> Result<&'p str, Violation> {
        path.iter().try_fold(payload, |holder, key| holder.get(key)).and_then(Json::as_str).ok_or_else(|| {
            let at = format!("/payload/{}", path.join("/"));
            Violation::schema(format!("missing or invalid string for '{at}'")).at(at)
        })
    };
    let policy = || -> Result<PolicyRef<'p>, Violation> {
        Ok(PolicyRef {
            policy_id: text(&["policy", "policy_id"])?,
            policy_version: text(&["policy", "policy_version"])?,
        })
    };
    Ok(match event_type {
        EventType::TraceStarted => Payload::TraceStarted {
            workflow: text(&["workflow"])?,
            title: text(&["title"])?,
            entity_type: text(&["primary_entity", "entity_type"])?,
            entity_id: text(&["primary_entity", "entity_id"])?,
            system: payload.get("primary_entity").and_then(|entity| entity.get("system")).and_then(Json::as_str),
        },
        EventType::InputObserved => Payload::InputObserved { input_id: text(&["input_id"])? },
        EventType::EntityObserved => Payload::EntityObserved {
            entity_type: text(&["entity", "entity_type"])?,
            entity_id: text(&["entity", "entity_id"])?,
        },
        EventType::PolicyEvaluated => Payload::PolicyEvaluated { policy: policy()? },
        EventType::ExceptionRequested => {
            Payload::ExceptionRequested { exception_id: text(&["exception_id"])?, policy: policy()? }
        }
        EventType::ApprovalRecorded => Payload::ApprovalRecorded {
            subject_type: text(&["subject", "subject_type"])?,
            subject_id: text(&["subject", "subject_id"])?,
            approver_type: text(&["approver", "actor_type"])?,
            approver_id: text(&["approver", "actor_id"])?,
        },
        EventType::PrecedentCited => Payload::PrecedentCited { cited_trace_id: text(&["cited_trace_id"])? },
        EventType::ActionProposed => Payload::ActionProposed {
            action_id: text(&["action_id"])?,
            entity_type: text(&["target_entity", "entity_type"])?,
            entity_id: text(&["target_entity", "entity_id"])?,
        },
        EventType::ActionCommitted => Payload::ActionCommitted { action_id: text(&["action_id"])? },
        EventType::TraceFinished => Payload::TraceFinished { outcome: text(&["outcome"])? },
        EventType::WorkflowReviewRequested | EventType::WorkflowActionRecorded => Payload::Workflow,
    })
}
