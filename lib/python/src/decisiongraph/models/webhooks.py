"""Endpoints that are told about events and projections, their secrets, and what became of their messages."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class WebhookReplay:
    """How far sending events again has come, and where it ends."""

    last_log_seq: int
    until: int


@dataclass(frozen=True)
class Webhook:
    """An endpoint of the tenant. ``status``: active, paused, or disabled by the service."""

    webhook_id: str
    url: str
    status: str
    what: tuple[str, ...]
    """``events``, ``projections``, or both."""
    last_log_seq: int
    """Everything up to here has been queued."""
    created_at: str
    created_by: str
    updated_at: str
    status_changed_at: str
    tenant_id: str = ""
    description: str | None = None
    event_type: tuple[str, ...] = ()
    """All types when empty."""
    trace_id: str | None = None
    status_reason: str | None = None
    failures: int = 0
    """Failed attempts in a row."""
    failing_since: str | None = None
    last_success_at: str | None = None
    replay: WebhookReplay | None = None


@dataclass(frozen=True)
class WebhookSecret:
    """What messages are signed with, not shown. ``secret_kind`` is ``hmac`` or ``ed25519``, then with a ``public_key``."""

    secret_id: str
    secret_kind: str
    created_at: str
    created_by: str
    expires_at: str | None = None
    public_key: str | None = None


@dataclass(frozen=True)
class NewWebhookSecret:
    """A secret in the one answer that shows it, for ``webhooks.verify``; in place of it the ``public_key`` of ``ed25519``."""

    secret_id: str
    secret_kind: str
    secret: str | None = field(default=None, repr=False)
    public_key: str | None = None


@dataclass(frozen=True)
class RotatedSecret:
    """A new secret, and those that are valid now, newest first."""

    secret: NewWebhookSecret
    secrets: tuple[WebhookSecret, ...]


@dataclass(frozen=True)
class WebhookDeliveryCounts:
    """How many messages of an endpoint there are by their state."""

    pending: int
    delivered: int
    dead: int


@dataclass(frozen=True)
class WebhookDetail:
    """An endpoint, what signs its messages, and how many there are."""

    webhook: Webhook
    secrets: tuple[WebhookSecret, ...]
    deliveries: WebhookDeliveryCounts


@dataclass(frozen=True)
class NewWebhook:
    """An endpoint that was made, and its secret."""

    webhook: Webhook
    secret: NewWebhookSecret


@dataclass(frozen=True)
class WebhookReplayed:
    """What is sent again: the endpoint with its replay, and how many dead letters."""

    webhook: Webhook
    dead_letters: int


@dataclass(frozen=True)
class WebhookDelivery:
    """A message for an endpoint. ``state``: pending, delivered, dead."""

    delivery_id: str
    """What the header ``webhook-id`` says."""
    webhook_id: str
    message_type: str
    state: str
    attempts: int
    created_at: str
    log_seq: int | None = None
    next_attempt_at: str | None = None
    finished_at: str | None = None
    last_status: int | None = None
    last_error: str | None = None


@dataclass(frozen=True)
class WebhookDeliveryPage:
    """A page of messages, newest first."""

    deliveries: tuple[WebhookDelivery, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class WebhookAttempt:
    """One try to deliver a message."""

    attempt: int
    ended_at: str
    duration_ms: int
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True)
class WebhookDeliveryDetail:
    """A message with its attempts, latest first."""

    delivery: WebhookDelivery
    attempts: tuple[WebhookAttempt, ...]
