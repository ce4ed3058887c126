"""The calls about reviews that are started by hand: a dry run of a trace, and the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from .. import models
from .call import Call, fields, get, one, post, query, segment
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


def _path(trace_id: str, rest: str = "") -> str:
    return f"/workflow-studio/traces/{segment('a trace id', trace_id)}{rest}"
