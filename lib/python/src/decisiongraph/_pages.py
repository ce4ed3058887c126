"""Walking through lists page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from . import _api, models
from ._api import Call, Freshness

T = TypeVar("T")
P = TypeVar("P")


class Pages(Generic[P, T]):
    """Walking through a list page by page: which call is next, and what a page holds."""

    def __init__(
        self,
        ask: Callable[[Any], Call[P]],
        items: Callable[[P], tuple[T, ...]],
        following: Callable[[P], Any],
        first: Any,
    ) -> None:
        self._ask = ask
        self._items = items
        self._following = following
        self._at = first
        self._more = True

    @property
    def call(self) -> Call[P] | None:
        """The call for the next page, None at the end."""
        return self._ask(self._at) if self._more else None

    def take(self, page: P) -> tuple[T, ...]:
        """What the page holds; the next one follows it."""
        following = self._following(page)
        self._more = following is not None and following != self._at
        self._at = following
        return self._items(page)


def event_pages(
    after: int, until: int | None, event_type: str | None, trace_id: str | None, page_size: int
) -> Pages[models.EventPage, models.StoredEvent]:
    """The log from a position on."""
    return Pages(
        lambda at: _api.events(at, until, event_type, trace_id, page_size),
        lambda page: page.events,
        lambda page: page.next_after,
        after,
    )


def trace_event_pages(trace_id: str, after: int | None, size: int) -> Pages[models.TraceEventPage, models.StoredEvent]:
    """The events of a trace."""
    return Pages(
        lambda at: _api.trace_events(trace_id, at, size),
        lambda page: page.events,
        lambda page: page.next_after_trace_seq,
        after,
    )


def trace_pages(filters: Mapping[str, Any], fresh: Freshness) -> Pages[models.TracePage, models.TraceRow]:
    """The trace list."""
    return Pages(
        lambda at: _api.traces({**filters, "cursor": at}, fresh),
        lambda page: page.traces,
        lambda page: page.next_cursor,
        None,
    )


def edge_pages(
    node_type: str, node_id: str, direction: str, page_size: int, fresh: Freshness
) -> Pages[models.EdgePage, models.Edge]:
    """The edges of a node."""
    return Pages(
        lambda at: _api.edges(node_type, node_id, direction, page_size, cursor=at, fresh=fresh),
        lambda page: page.edges,
        lambda page: page.next_cursor,
        "",
    )


def workflow_pages(filters: Mapping[str, Any]) -> Pages[models.WorkflowPage, models.Workflow]:
    """What waits for people."""
    return Pages(
        lambda at: _api.workflows.page({**filters, "cursor": at}),
        lambda page: page.items,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )


def dead_letter_pages(
    *, resolved: bool | None, size: int | None
) -> Pages[models.WorkflowDeadLetterPage, models.WorkflowDeadLetter]:
    """Events that no item could take."""
    return Pages(
        lambda at: _api.workflows.dead_letters(resolved=resolved, limit=size, cursor=at),
        lambda page: page.dead_letters,
        lambda page: page.next_cursor,
        None,
    )


def notification_pages(filters: Mapping[str, Any]) -> Pages[models.NotificationPage, models.Notification]:
    """What the caller was told."""
    return Pages(
        lambda at: _api.telling.notifications({**filters, "cursor": at}),
        lambda page: page.notifications,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )


def delivery_pages(
    filters: Mapping[str, Any],
) -> Pages[models.NotificationDeliveryPage, models.NotificationDelivery]:
    """What went out about notifications."""
    return Pages(
        lambda at: _api.telling.deliveries({**filters, "cursor": at}),
        lambda page: page.deliveries,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )


def run_pages(filters: Mapping[str, Any]) -> Pages[models.RunPage, models.Run]:
    """Runs over projections."""
    return Pages(
        lambda at: _api.upkeep.runs({**filters, "cursor": at}),
        lambda page: page.runs,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )


def failure_pages(filters: Mapping[str, Any]) -> Pages[models.FailurePage, models.ProjectionFailure]:
    """Events that were set aside."""
    return Pages(
        lambda at: _api.upkeep.failures({**filters, "cursor": at}),
        lambda page: page.failures,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )


def digest_pages(projection: str | None, size: int | None) -> Pages[models.DigestPage, models.WrittenDigest]:
    """Digests that were written down."""
    return Pages(
        lambda at: _api.upkeep.digest_history(projection, size, at),
        lambda page: page.digests,
        lambda page: page.next_cursor,
        None,
    )


def webhook_delivery_pages(
    webhook_id: str, filters: Mapping[str, Any]
) -> Pages[models.WebhookDeliveryPage, models.WebhookDelivery]:
    """Messages for an endpoint."""
    return Pages(
        lambda at: _api.webhooks.deliveries(webhook_id, {**filters, "cursor": at}),
        lambda page: page.deliveries,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )


def session_pages(filters: Mapping[str, Any]) -> Pages[models.SessionPage, models.UserSession]:
    """Sessions of people."""
    return Pages(
        lambda at: _api.people.sessions({**filters, "cursor": at}),
        lambda page: page.sessions,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )


def audit_pages(filters: Mapping[str, Any]) -> Pages[models.AuditPage, models.AuditEntry]:
    """The audit."""
    return Pages(
        lambda at: _api.audit.page({**filters, "cursor": at}),
        lambda page: page.entries,
        lambda page: page.next_cursor,
        filters.get("cursor"),
    )
