"""The calls about looking after projections: runs, events that were set aside, digests that were written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from .. import models
from ..values import Json
from .call import Call, fields, get, listed, one, post, query, segment, under

Mode: TypeAlias = Literal["catch_up", "rebuild", "verify"]


class RunSearch(TypedDict, total=False):
    """Which runs; what is absent lets all through."""

    status: Literal["queued", "running", "paused", "cancelling", "cancelled", "completed", "failed"]
    mode: Literal["catch_up", "rebuild", "verify", "reproject"]
    limit: int
    cursor: str | None


class FailureSearch(TypedDict, total=False):
    """Which failures; what is absent lets all through."""

    status: Literal["open", "quarantined", "resolved", "superseded"]
    projection: str
    trace_id: str
    limit: int
    cursor: str | None


def start_replay(
    projection: str,
    mode: str,
    reason: str | None,
    metadata: Mapping[str, Json] | None,
    until_log_seq: int | None = None,
) -> Call[models.Run]:
    """Queues a run. Not repeatable: a second one is another run."""
    body = fields(projection=projection, mode=mode, reason=reason, metadata=metadata, until_log_seq=until_log_seq)
    return post("/admin/replays", under(models.Run, "run"), body)


def start_runs(tenant_ids: Sequence[str], projection: str, mode: str, reason: str) -> Call[models.RunBatch]:
    """Queues a run for each of several tenants."""
    body = fields(tenant_ids=listed(tenant_ids), projection=projection, mode=mode, reason=reason)
    return post("/admin/replays:batch", one(models.RunBatch), body)


def runs(filters: Mapping[str, Any]) -> Call[models.RunPage]:
    """A page of runs."""
    return get("/admin/replays", one(models.RunPage), query(**filters))


def replay_status(job_id: str) -> Call[models.Run]:
    """A run."""
    return get(_run(job_id), under(models.Run, "run"))


def step_run(job_id: str, step: Literal["cancel", "pause", "resume"]) -> Call[models.Run]:
    """Cancels a run, stops it for now, or lets it go on."""
    return post(_run(job_id, f"/{step}"), under(models.Run, "run"))


def failures(filters: Mapping[str, Any]) -> Call[models.FailurePage]:
    """A page of events that were set aside."""
    return get("/admin/failures", one(models.FailurePage), query(**filters))


def failure(failure_id: str) -> Call[models.ProjectionFailure]:
    """One of them."""
    return get(_failure(failure_id), under(models.ProjectionFailure, "failure"))


def retry_failure(failure_id: str, reason: str | None) -> Call[models.Reprojection]:
    """Queues a run that projects the event of one that is open."""
    return post(_failure(failure_id, "/retry"), one(models.Reprojection), fields(reason=reason))


def quarantine(failure_id: str, reason: str) -> Call[models.ProjectionFailure]:
    """Accepts that the event is missing."""
    return post(_failure(failure_id, "/quarantine"), under(models.ProjectionFailure, "failure"), {"reason": reason})


def resolve_failure(failure_id: str, reason: str) -> Call[models.Reprojection]:
    """Queues a run that projects the event of one that is quarantined."""
    return post(_failure(failure_id, "/resolve"), one(models.Reprojection), {"reason": reason})


def digest_history(projection: str | None, limit: int | None, cursor: str | None) -> Call[models.DigestPage]:
    """A page of digests that were written down."""
    return get("/digests/history", one(models.DigestPage), query(projection=projection, limit=limit, cursor=cursor))


def _run(job_id: str, rest: str = "") -> str:
    return f"/admin/replays/{segment('a job id', job_id)}{rest}"


def _failure(failure_id: str, rest: str = "") -> str:
    return f"/admin/failures/{segment('a failure id', failure_id)}{rest}"
