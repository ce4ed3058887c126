"""What a review of a trace would be, and what became of starting it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .workflows import Workflow


@dataclass(frozen=True)
class WorkflowSignal:
    """Something that stands out about a trace."""

    code: str
    text: str


@dataclass(frozen=True)
class WorkflowTemplateChoice:
    """A template that a review could be made by."""

    template_id: str
    version: int
    title: str
    description: str
    enabled: bool


@dataclass(frozen=True)
class WorkflowPrecedent:
    """A finished trace like this one."""

    trace_id: str
    workflow: str
    title: str
    outcome: str | None = None
    finished_at: str | None = None


@dataclass(frozen=True)
class WorkflowReplaySuggestion:
    """A run that would show whether the projections still say the same."""

    projection: str
    mode: str
    reason: str


@dataclass(frozen=True)
class ReviewDraft:
    """A review that could be started. ``exists`` says that one by this template is open already."""

    workflow_id: str
    workflow_kind: str
    workflow_name: str
    title: str
    reason: str
    priority: str
    sla_hours: int
    exists: bool
    subject_type: str = ""
    subject_id: str = ""
    policy_id: str | None = None
    policy_version: str | None = None
    assigned_account_id: str | None = None
    assigned_role: str | None = None


@dataclass(frozen=True)
class TraceDryRun:
    """What stands out about a trace, and the review of it that would be started."""

    trace_id: str
    as_of_log_seq: int
    draft: ReviewDraft
    signals: tuple[WorkflowSignal, ...]
    template: WorkflowTemplateChoice
    templates: tuple[WorkflowTemplateChoice, ...] = ()
    existing_workflows: tuple[Workflow, ...] = ()
    precedent_preview: tuple[WorkflowPrecedent, ...] = ()
    precedents_as_of_log_seq: int = 0
    replay_suggestion: WorkflowReplaySuggestion | None = None
    simulation: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReviewOutcome:
    """The word, and the event that asks for the review; None where it was there."""

    outcome: str
    appended_event_id: str | None = None


@dataclass(frozen=True)
class ReviewStarted:
    """A review that was started, or, without ``created``, was open already."""

    action: ReviewOutcome
    created: bool
    workflow: Workflow
    review_context: TraceDryRun
    """What the dry run found."""


@dataclass(frozen=True)
class PolicySimulationTotals:
    """How recorded decisions compare with those of a candidate."""

    traces: int
    unchanged: int
    changed: int
    newly_allowed: int
    newly_denied: int
    newly_excepted: int
    undecidable: int


@dataclass(frozen=True)
class ComparedPolicyDecision:
    """What was said of a trace, and what would have been said; None where that depends on the facts in ``missing``."""

    trace_id: str
    recorded: str
    candidate: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class PolicySimulation:
    """A policy held against what was recorded. ``evidence`` is an entry to attach to a review."""

    totals: PolicySimulationTotals
    traces: tuple[ComparedPolicyDecision, ...] = ()
    more: bool = False
    evidence: dict[str, Any] = field(default_factory=dict)
