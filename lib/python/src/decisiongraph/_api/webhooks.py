"""The calls about endpoints that are told about events and projections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .. import models
from .call import Call, all_under, delete, fields, get, one, patch, post, query, segment, under


class WebhookFields(TypedDict, total=False):
    """What an endpoint is made with besides its address."""

    description: str | None
    what: Sequence[Literal["events", "projections"]]
    event_type: Sequence[str]
    trace_id: str | None
    after: int | None
    secret_kind: Literal["hmac", "ed25519"] | None


class WebhookChange(TypedDict, total=False):
    """What becomes different about an endpoint; None gives a text up, an empty list takes every type."""

    url: str
    description: str | None
    what: Sequence[Literal["events", "projections"]]
    event_type: Sequence[str]
    trace_id: str | None
    status: Literal["active", "paused"]
    reason: str


class WebhookDeliverySearch(TypedDict, total=False):
    """Which messages; what is absent lets all through."""

    state: Literal["pending", "delivered", "dead"]
    limit: int
    cursor: str | None


def webhooks() -> Call[tuple[models.Webhook, ...]]:
    """The endpoints of the tenant."""
    return get("/admin/webhooks", all_under(models.Webhook, "webhooks"))


def webhook(webhook_id: str) -> Call[models.WebhookDetail]:
    """One endpoint."""
    return get(_path(webhook_id), one(models.WebhookDetail))


def create(url: str, given: Mapping[str, Any]) -> Call[models.NewWebhook]:
    """Makes one. Not repeatable: a second one is another endpoint."""
    return post("/admin/webhooks", one(models.NewWebhook), {"url": url} | fields(**given))


def change(webhook_id: str, given: Mapping[str, Any]) -> Call[models.Webhook]:
    """Changes what is named."""
    return patch(_path(webhook_id), under(models.Webhook, "webhook"), given)


def remove(webhook_id: str) -> Call[None]:
    """Removes one."""
    return delete(_path(webhook_id))


def rotate_secret(webhook_id: str, overlap_s: int | None, secret_kind: str | None) -> Call[models.RotatedSecret]:
    """Another secret. Not repeatable: the answer that shows it is not kept."""
    body = fields(overlap_s=overlap_s, secret_kind=secret_kind)
    return post(_path(webhook_id, "/secret/rotate"), one(models.RotatedSecret), body)


def test(webhook_id: str) -> Call[models.WebhookDelivery]:
    """Queues a test message."""
    return post(_path(webhook_id, "/test"), under(models.WebhookDelivery, "delivery"))


def replay(webhook_id: str, after: int | None, until: int | None) -> Call[models.WebhookReplayed]:
    """Sends events after a position again, or, without one, every dead letter."""
    body = {"dead": True} if after is None else fields(after=after, until=until)
    return post(_path(webhook_id, "/replay"), one(models.WebhookReplayed), body)


def deliveries(webhook_id: str, filters: Mapping[str, Any]) -> Call[models.WebhookDeliveryPage]:
    """A page of messages."""
    return get(_path(webhook_id, "/deliveries"), one(models.WebhookDeliveryPage), query(**filters))


def delivery(webhook_id: str, delivery_id: str) -> Call[models.WebhookDeliveryDetail]:
    """One message."""
    return get(_delivery(webhook_id, delivery_id), one(models.WebhookDeliveryDetail))


def retry_delivery(webhook_id: str, delivery_id: str) -> Call[models.WebhookDelivery]:
    """Sends one again at once."""
    return post(_delivery(webhook_id, delivery_id, "/retry"), under(models.WebhookDelivery, "delivery"))


def _path(webhook_id: str, rest: str = "") -> str:
    return f"/admin/webhooks/{segment('a webhook id', webhook_id)}{rest}"


def _delivery(webhook_id: str, delivery_id: str, rest: str = "") -> str:
    return _path(webhook_id, f"/deliveries/{segment('a delivery id', delivery_id)}{rest}")
