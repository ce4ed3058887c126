//! Items and actions as the rows of their tables.

use dg_domain::{Key16, LogSeq, Micros, keys};
use dg_workflow::{Item, digest, fold::Recorded, timer};
use serde_json::{Value, json};
use tokio_postgres::Row;

use crate::{error::StoreError, values::PgMicros};

/// An item with what the clock has to remember.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) item: Item,
    pub(super) warned_for: Option<Micros>,
}

/// The key of an item.
pub(super) fn workflow_key(workflow_id: &str) -> Key16 {
    keys::text_key(workflow_id)
}

impl Kept {
    /// An item that was just made.
    pub(super) const fn new(item: Item) -> Self {
        Self { item, warned_for: None }
    }

    /// Reads the two columns of `items.sql`.
    pub(super) fn read(name: &'static str, row: &Row) -> Result<Self, StoreError> {
        let text: &str = row.try_get(0).map_err(StoreError::of(name))?;
        let warned_for = row.try_get::<_, Option<PgMicros>>(1).map_err(StoreError::of(name))?;
        Ok(Self {
            item: serde_json::from_str(text).map_err(|source| StoreError::corrupt(name, source))?,
            warned_for: warned_for.map(|at| at.0),
        })
    }

    /// The row, for `save_items.sql`.
    pub(super) fn to_json(&self, now: Micros) -> Result<Value, StoreError> {
        let item = &self.item;
        let text = digest::canonical(item).map_err(|source| StoreError::corrupt("workflow.save_items", source))?;
        let timer = timer::next(item, self.warned_for, now);
        Ok(json!({
            "workflow_key": hex(workflow_key(&item.workflow_id)),
            "workflow_id": item.workflow_id,
            "trace_key": hex(keys::trace_key(&item.trace_id)),
            "trace_id": item.trace_id,
            "workflow_kind": item.workflow_kind,
            "workflow_name": shown(&item.workflow_name),
            "subject_type": shown(&item.subject.subject_type),
            "subject_id": item.subject.subject_id,
            "status": item.status,
            "priority_rank": item.priority.rank(),
            "title": shown(&item.title),
            "policy_id": item.policy.as_ref().map(|policy| shown(&policy.policy_id)),
            "template_id": item.terms.template_id.as_ref().map(|text| shown(text)),
            "requested_by": item.request.recorded_by,
            "decided_by": item.decision.as_ref().map(|decision| &decision.account_id),
            "assigned_account_id": item.assigned.account_id.as_ref().map(|text| shown(text)),
            "assigned_role": item.assigned.role.as_ref().map(|text| shown(text)),
            "requested_at": item.requested_at.rfc3339(),
            "sla_due_at": item.sla.due_at.map(Micros::rfc3339),
            "updated_at": item.updated_at.rfc3339(),
            "resolved_at": item.resolved_at.map(Micros::rfc3339),
            "current_decision": item.decision.as_ref().map(|decision| &decision.decision),
            "current_reason": item.current_reason.as_ref().map(|text| shown(text)),
            "escalation_level": item.sla.escalation_level,
            "round": item.round,
            "version": item.version,
            "last_source_log_seq": item.last_source_log_seq,
            "item_json": text,
            "warned_for": self.warned_for.map(Micros::rfc3339),
            "next_timer_at": timer.map(|(at, _)| at.rfc3339()),
        }))
    }
}

/// The row of an action, for `save_actions.sql`.
pub(super) fn action_json(item: &Item, action: &Recorded, event_id: &str, log_seq: LogSeq) -> Value {
    json!({
        "workflow_key": hex(workflow_key(&item.workflow_id)),
        "log_seq": log_seq.get(),
        "action_id": action.action_id,
        "action_type": action.action_type,
        "trace_id": item.trace_id,
        "actor_type": action.actor.actor_type,
        "actor_id": shown(&action.actor.actor_id),
        "actor_account_id": action.account_id,
        "note": action.note.as_ref().map(|text| shown(text)),
        "payload_json": Value::Object(action.payload.clone()).to_string(),
        "source_event_id": event_id,
        "resulting_status": action.resulting_status,
        "round": action.round,
        "created_at": action.created_at.rfc3339(),
    })
}

/// Text as PostgreSQL can keep it: U+0000, which JSON has and text columns have not, becomes the sign for what cannot be shown. The
/// item's own JSON keeps it.
fn shown(text: &str) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text.to_owned() }
}

fn hex(key: Key16) -> String {
    format!("{key:?}")
}
