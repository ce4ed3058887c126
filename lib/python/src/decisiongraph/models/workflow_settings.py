"""What reviews are made by: templates, rules that say where new items go, and calendars that deadlines count in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WorkflowTemplate:
    """A version of a template of reviews. Version 0 is what is built in, and has no author."""

    template_id: str
    version: int
    enabled: bool
    """Whether new reviews may use it."""
    definition: dict[str, Any]
    reason: str | None = None
    created_at: str | None = None
    created_by: str | None = None


@dataclass(frozen=True)
class WorkflowRouting:
    """A version of what is said about new items. Version 0 is before anybody said anything."""

    version: int
    definition: dict[str, Any]
    reason: str | None = None
    created_at: str | None = None
    created_by: str | None = None


@dataclass(frozen=True)
class WorkflowCalendar:
    """A version of a business calendar."""

    calendar_id: str
    version: int
    definition: dict[str, Any]
    reason: str
    created_at: str
    created_by: str


@dataclass(frozen=True)
class CalendarDeadline:
    """When so many minutes of open time will have passed."""

    from_: str
    minutes: int
    due_at: str
