"""The calls about reviews that are started by hand, and about what another policy would have said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict

from .. import models
from .call import NOW, Call, Freshness, fields, get, one, post, query, segment
from .workflows import Priority


class ReviewFields(TypedDict, total=False):
    """What is said about a review that is started; the rest is as the dry run drafts it."""

    template_id: str | None
    title: str | None
    priority: Priority | None
    sla_hours: int | None
    assignee: Mapping[str, str | None] | None
    """``account_id``, ``role``, or both."""


def dry_run(trace_id: str, template_id: str | None) -> Call[models.TraceDryRun]:
    """What stands out about a trace, and the review of it that would be started."""
    return get(_path(trace_id), one(models.TraceDryRun), query(template_id=template_id))


def start(trace_id: str, reason: str, given: Mapping[str, Any]) -> Call[models.ReviewStarted]:
    """Starts it. Repeatable: one that is open is the answer."""
    body = {"reason": reason} | fields(**given)
    return post(_path(trace_id, "/reviews"), one(models.ReviewStarted), body, repeatable=True)


class SimulatedTraces(TypedDict, total=False):
    """On which traces a policy is tried, latest start first."""

    workflow: str | None
    started_after: str | None
    started_before: str | None
    limit: int | None


def simulate(
    policy_id: str,
    candidate: Mapping[str, Any],
    policy_version: str | None,
    traces: Mapping[str, Any],
    freshness: Freshness = NOW,
) -> Call[models.PolicySimulation]:
    """Says what another policy would have said."""
    body = fields(
        policy_id=policy_id, policy_version=policy_version, candidate=dict(candidate), traces=fields(**traces)
    )
    asked = get("", one(models.PolicySimulation), freshness=freshness)
    call = post("/workflow-studio/policy-simulations", one(models.PolicySimulation), body, repeatable=True)
    return replace(call, query=asked.query, patience=asked.patience)


def _path(trace_id: str, rest: str = "") -> str:
    return f"/workflow-studio/traces/{segment('a trace id', trace_id)}{rest}"
