"""Runs over projections, events that were set aside, and digests that were written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .log import ItemError


@dataclass(frozen=True)
class Run:
    """A replay run. ``status``: queued, running, paused, cancelling, cancelled, completed, failed."""

    job_id: str
    status: str
    mode: str = ""
    projection_name: str = ""
    tenant_id: str = ""
    batch_id: str | None = None
    failure_id: str | None = None
    reason: str | None = None
    requested_by: str | None = None
    requested_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    attempt: int = 0
    phase: str = ""
    owner: str = ""
    processed_events: int = 0
    events_per_second: float = 0.0
    eta_seconds: float | None = None
    since_log_seq: int = 0
    last_log_seq: int = 0
    target_log_seq: int | None = None
    until_log_seq: int | None = None
    error_code: str | None = None
    error_message: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in {"cancelled", "completed", "failed"}


@dataclass(frozen=True)
class RunPage:
    """A page of runs, newest first."""

    runs: tuple[Run, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class RefusedRun:
    """A tenant for which no run was queued, and why."""

    tenant_id: str
    error: ItemError


@dataclass(frozen=True)
class RunBatch:
    """Runs that were queued together for several tenants."""

    batch_id: str
    runs: tuple[Run, ...]
    refused: tuple[RefusedRun, ...] = ()


@dataclass(frozen=True)
class ProjectionFailure:
    """An event that a projection does not hold. ``status``: open, quarantined, resolved, superseded."""

    failure_id: str
    projection_name: str
    log_seq: int
    event_id: str
    trace_id: str
    status: str
    error_code: str
    error_message: str
    tenant_id: str = ""
    category: str = ""
    attempts: int = 0
    first_seen_at: str = ""
    last_seen_at: str = ""
    job_id: str | None = None
    """The run that projects it, while there is one."""
    quarantined_at: str | None = None
    quarantined_by: str | None = None
    quarantine_reason: str | None = None
    resolved_at: str | None = None
    resolved_by: str | None = None


@dataclass(frozen=True)
class FailurePage:
    """A page of failures, newest first."""

    failures: tuple[ProjectionFailure, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class Reprojection:
    """A failure, and the run that projects its event."""

    failure: ProjectionFailure
    run: Run


@dataclass(frozen=True)
class WrittenDigest:
    """A digest that was written down, by a look of its own or by a run (``source``)."""

    digest_id: str
    projection_name: str
    last_log_seq: int
    computed_at: str
    source: str
    digest_value: str | None = None
    row_digest: str | None = None
    kept_row_digest: str | None = None
    row_count: int = 0
    skipped_events: int = 0
    complete: bool = False
    generation: int = 0
    duration_ms: int = 0
    computed_by: str = ""
    job_id: str | None = None


@dataclass(frozen=True)
class DigestPage:
    """A page of digests that were written down, newest first."""

    digests: tuple[WrittenDigest, ...]
    next_cursor: str | None = None
