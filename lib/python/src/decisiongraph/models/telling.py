"""What somebody was told, who stands in for whom, and where notifications go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .webhooks import NewWebhookSecret, WebhookSecret


@dataclass(frozen=True)
class Notification:
    """A notification as the caller has it."""

    notification_id: str
    workflow_id: str
    trace_id: str
    category: str
    message: str
    created_at: str
    told_at: str
    read_at: str | None = None
    instead_of: str | None = None
    """For whom the caller stands in."""
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NotificationPage:
    """A page of what the caller was told, what came last first. ``unread_count`` is of all that they have in the tenant."""

    notifications: tuple[Notification, ...]
    unread_count: int
    next_cursor: str | None = None


@dataclass(frozen=True)
class NotificationsRead:
    """For how many it is new that they were seen, and how many are left."""

    read: int
    unread_count: int


@dataclass(frozen=True)
class NotificationPreferences:
    """What the caller wants to be told outside of the console. ``updated_at`` is None before they said anything."""

    preferences: dict[str, Any]
    email: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True)
class Absence:
    """Somebody is away ``from_`` an instant ``until`` another one."""

    absence_id: str
    account_id: str
    from_: str
    until: str
    created_at: str
    updated_at: str
    updated_by: str
    substitute_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class WorkflowChannel:
    """A channel of the tenant: ``email``, ``webhook`` or ``chat``."""

    channel_id: str
    channel: str
    name: str
    target: str
    """An address or a URL; of a chat the host alone."""
    status: str
    """``active`` or ``paused``."""
    created_at: str
    created_by: str
    updated_at: str
    personal: bool = False
    preferences: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkflowChannelDetail:
    """A channel, and what signs what goes there."""

    channel: WorkflowChannel
    secrets: tuple[WebhookSecret, ...] = ()


@dataclass(frozen=True)
class NewWorkflowChannel:
    """A channel that was made, with the secret of a webhook."""

    channel: WorkflowChannel
    secret: NewWebhookSecret | None = None


@dataclass(frozen=True)
class NotificationDelivery:
    """One notification, or a digest of them, on its way to one place: ``pending``, ``delivered``, ``failed`` or ``suppressed``."""

    delivery_id: str
    channel: str
    state: str
    attempts: int
    created_at: str
    bundled: bool = False
    notification_id: str | None = None
    channel_id: str | None = None
    account_id: str | None = None
    message_id: str | None = None
    target: str | None = None
    next_attempt_at: str | None = None
    finished_at: str | None = None
    last_error: str | None = None


@dataclass(frozen=True)
class NotificationDeliveryPage:
    """A page of deliveries, newest first."""

    deliveries: tuple[NotificationDelivery, ...]
    next_cursor: str | None = None
