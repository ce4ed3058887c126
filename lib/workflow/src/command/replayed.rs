//! How a replay that an item asked for ended, as an event.

use dg_domain::{EventType, Micros};
use serde_json::json;

use super::events::action_id;
use crate::{
    Actor, Item, Priority,
    draft::{Draft, Drafter, object},
    evidence::EndedRun,
    ids,
};

/// What an item is marked with when a replay did not give what was there (WF-56).
pub const DIGEST_MISMATCH: &str = "digest_mismatch";

/// The events that attach what a run found. A difference makes an open item urgent.
#[must_use]
pub fn replayed(item: &Item, run: &EndedRun, tenant: &str, now: Micros) -> Vec<Draft> {
    let drafter = Drafter {
        workflow_id: &item.workflow_id,
        causation: Some(&item.request.event_id),
        producer_id: ids::TIMER,
        actor: Actor { actor_type: "system".to_owned(), actor_id: ids::TIMER.to_owned() },
        at: now,
        unique: ids::unique(&[tenant, &item.workflow_id, "replayed", &run.job_id]),
        word: "attach",
    };
    let (trace_id, start) = drafter.place(item);
    let mut payload = object(json!({
        "workflow_id": item.workflow_id,
        "workflow_version": item.version,
        "round": item.round,
        "action_id": action_id(&drafter),
        "action_type": "attach",
        "note": run.summary(),
        "evidence": run.evidence(),
        "subject": {
            "trace_id": item.trace_id,
            "subject_type": item.subject.subject_type,
            "subject_id": item.subject.subject_id,
        },
    }));
    if run.differs() {
        payload.insert("signal".to_owned(), json!(DIGEST_MISMATCH));
        if item.status.is_open() {
            payload.insert("priority".to_owned(), json!(Priority::Urgent));
        }
    }
    let event = drafter.event(&trace_id, EventType::WorkflowActionRecorded, "attach", payload);
    start.into_iter().chain([event]).collect()
}
