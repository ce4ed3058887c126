"""The calls of the synchronous client about what reviews are made by: templates, routing, calendars."""

from __future__ import annotations

from collections.abc import Mapping

from .. import _api, models
from ..values import Json
from .calls import Calls


class WorkflowSettingCalls(Calls):
    """Settings of reviews, by version.

    Each ``put_…`` makes the next version. ``seen`` is the newest one that the caller has looked at, 0 for none; when there is a
    newer one, the call is refused with :class:`PreconditionFailed`.
    """

    def workflow_templates(self) -> tuple[models.WorkflowTemplate, ...]:
        """The newest version of each template of reviews."""
        return self._call(_api.workflow_settings.templates())

    def workflow_template(self, template_id: str, version: int | None = None) -> models.WorkflowTemplate:
        """A version of a template, the newest unless one is named; 0 is what is built in."""
        return self._call(_api.workflow_settings.template(template_id, version))

    def put_workflow_template(
        self,
        template_id: str,
        definition: Mapping[str, Json],
        reason: str,
        *,
        enabled: bool | None = None,
        seen: int | None = None,
    ) -> models.WorkflowTemplate:
        """Makes the next version of a template. InvalidArgument with everything that is wrong."""
        return self._call(
            _api.workflow_settings.put_template(template_id, definition, reason, enabled=enabled, version=seen)
        )

    def workflow_routing(self, version: int | None = None) -> models.WorkflowRouting:
        """What is said about new items, now or in a version."""
        return self._call(_api.workflow_settings.routing(version))

    def put_workflow_routing(
        self, definition: Mapping[str, Json], reason: str, *, seen: int | None = None
    ) -> models.WorkflowRouting:
        """Says something else about new items. InvalidArgument with everything that is wrong."""
        return self._call(_api.workflow_settings.put_routing(definition, reason, seen))

    def calendars(self) -> tuple[models.WorkflowCalendar, ...]:
        """The newest version of each business calendar."""
        return self._call(_api.workflow_settings.calendars())

    def calendar(self, calendar_id: str, version: int | None = None) -> models.WorkflowCalendar:
        """A version of a business calendar, the newest unless one is named."""
        return self._call(_api.workflow_settings.calendar(calendar_id, version))

    def put_calendar(
        self, calendar_id: str, definition: Mapping[str, Json], reason: str, *, seen: int | None = None
    ) -> models.WorkflowCalendar:
        """Makes the next version of a business calendar. InvalidArgument with everything that is wrong."""
        return self._call(_api.workflow_settings.put_calendar(calendar_id, definition, reason, seen))

    def calendar_deadline(self, calendar_id: str, minutes: int, from_: str | None = None) -> models.CalendarDeadline:
        """When so many minutes of open time will have passed, from an instant or from now on."""
        return self._call(_api.workflow_settings.calendar_deadline(calendar_id, minutes, from_))
