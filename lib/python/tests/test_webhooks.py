"""Webhooks are checked as the published vectors of Standard Webhooks say."""

from __future__ import annotations

import base64

import pytest

from decisiongraph import webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SEED = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = b'{"test": 2432232314}'
SHARED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
SIGNED = "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="


def headers(signature: str, timestamp: str = str(AT)) -> dict[str, str]:
    return {"Webhook-Id": ID, "WEBHOOK-TIMESTAMP": timestamp, "webhook-signature": signature, "host": "x"}


def public_key() -> str:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    key = ed25519.Ed25519PrivateKey.from_private_bytes(base64.b64decode(SEED)).public_key()
    return "whpk_" + base64.b64encode(key.public_bytes_raw()).decode()


def test_the_published_vectors_hold() -> None:
    message = webhooks.verify(SECRET, headers(SHARED), BODY, now=AT)
    assert (message.id, message.timestamp, message.json()) == (ID, AT, {"test": 2432232314})
    assert webhooks.verify(SECRET, headers(f"v2,x {SIGNED} v1,AAAA {SHARED}"), BODY.decode(), now=AT + 300).id == ID


def test_the_published_vector_of_a_key_holds() -> None:
    key = public_key()
    assert webhooks.verify(key, headers(f"{SHARED} {SIGNED}"), BODY, now=AT).id == ID
    for other in [SHARED, "v1a,AAAA", "v1a,!", SIGNED.replace("v1a,", "v1,"), "v1a,é"]:
        with pytest.raises(webhooks.WebhookRefused):
            webhooks.verify(key, headers(other), BODY, now=AT)
    with pytest.raises(webhooks.WebhookRefused):
        webhooks.verify(key, headers(SIGNED), BODY + b" ", now=AT)


@pytest.mark.parametrize("signature", ["", "v1,", "v1", "v1,AAAA", "v1,é", SIGNED, SHARED.replace("v1,", "v1a,")])
def test_other_signatures_are_refused(signature: str) -> None:
    with pytest.raises(webhooks.WebhookRefused):
        webhooks.verify(SECRET, headers(signature), BODY, now=AT)


def test_what_was_changed_or_is_old_is_refused() -> None:
    for given, body, now in [
        (headers(SHARED), BODY + b" ", AT),
        (headers(SHARED, str(AT + 1)), BODY, AT),
        (headers(SHARED, "soon"), BODY, AT),
        (headers(SHARED), BODY, AT + 301),
        (headers(SHARED), BODY, AT - 301),
        ({"webhook-id": ID, "webhook-timestamp": str(AT)}, BODY, AT),
        ({}, BODY, AT),
    ]:
        with pytest.raises(webhooks.WebhookRefused):
            webhooks.verify(SECRET, given, body, now=now)
    with pytest.raises(webhooks.WebhookRefused, match="too old"):
        webhooks.verify(SECRET, headers(SHARED), BODY)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!", "whsk_AAAA", SECRET[6:]])
def test_a_secret_that_is_none_is_an_error_of_the_caller(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        webhooks.verify(secret, headers(SHARED), BODY, now=AT)
