//! Items, actions and notifications as answers show them.

use dg_domain::Micros;
use dg_storage::workflow::{ActionRow, NoticeRow, Shown};
use dg_workflow::{Action, Ballot, Companion, External, Terms, ids};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::words;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowSubject)]
pub(crate) struct SubjectJson {
    subject_type: String,
    subject_id: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowActor)]
pub(crate) struct ActorJson {
    actor_type: String,
    actor_id: String,
}

/// The request that a decision is about.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowRequest)]
pub(crate) struct RequestJson {
    event_id: String,
    /// SHA-256 of its payload: what an approval is bound to.
    payload_hash: String,
    recorded_by: String,
    reason: String,
}

/// An approval that counts and was not enough.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowBallot)]
pub(crate) struct BallotJson {
    account_id: String,
    event_id: String,
    #[schema(format = DateTime)]
    at: String,
}

/// An approval that arrived from outside and moves nothing.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowExternalApproval)]
pub(crate) struct ExternalJson {
    event_id: String,
    decision: String,
    approver: ActorJson,
    recorded_by: String,
}

/// Something to review.
#[derive(Serialize, ToSchema)]
#[schema(as = Workflow)]
pub(crate) struct ItemJson {
    workflow_id: String,
    tenant_id: String,
    trace_id: String,
    #[schema(schema_with = words::workflow_kind)]
    workflow_kind: &'static str,
    workflow_name: String,
    subject: SubjectJson,
    #[schema(schema_with = words::workflow_status)]
    status: &'static str,
    #[schema(schema_with = words::priority)]
    priority: &'static str,
    title: String,
    policy_id: Option<String>,
    policy_version: Option<String>,
    requested_by_actor: ActorJson,
    request: RequestJson,
    assigned_account_id: Option<String>,
    assigned_role: Option<String>,
    #[schema(format = DateTime)]
    requested_at: String,
    /// None while the clock is paused.
    #[schema(format = DateTime)]
    sla_due_at: Option<String>,
    /// What is left of the time while changes are requested, in milliseconds.
    sla_paused_ms: Option<i64>,
    overdue: bool,
    escalation_level: i64,
    escalation_count: i64,
    #[schema(format = DateTime)]
    updated_at: String,
    #[schema(format = DateTime)]
    resolved_at: Option<String>,
    last_action_type: Option<String>,
    #[schema(format = DateTime)]
    last_action_at: Option<String>,
    current_decision: Option<String>,
    current_reason: Option<String>,
    approval_event_id: Option<String>,
    created_from_event_id: String,
    last_source_log_seq: i64,
    version: i64,
    round: i64,
    /// Who looks at it just now.
    claimed_by: Option<String>,
    #[schema(format = DateTime)]
    claimed_at: Option<String>,
    #[schema(schema_with = words::any_object)]
    terms: Value,
    ballots: Vec<BallotJson>,
    external_approvals: Vec<ExternalJson>,
    /// Where this round is recorded; none before anybody did anything.
    companion_trace_id: Option<String>,
    /// What could be done where it stands, by somebody who may.
    allowed_actions: Vec<&'static str>,
    #[schema(schema_with = words::any_object)]
    metadata: Map<String, Value>,
}

impl ItemJson {
    pub(crate) fn of(tenant: &str, shown: &Shown) -> Self {
        let item = &shown.item;
        let at = |instant: Option<Micros>| instant.map(Micros::rfc3339);
        let companion = match item.companion {
            Companion::None => None,
            Companion::Open | Companion::Finished | Companion::Continued => Some(item.companion_trace()),
        };
        let mut allowed: Vec<&'static str> =
            Action::possible(item.status, item.workflow_kind).map(Action::as_str).collect();
        if !item.terms.allow_override {
            allowed.retain(|word| *word != Action::Override.as_str());
        }
        if item.status.is_open() {
            allowed.extend(["claim", "unclaim", "snooze", "unsnooze"]);
        }
        Self {
            workflow_id: item.workflow_id.clone(),
            tenant_id: tenant.to_owned(),
            trace_id: item.trace_id.clone(),
            workflow_kind: item.workflow_kind.as_str(),
            workflow_name: item.workflow_name.clone(),
            subject: SubjectJson {
                subject_type: item.subject.subject_type.clone(),
                subject_id: item.subject.subject_id.clone(),
            },
            status: shown.status(),
            priority: item.priority.as_str(),
            title: item.title.clone(),
            policy_id: item.policy.as_ref().map(|policy| policy.policy_id.clone()),
            policy_version: item.policy.as_ref().map(|policy| policy.policy_version.clone()),
            requested_by_actor: ActorJson {
                actor_type: item.request.actor.actor_type.clone(),
                actor_id: item.request.actor.actor_id.clone(),
            },
            request: RequestJson {
                event_id: item.request.event_id.clone(),
                payload_hash: item.request.payload_hash.clone(),
                recorded_by: item.request.recorded_by.clone(),
                reason: item.request.reason.clone(),
            },
            assigned_account_id: item.assigned.account_id.clone(),
            assigned_role: item.assigned.role.clone(),
            requested_at: item.requested_at.rfc3339(),
            sla_due_at: at(item.sla.due_at),
            sla_paused_ms: item.sla.paused_us.map(|left| left / 1_000),
            overdue: shown.overdue,
            escalation_level: item.sla.escalation_level,
            escalation_count: item.sla.escalation_count,
            updated_at: item.updated_at.rfc3339(),
            resolved_at: at(item.resolved_at),
            last_action_type: item.last_action_type.clone(),
            last_action_at: at(item.last_action_at),
            current_decision: item.decision.as_ref().map(|decision| decision.decision.clone()),
            current_reason: item.current_reason.clone(),
            approval_event_id: item.decision.as_ref().map(|decision| decision.event_id.clone()),
            created_from_event_id: item.created_from_event_id.clone(),
            last_source_log_seq: item.last_source_log_seq,
            version: item.version,
            round: item.round,
            claimed_by: shown.claimed_by.clone(),
            claimed_at: at(shown.claimed_at),
            terms: terms(&item.terms),
            ballots: item.ballots.iter().map(BallotJson::of).collect(),
            external_approvals: item.external.iter().map(ExternalJson::of).collect(),
            companion_trace_id: companion,
            allowed_actions: allowed,
            metadata: item.metadata.clone(),
        }
    }

    /// The phrase that some actions ask for is made of this.
    pub(crate) fn trace_reference(tenant: &str, shown: &Shown) -> Value {
        let item = &shown.item;
        json!({
            "tenant_id": tenant,
            "trace_id": item.trace_id,
            "subject_type": item.subject.subject_type,
            "subject_id": item.subject.subject_id,
            "workflow_name": item.workflow_name,
            "companion_trace_ids": (1..=item.round)
                .map(|round| ids::companion_trace(&item.workflow_id, round))
                .collect::<Vec<_>>(),
        })
    }
}

fn terms(terms: &Terms) -> Value {
    serde_json::to_value(terms).unwrap_or_default()
}

impl BallotJson {
    fn of(ballot: &Ballot) -> Self {
        Self { account_id: ballot.account_id.clone(), event_id: ballot.event_id.clone(), at: ballot.at.rfc3339() }
    }
}

impl ExternalJson {
    fn of(external: &External) -> Self {
        Self {
            event_id: external.event_id.clone(),
            decision: external.decision.clone(),
            approver: ActorJson {
                actor_type: external.approver.actor_type.clone(),
                actor_id: external.approver.actor_id.clone(),
            },
            recorded_by: external.recorded_by.clone(),
        }
    }
}

/// Something that was done.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowAction)]
pub(crate) struct ActionJson {
    action_id: String,
    action_type: String,
    actor: ActorJson,
    actor_account_id: String,
    note: Option<String>,
    #[schema(schema_with = words::any_object)]
    payload: Box<RawValue>,
    source_event_id: String,
    log_seq: i64,
    resulting_status: String,
    round: i64,
    #[schema(format = DateTime)]
    created_at: String,
}

impl ActionJson {
    pub(crate) fn of(row: ActionRow) -> Self {
        Self {
            action_id: row.action_id,
            action_type: row.action_type,
            actor: ActorJson { actor_type: row.actor_type, actor_id: row.actor_id },
            actor_account_id: row.actor_account_id,
            note: row.note,
            payload: raw(row.payload_json),
            source_event_id: row.source_event_id,
            log_seq: row.log_seq.get(),
            resulting_status: row.resulting_status,
            round: row.round,
            created_at: row.created_at.rfc3339(),
        }
    }
}

/// Something that was told.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowNotification)]
pub(crate) struct NoticeJson {
    #[schema(format = "uuid")]
    notification_id: String,
    category: String,
    channel: String,
    status: String,
    message: String,
    recipient_account_id: Option<String>,
    recipient_role: Option<String>,
    #[schema(schema_with = words::any_object)]
    payload: Box<RawValue>,
    dedupe_key: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl NoticeJson {
    pub(crate) fn of(row: NoticeRow) -> Self {
        Self {
            notification_id: row.notification_id.to_string(),
            category: row.category,
            channel: row.channel,
            status: row.status,
            message: row.message,
            recipient_account_id: row.recipient_account_id,
            recipient_role: row.recipient_role,
            payload: raw(row.payload_json),
            dedupe_key: row.dedupe_key,
            created_at: row.created_at.rfc3339(),
        }
    }
}

/// JSON as it is kept.
fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
