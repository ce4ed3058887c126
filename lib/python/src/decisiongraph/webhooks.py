"""Checking webhooks, for whoever receives them.

::

    from decisiongraph import webhooks

    def hook(request):
        try:
            message = webhooks.verify(SECRET, request.headers, request.body)
        except webhooks.WebhookRefused:
            return 400
        if not seen_before(message.id):  # the same message may come twice
            handle(message.json())
        return 204

Messages are those of Standard Webhooks. A shared secret (``whsec_…``) needs nothing but the standard library; a public key
(``whpk_…``) needs the package ``cryptography``: ``pip install decisiongraph[webhooks]``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import DecisionGraphError

__all__ = ["TOLERANCE_S", "WebhookMessage", "WebhookRefused", "verify"]

#: How old a message may be, or how far ahead its sender's clock, in seconds.
TOLERANCE_S = 300

_SHARED = "whsec_"
_PUBLIC = "whpk_"


class WebhookRefused(DecisionGraphError):
    """The message is not genuine: answer 400, and do nothing else."""


@dataclass(frozen=True)
class WebhookMessage:
    """A message that is genuine."""

    id: str
    """The same each time the message is sent."""
    timestamp: int
    """When it was sent this time, in seconds since 1970."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The message: ``type``, ``timestamp`` and ``data``."""
        return json.loads(self.body)


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    now: float | None = None,
    tolerance_s: int = TOLERANCE_S,
) -> WebhookMessage:
    """Check that a message is genuine.

    ``secret`` is the endpoint's ``whsec_…``, or its public key ``whpk_…``. ``headers`` are those that came, in any case of
    their names, and ``body`` the bytes that came, before anything read them as JSON.

    Raises :class:`WebhookRefused` when a header is missing, no signature is by this secret, or the message was not sent
    within ``tolerance_s`` of ``now``; ``ValueError`` for a secret that is none.
    """
    matches = _matcher(secret)
    raw = body.encode() if isinstance(body, str) else bytes(body)
    given = {name.lower(): value for name, value in headers.items()}
    message_id = _header(given, "webhook-id")
    sent = _header(given, "webhook-timestamp")
    signatures = _header(given, "webhook-signature")
    try:
        timestamp = int(sent)
    except ValueError:
        raise WebhookRefused("the header webhook-timestamp is malformed") from None
    if abs((time.time() if now is None else now) - timestamp) > tolerance_s:
        raise WebhookRefused("the message is too old, or from the future")
    signed = f"{message_id}.{sent}.".encode() + raw
    if not any(matches(signed, signature) for signature in signatures.split(" ")):
        raise WebhookRefused("no signature of the message is by this secret")
    return WebhookMessage(message_id, timestamp, raw)


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise WebhookRefused(f"the header {name} is missing")
    return value


def _matcher(secret: str) -> Callable[[bytes, str], bool]:
    if secret.startswith(_SHARED):
        return _shared(_bytes(secret[len(_SHARED) :]))
    if secret.startswith(_PUBLIC):
        return _public(_bytes(secret[len(_PUBLIC) :]))
    raise ValueError("the secret is neither whsec_… nor whpk_…")


def _shared(key: bytes) -> Callable[[bytes, str], bool]:
    def matches(signed: bytes, signature: str) -> bool:
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(f"v1,{expected}".encode(), signature.encode())

    return matches


def _public(key: bytes) -> Callable[[bytes, str], bool]:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise ValueError("a public key needs the package cryptography: pip install decisiongraph[webhooks]") from None
    public = Ed25519PublicKey.from_public_bytes(key)

    def matches(signed: bytes, signature: str) -> bool:
        version, _, text = signature.partition(",")
        if version != "v1a":
            return False
        try:
            public.verify(base64.b64decode(text, validate=True), signed)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    return matches


def _bytes(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("the secret is not base64")
    return key
