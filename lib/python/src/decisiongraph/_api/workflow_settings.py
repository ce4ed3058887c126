"""The calls about what reviews are made by: templates, routing, calendars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import models
from .call import Call, all_under, fields, get, one, put, query, segment, under


def templates() -> Call[tuple[models.WorkflowTemplate, ...]]:
    """The newest version of each template."""
    return get("/workflow-studio/templates", all_under(models.WorkflowTemplate, "templates"))


def template(template_id: str, version: int | None) -> Call[models.WorkflowTemplate]:
    """A version of a template."""
    path = f"/workflow-studio/templates/{segment('a template id', template_id)}"
    return get(path, under(models.WorkflowTemplate, "template"), query(version=version))


def put_template(
    template_id: str, definition: Mapping[str, Any], reason: str, *, enabled: bool | None, version: int | None
) -> Call[models.WorkflowTemplate]:
    """Makes the next version."""
    path = f"/admin/workflow-templates/{segment('a template id', template_id)}"
    body = fields(definition=definition, reason=reason, enabled=enabled, version=version)
    return put(path, under(models.WorkflowTemplate, "template"), body)


def routing(version: int | None) -> Call[models.WorkflowRouting]:
    """What is said about new items."""
    return get("/admin/workflow-routing", under(models.WorkflowRouting, "routing"), query(version=version))


def put_routing(definition: Mapping[str, Any], reason: str, version: int | None) -> Call[models.WorkflowRouting]:
    """Makes the next version."""
    body = fields(definition=definition, reason=reason, version=version)
    return put("/admin/workflow-routing", under(models.WorkflowRouting, "routing"), body)


def calendars() -> Call[tuple[models.WorkflowCalendar, ...]]:
    """The newest version of each calendar."""
    return get("/admin/workflow-calendars", all_under(models.WorkflowCalendar, "calendars"))


def calendar(calendar_id: str, version: int | None) -> Call[models.WorkflowCalendar]:
    """A version of a calendar."""
    return get(_calendar(calendar_id), under(models.WorkflowCalendar, "calendar"), query(version=version))


def put_calendar(
    calendar_id: str, definition: Mapping[str, Any], reason: str, version: int | None
) -> Call[models.WorkflowCalendar]:
    """Makes the next version."""
    body = fields(definition=definition, reason=reason, version=version)
    return put(_calendar(calendar_id), under(models.WorkflowCalendar, "calendar"), body)


def calendar_deadline(calendar_id: str, minutes: int, from_: str | None) -> Call[models.CalendarDeadline]:
    """When so much open time will have passed."""
    return get(_calendar(calendar_id, "/deadline"), one(models.CalendarDeadline), query(minutes=minutes, from_=from_))


def _calendar(calendar_id: str, rest: str = "") -> str:
    return f"/admin/workflow-calendars/{segment('a calendar id', calendar_id)}{rest}"
