"""Whether the items of review are what the log says, and what they could not take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkflowVerdict:
    """Whether the items are what the log says."""

    equal: bool
    folded_digest: str
    workflow_digest: str
    items: int
    log_seq: int
    replaced: bool = False
    set_aside: int = 0


@dataclass(frozen=True)
class WorkflowRebuilt:
    """What became of a rebuild: done, with a verdict, or left to ``dg-workflowd``, which does it."""

    verdict: WorkflowVerdict | None = None

    @property
    def done(self) -> bool:
        """Whether the items are made already."""
        return self.verdict is not None


@dataclass(frozen=True)
class WorkflowDeadLetter:
    """An event that no item could take. ``resolution`` is None while it waits for a person."""

    log_seq: int
    event_id: str
    event_type: str
    error_code: str
    error_message: str
    attempts: int
    first_seen_at: str
    resolution: str | None = None
    resolved_at: str | None = None
    resolved_by: str | None = None


@dataclass(frozen=True)
class WorkflowDeadLetterPage:
    """A page of them, newest first."""

    dead_letters: tuple[WorkflowDeadLetter, ...]
    next_cursor: str | None = None
