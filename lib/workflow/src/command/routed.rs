//! What settings say about a new item, as an event.

use dg_domain::{EventType, Micros};
use serde_json::json;

use super::{Hours, events::action_id};
use crate::{
    Actor, Item,
    draft::{Draft, Drafter, object},
    ids,
    routing::Route,
};

const MINUTE_US: i64 = 60_000_000;

/// The events that put a new item where its route leads. `hours` are those of the calendar that the route names; time counts from
/// the request on.
#[must_use]
pub fn routed(item: &Item, route: &Route, hours: &dyn Hours, tenant: &str, now: Micros) -> Vec<Draft> {
    let drafter = Drafter {
        workflow_id: &item.workflow_id,
        causation: Some(&item.request.event_id),
        producer_id: ids::TIMER,
        actor: Actor { actor_type: "system".to_owned(), actor_id: ids::TIMER.to_owned() },
        at: now,
        unique: ids::unique(&[tenant, &item.workflow_id, "route", &item.created_from_event_id]),
        word: "route",
    };
    let (trace_id, start) = drafter.place(item);
    let span_us = route.sla_minutes.saturating_mul(MINUTE_US);
    let payload = object(json!({
        "workflow_id": item.workflow_id,
        "workflow_version": item.version,
        "round": item.round,
        "action_id": action_id(&drafter),
        "action_type": "route",
        "subject": {
            "trace_id": item.trace_id,
            "subject_type": item.subject.subject_type,
            "subject_id": item.subject.subject_id,
        },
        "route": {
            "rule_id": route.rule_id,
            "terms": route.terms,
            "assigned_account_id": route.assigned.account_id,
            "assigned_role": route.assigned.role,
            "priority": route.priority,
            "sla_due_at": hours.add(item.requested_at, span_us).rfc3339(),
            "sla_span_us": span_us,
        },
    }));
    let event = drafter.event(&trace_id, EventType::WorkflowActionRecorded, "route", payload);
    start.into_iter().chain([event]).collect()
}
