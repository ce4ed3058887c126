"""The calls of the asynchronous client about telling people: inboxes, preferences, absences, channels, and what went out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from .. import _api, _pages, models
from ..values import Json
from .calls import AsyncCalls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._api.telling import ChannelChange, DeliverySearch, NotificationSearch


class AsyncTellingCalls(AsyncCalls):
    """Notifications and where they go."""

    async def notifications(self, **filters: Unpack[NotificationSearch]) -> models.NotificationPage:
        """A page of what the caller was told in the tenant, what came last first."""
        return await self._call(_api.telling.notifications(filters))

    def iter_notifications(self, **filters: Unpack[NotificationSearch]) -> AsyncIterator[models.Notification]:
        """All of it, page by page."""
        return self._walk(_pages.notification_pages(filters))

    async def read_notifications(
        self, notification_ids: Sequence[str] | None = None, *, up_to: str | None = None
    ) -> models.NotificationsRead:
        """Notes what the caller has seen: these, or one and all that came before it."""
        return await self._call(_api.telling.read_notifications(notification_ids, up_to))

    async def notification_preferences(self) -> models.NotificationPreferences:
        """What the caller wants to be told outside of the console."""
        return await self._call(_api.telling.preferences())

    async def put_notification_preferences(
        self, preferences: Mapping[str, Json], *, email: str | None
    ) -> models.NotificationPreferences:
        """Says what the caller wants to be told, and where; it takes the place of what was said before."""
        return await self._call(_api.telling.put_preferences(preferences, email))

    # -- absences ---------------------------------------------------------------------------------------------------------------

    async def absences(
        self, account_id: str | None = None, *, everybody: bool = False, past: bool = False
    ) -> tuple[models.Absence, ...]:
        """Absences, the earliest first: the caller's, unless an account or everybody is named."""
        return await self._call(_api.telling.absences(account_id, everybody=everybody, past=past))

    async def put_absence(
        self,
        absence_id: str,
        *,
        from_: str,
        until: str,
        account_id: str | None = None,
        substitute_id: str | None = None,
        reason: str | None = None,
    ) -> models.Absence:
        """Keeps an absence under an id, a UUID, of the caller's choice: the caller's, unless an account is named.

        Raises:
            Conflict: the account is away then already (``details["reason"]`` is ``overlaps``), or somebody would stand in for
                themselves (``cycle``, with the ``chain``).
        """
        call = _api.telling.put_absence(absence_id, from_, until, account_id, substitute_id, reason)
        return await self._call(call)

    async def delete_absence(self, absence_id: str) -> None:
        """Removes an absence."""
        await self._call(_api.telling.delete_absence(absence_id))

    # -- channels ---------------------------------------------------------------------------------------------------------------

    async def channels(self) -> tuple[models.WorkflowChannel, ...]:
        """The channels of the tenant, oldest first."""
        return await self._call(_api.telling.channels())

    async def channel(self, channel_id: str) -> models.WorkflowChannelDetail:
        """One channel, and what signs what goes there."""
        return await self._call(_api.telling.channel(channel_id))

    async def create_channel(
        self,
        channel: Literal["email", "webhook", "chat"],
        name: str,
        target: str,
        *,
        personal: bool | None = None,
        preferences: Mapping[str, Json] | None = None,
        secret_kind: Literal["hmac", "ed25519"] | None = None,
    ) -> models.NewWorkflowChannel:
        """Makes a channel. The secret of a webhook is in this answer and nowhere else."""
        call = _api.telling.create_channel(
            channel, name, target, personal=personal, preferences=preferences, secret_kind=secret_kind
        )
        return await self._call(call)

    async def change_channel(self, channel_id: str, **change: Unpack[ChannelChange]) -> models.WorkflowChannel:
        """Changes what is named about a channel."""
        return await self._call(_api.telling.change_channel(channel_id, change))

    async def delete_channel(self, channel_id: str) -> None:
        """Removes a channel with everything that was to go there."""
        await self._call(_api.telling.delete_channel(channel_id))

    async def rotate_channel_secret(
        self,
        channel_id: str,
        *,
        overlap_s: int | None = None,
        secret_kind: Literal["hmac", "ed25519"] | None = None,
    ) -> models.RotatedSecret:
        """Gives a webhook another secret, shown in this answer and nowhere else. Conflict for a channel that signs nothing."""
        return await self._call(_api.telling.rotate_channel_secret(channel_id, overlap_s, secret_kind))

    async def test_channel(self, channel_id: str) -> str:
        """Sends a test to a channel; answers the id of its delivery. Conflict for one that is paused."""
        return await self._call(_api.telling.test_channel(channel_id))

    # -- what went out ----------------------------------------------------------------------------------------------------------

    async def notification_deliveries(self, **filters: Unpack[DeliverySearch]) -> models.NotificationDeliveryPage:
        """A page of what went out about notifications, newest first."""
        return await self._call(_api.telling.deliveries(filters))

    def iter_notification_deliveries(
        self, **filters: Unpack[DeliverySearch]
    ) -> AsyncIterator[models.NotificationDelivery]:
        """All of it, page by page."""
        return self._walk(_pages.delivery_pages(filters))

    async def retry_notification_deliveries(self, delivery_id: str | None = None) -> int:
        """Sends a message again, or everything that was given up; answers how many deliveries are tried again."""
        return await self._call(_api.telling.retry_deliveries(delivery_id))
