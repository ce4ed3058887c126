"""How reviews were decided."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkflowFigures:
    """How reviews were decided. Rates are shares from 0 to 1, None where there is nothing to divide by."""

    decision_count: int
    approved_count: int
    rejected_count: int
    overridden_count: int
    overturned_count: int = 0
    reviewed_again_count: int = 0
    ballot_count: int = 0
    approval_rate: float | None = None
    rejection_rate: float | None = None
    override_rate: float | None = None
    overturn_rate: float | None = None
    agreement_rate: float | None = None
    ballot_agreement_rate: float | None = None
    median_decision_seconds: float | None = None
    p90_decision_seconds: float | None = None


@dataclass(frozen=True)
class WorkflowPolicyFigures:
    """Those of one policy; of reviews without one, ``policy_id`` is None."""

    exception_count: int
    figures: WorkflowFigures
    policy_id: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True)
class WorkflowReviewerFigures:
    """Those of one reviewer."""

    account_id: str
    figures: WorkflowFigures


@dataclass(frozen=True)
class WorkflowFigurePage:
    """Figures of what was decided between two instants."""

    from_: str
    to: str
    policies: tuple[WorkflowPolicyFigures, ...]
    reviewers: tuple[WorkflowReviewerFigures, ...]
