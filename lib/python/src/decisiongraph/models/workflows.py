"""What people have to look at, and what they did with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..values import Actor, Subject


@dataclass(frozen=True)
class WorkflowRequest:
    """The request that a decision is about."""

    event_id: str
    payload_hash: str
    """SHA-256 of its payload: what an approval is bound to."""
    recorded_by: str
    reason: str


@dataclass(frozen=True)
class WorkflowBallot:
    """An approval that is not the last one that is needed."""

    account_id: str
    at: str
    event_id: str


@dataclass(frozen=True)
class WorkflowExternalApproval:
    """What somebody wrote to the trace who may not decide. It moves nothing."""

    approver: Actor
    decision: str
    event_id: str
    recorded_by: str


@dataclass(frozen=True)
class Workflow:
    """Something that people have to look at: an exception that was asked for, or a review of a trace."""

    workflow_id: str
    trace_id: str
    workflow_kind: str
    """``exception_review`` or ``incident_review``."""
    status: str
    """``requested``, ``in_review``, ``changes_requested``, ``escalated``, ``approved``, ``rejected`` or ``overridden``."""
    priority: str
    title: str
    version: int
    round: int
    requested_at: str
    request: WorkflowRequest
    tenant_id: str = ""
    workflow_name: str = ""
    subject: Subject | None = None
    requested_by_actor: Actor | None = None
    policy_id: str | None = None
    policy_version: str | None = None
    overdue: bool = False
    sla_due_at: str | None = None
    """None while the clock is paused."""
    sla_paused_ms: int | None = None
    """What is left of the time while changes are requested."""
    assigned_account_id: str | None = None
    assigned_role: str | None = None
    claimed_by: str | None = None
    """Who looks at it just now."""
    claimed_at: str | None = None
    current_decision: str | None = None
    """``approved``, ``rejected`` or ``override_approved``, once somebody has decided."""
    current_reason: str | None = None
    approval_event_id: str | None = None
    resolved_at: str | None = None
    ballots: tuple[WorkflowBallot, ...] = ()
    external_approvals: tuple[WorkflowExternalApproval, ...] = ()
    allowed_actions: tuple[str, ...] = ()
    """What could be done where it stands, by somebody who may."""
    escalation_level: int = 0
    escalation_count: int = 0
    last_action_type: str | None = None
    last_action_at: str | None = None
    updated_at: str = ""
    companion_trace_id: str | None = None
    """Where this round is recorded; None before anybody did anything."""
    created_from_event_id: str = ""
    last_source_log_seq: int = 0
    terms: dict[str, Any] = field(default_factory=dict)
    """What its template asks of whoever decides."""
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def decided(self) -> bool:
        """Whether somebody has decided."""
        return self.status in ("approved", "rejected", "overridden")

    @property
    def approved(self) -> bool:
        """Whether it is a yes."""
        return self.status in ("approved", "overridden")

    @property
    def request_hash(self) -> str:
        """Named in a decision, no other request is decided by it."""
        return self.request.payload_hash


@dataclass(frozen=True)
class WorkflowSummary:
    """How many items the tenant has."""

    tenant_id: str
    total_count: int
    open_count: int
    requested_count: int = 0
    in_review_count: int = 0
    changes_requested_count: int = 0
    escalated_count: int = 0
    approved_count: int = 0
    rejected_count: int = 0
    overridden_count: int = 0
    overdue_count: int = 0
    due_soon_count: int = 0
    notification_count: int = 0
    oldest_open_at: str | None = None


@dataclass(frozen=True)
class WorkflowPage:
    """A page of what waits: overdue items first, then by urgency, then by age."""

    items: tuple[Workflow, ...]
    summary: WorkflowSummary
    filters: dict[str, Any] = field(default_factory=dict)
    next_cursor: str | None = None


@dataclass(frozen=True)
class WorkflowBuckets:
    """How many items each of the caller's queues holds."""

    mine: int
    my_roles: int
    unassigned: int
    all_open: int
    overdue: int
    due_soon: int
    escalated: int
    changes_requested: int
    waiting_for_requester: int
    snoozed: int
    recently_closed: int


@dataclass(frozen=True)
class WorkflowAction:
    """Something that was done with an item."""

    action_id: str
    action_type: str
    actor: Actor
    actor_account_id: str
    created_at: str
    log_seq: int
    resulting_status: str
    round: int
    source_event_id: str
    note: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkflowNotification:
    """Something that somebody was told about an item."""

    notification_id: str
    category: str
    channel: str
    message: str
    status: str
    created_at: str
    dedupe_key: str
    recipient_account_id: str | None = None
    recipient_role: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkflowReplay:
    """A replay that a review asked for."""

    job_id: str
    projection_name: str
    mode: str
    status: str
    requested_by: str
    reason: str
    requested_at: str
    last_log_seq: int
    finished_at: str | None = None
    target_log_seq: int | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class WorkflowDetail:
    """An item with what was done, oldest first, and told, newest first."""

    workflow: Workflow
    actions: tuple[WorkflowAction, ...]
    notifications: tuple[WorkflowNotification, ...]
    trace_reference: dict[str, Any] = field(default_factory=dict)
    replays: tuple[WorkflowReplay, ...] = ()
    """That the review asked for, newest first."""


@dataclass(frozen=True)
class WorkflowOutcome:
    """What an action came to: the word, the event that says so, and to whom it was escalated."""

    outcome: str
    appended_event_id: str | None = None
    escalated_to: dict[str, Any] | None = None


@dataclass(frozen=True)
class WorkflowDone:
    """What was done with an item, and the item as it is now."""

    action: WorkflowOutcome
    workflow: Workflow


@dataclass(frozen=True)
class WorkflowPreview:
    """What an action would do."""

    allowed: bool
    resulting_status: str
    resulting_sla_due_at: str | None = None
    events: tuple[dict[str, Any], ...] = ()
    notifications: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class WorkflowBulkResult:
    """What became of one of several items: ``done``, then with ``workflow``, or ``refused``, then with ``error``."""

    workflow_id: str
    outcome: str
    workflow: Workflow | None = None
    error: dict[str, Any] | None = None
    """With ``code``, ``message`` and ``details``."""


@dataclass(frozen=True)
class WorkflowBulk:
    """What became of several items, each for itself, in the order given."""

    results: tuple[WorkflowBulkResult, ...]
    done: int
    refused: int


@dataclass(frozen=True)
class WorkflowWaited:
    """How waiting ended."""

    decided: bool
    workflow: Workflow
