"""The calls about telling people: inboxes, preferences, absences, channels, and what went out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .. import models
from .call import Call, all_under, data, delete, fields, get, listed, one, patch, post, put, query, segment, under


class NotificationSearch(TypedDict, total=False):
    """Which notifications; what is absent lets all through."""

    unread: bool
    category: str | Sequence[str]
    workflow_id: str
    limit: int
    cursor: str | None


class DeliverySearch(TypedDict, total=False):
    """Which deliveries; what is absent lets all through."""

    state: Literal["pending", "delivered", "failed", "suppressed"]
    channel_id: str
    account_id: str
    notification_id: str
    limit: int
    cursor: str | None


class ChannelChange(TypedDict, total=False):
    """What is changed about a channel."""

    name: str
    target: str
    status: Literal["active", "paused"]
    preferences: Mapping[str, Any]


def notifications(filters: Mapping[str, Any]) -> Call[models.NotificationPage]:
    """A page of the caller's inbox."""
    return get("/notifications", one(models.NotificationPage), query(**filters))


def read_notifications(ids: Sequence[str] | None, up_to: str | None) -> Call[models.NotificationsRead]:
    """Notes what was seen. Repeatable: what was seen stays seen."""
    body = fields(notification_ids=listed(ids), up_to=up_to)
    return post("/notifications/read", one(models.NotificationsRead), body, repeatable=True)


def preferences() -> Call[models.NotificationPreferences]:
    """What the caller wants to be told."""
    return get("/notifications/preferences", one(models.NotificationPreferences))


def put_preferences(wanted: Mapping[str, Any], email: str | None) -> Call[models.NotificationPreferences]:
    """Says it."""
    body = {"preferences": wanted, "email": email}
    return put("/notifications/preferences", one(models.NotificationPreferences), body)


def absences(account_id: str | None, *, everybody: bool, past: bool) -> Call[tuple[models.Absence, ...]]:
    """Absences, the earliest first."""
    asked = query(account_id=account_id, everybody=everybody or None, past=past or None)
    return get("/absences", all_under(models.Absence, "absences"), asked)


def put_absence(
    absence_id: str, from_: str, until: str, account_id: str | None, substitute_id: str | None, reason: str | None
) -> Call[models.Absence]:
    """Keeps one."""
    body = fields(from_=from_, until=until, account_id=account_id, substitute_id=substitute_id, reason=reason)
    return put(_absence(absence_id), under(models.Absence, "absence"), body)


def delete_absence(absence_id: str) -> Call[None]:
    """Removes one."""
    return delete(_absence(absence_id))


def channels() -> Call[tuple[models.WorkflowChannel, ...]]:
    """The channels of the tenant."""
    return get("/admin/workflow-channels", all_under(models.WorkflowChannel, "channels"))


def channel(channel_id: str) -> Call[models.WorkflowChannelDetail]:
    """One channel."""
    return get(_channel(channel_id), one(models.WorkflowChannelDetail))


def create_channel(
    channel: str,
    name: str,
    target: str,
    *,
    personal: bool | None,
    preferences: Mapping[str, Any] | None,
    secret_kind: str | None,
) -> Call[models.NewWorkflowChannel]:
    """Makes one. Not repeatable: a second one is another channel."""
    body = fields(
        channel=channel,
        name=name,
        target=target,
        personal=personal,
        preferences=preferences,
        secret_kind=secret_kind,
    )
    return post("/admin/workflow-channels", one(models.NewWorkflowChannel), body)


def change_channel(channel_id: str, change: Mapping[str, Any]) -> Call[models.WorkflowChannel]:
    """Changes what is named."""
    return patch(_channel(channel_id), under(models.WorkflowChannel, "channel"), change)


def delete_channel(channel_id: str) -> Call[None]:
    """Removes one."""
    return delete(_channel(channel_id))


def rotate_channel_secret(
    channel_id: str, overlap_s: int | None, secret_kind: str | None
) -> Call[models.RotatedSecret]:
    """Another secret. Not repeatable: the answer that shows it is not kept."""
    body = fields(overlap_s=overlap_s, secret_kind=secret_kind)
    return post(_channel(channel_id, "/secret/rotate"), one(models.RotatedSecret), body)


def test_channel(channel_id: str) -> Call[str]:
    """A test message; the id of its delivery."""
    return post(_channel(channel_id, "/test"), lambda envelope: str(data(envelope).get("delivery_id")))


def deliveries(filters: Mapping[str, Any]) -> Call[models.NotificationDeliveryPage]:
    """A page of what went out."""
    return get("/admin/workflow-deliveries", one(models.NotificationDeliveryPage), query(**filters))


def retry_deliveries(delivery_id: str | None) -> Call[int]:
    """Sends one, or all that were given up, again; how many that are."""
    one_of_them = f"/{segment('a delivery id', delivery_id)}/retry" if delivery_id is not None else ":retry"
    return post(f"/admin/workflow-deliveries{one_of_them}", lambda envelope: int(data(envelope).get("retried", 0)))


def _absence(absence_id: str) -> str:
    return f"/absences/{segment('an absence id', absence_id)}"


def _channel(channel_id: str, rest: str = "") -> str:
    return f"/admin/workflow-channels/{segment('a channel id', channel_id)}{rest}"
