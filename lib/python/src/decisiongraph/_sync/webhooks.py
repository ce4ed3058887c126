"""The calls of the synchronous client about endpoints that are told about events and projections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from .. import _api, _pages, models
from .calls import Calls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._api.webhooks import WebhookChange, WebhookDeliverySearch, WebhookFields


class WebhookCalls(Calls):
    """Webhooks of the tenant. All calls need the permission ``webhooks_manage``."""

    def webhooks(self) -> tuple[models.Webhook, ...]:
        """The endpoints of the tenant, oldest first."""
        return self._call(_api.webhooks.webhooks())

    def webhook(self, webhook_id: str) -> models.WebhookDetail:
        """One endpoint."""
        return self._call(_api.webhooks.webhook(webhook_id))

    def create_webhook(self, url: str, **fields: Unpack[WebhookFields]) -> models.NewWebhook:
        """Makes an endpoint. Its secret is in this answer and nowhere else.

        Raises:
            InvalidArgument: an address that leads inside.
            Conflict: the tenant has too many.
        """
        return self._call(_api.webhooks.create(url, fields))

    def change_webhook(self, webhook_id: str, **change: Unpack[WebhookChange]) -> models.Webhook:
        """Changes what is named about an endpoint. One that becomes active begins with a clean slate."""
        return self._call(_api.webhooks.change(webhook_id, change))

    def delete_webhook(self, webhook_id: str) -> None:
        """Removes an endpoint with everything that was queued for it."""
        self._call(_api.webhooks.remove(webhook_id))

    def rotate_webhook_secret(
        self,
        webhook_id: str,
        *,
        overlap_s: int | None = None,
        secret_kind: Literal["hmac", "ed25519"] | None = None,
    ) -> models.RotatedSecret:
        """Another secret, shown in this answer and nowhere else; old ones go on for ``overlap_s`` seconds, a day without it."""
        return self._call(_api.webhooks.rotate_secret(webhook_id, overlap_s, secret_kind))

    def test_webhook(self, webhook_id: str) -> models.WebhookDelivery:
        """Sends an endpoint a message of type ``webhook.test``. Conflict unless it is active."""
        return self._call(_api.webhooks.test(webhook_id))

    def replay_webhook(
        self, webhook_id: str, *, after: int | None = None, until: int | None = None
    ) -> models.WebhookReplayed:
        """Sends the events after a position again, or, without one, every dead letter. Conflict unless it is active."""
        return self._call(_api.webhooks.replay(webhook_id, after, until))

    def deliveries(self, webhook_id: str, **filters: Unpack[WebhookDeliverySearch]) -> models.WebhookDeliveryPage:
        """A page of an endpoint's messages, newest first."""
        return self._call(_api.webhooks.deliveries(webhook_id, filters))

    def iter_deliveries(
        self, webhook_id: str, **filters: Unpack[WebhookDeliverySearch]
    ) -> Iterator[models.WebhookDelivery]:
        """All of them, page by page."""
        return self._walk(_pages.webhook_delivery_pages(webhook_id, filters))

    def delivery(self, webhook_id: str, delivery_id: str) -> models.WebhookDeliveryDetail:
        """One message with its latest attempts."""
        return self._call(_api.webhooks.delivery(webhook_id, delivery_id))

    def retry_delivery(self, webhook_id: str, delivery_id: str) -> models.WebhookDelivery:
        """Sends one message again at once, whatever became of it."""
        return self._call(_api.webhooks.retry_delivery(webhook_id, delivery_id))
