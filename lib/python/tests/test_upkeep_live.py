"""Looking after projections, and telling others about events, against a real suite."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from suite import until

from decisiongraph import Client, Conflict, Entity, InvalidArgument, NotFound, models, webhooks

ORDER = Entity("order", "17", "shop")


def test_events_are_looked_at_beforehand(client: Client) -> None:
    started = {"workflow": "w", "title": "t", "primary_entity": {"entity_type": "order", "entity_id": "17"}}
    good = client._build("t", "TraceStarted", started, {})
    bad = client._build("t", "TraceFinished", {"outcome": "perhaps"}, {})
    seen = client.validate_events([good, bad])
    assert (seen.valid, seen.invalid, [item.status for item in seen.results]) == (1, 1, ["valid", "invalid"])
    assert seen.results[1].error is not None
    assert seen.results[1].error.code == "schema_violation"
    assert list(client.iter_events()) == []
    names = [each.event_type for each in client.event_types()]
    assert "TraceStarted" in names
    assert client.event_type("TraceStarted").payload_schema["properties"].keys() >= {"workflow", "title"}
    with pytest.raises(NotFound):
        client.event_type("Nothing")


def test_runs_are_listed_and_leave_digests(client: Client) -> None:
    with client.trace("w", "t", ORDER):
        pass
    first = client.start_replay("trace_index", "verify", "a test")
    until(lambda: client.get_replay_status(first.job_id).has_ended, "the first run")
    batch = client.start_runs([client.tenant_id], "trace_index", "catch_up", "a test")
    assert (len(batch.runs), batch.refused) == (1, ())
    second = batch.runs[0]
    assert second.batch_id == batch.batch_id
    until(lambda: client.get_replay_status(second.job_id).has_ended, "the second run")
    assert [run.job_id for run in client.iter_runs(limit=1)] == [second.job_id, first.job_id]
    assert [run.job_id for run in client.runs(mode="verify").runs] == [first.job_id]
    for step in (client.pause_run, client.resume_run, client.cancel_replay):
        with pytest.raises(Conflict):
            step(first.job_id)
    rebuilt = client.start_replay("all", "rebuild", "a test")
    until(lambda: client.get_replay_status(rebuilt.job_id).has_ended, "the rebuild")
    assert client.get_replay_status(rebuilt.job_id).status == "completed"

    def written() -> list[models.WrittenDigest]:
        return [each for each in client.iter_digest_history(page_size=1) if each.job_id == rebuilt.job_id]

    assert {digest.source for digest in until(written, "the digests of the rebuild")} == {"run"}
    only = client.digest_history("full_projection").digests
    assert {digest.projection_name for digest in only} == {"full_projection"}


def test_nothing_was_set_aside(client: Client) -> None:
    assert client.failures(status="open", limit=1).failures == ()
    assert list(client.iter_failures(projection="trace_index")) == []
    nobody = str(uuid.uuid4())
    with pytest.raises(NotFound):
        client.failure(nobody)
    with pytest.raises(NotFound):
        client.retry_failure(nobody)
    with pytest.raises(NotFound):
        client.quarantine(nobody, "a test")
    with pytest.raises(NotFound):
        client.resolve_failure(nobody, "a test")


class Receiver(ThreadingHTTPServer):
    """Takes in messages, and keeps them."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Taking)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/dg"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Taking(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
        running.shutdown()


def test_webhooks(client: Client, receiver: Receiver) -> None:
    with pytest.raises(InvalidArgument):
        client.create_webhook("no address")
    made = client.create_webhook(receiver.url, event_type=["TraceFinished"], description="refunds")
    webhook_id = made.webhook.webhook_id
    assert made.secret.secret is not None
    assert made.secret.secret.startswith("whsec_")
    assert made.secret.secret not in repr(made)
    assert (made.webhook.what, made.webhook.event_type) == (("events",), ("TraceFinished",))
    assert [each.webhook_id for each in client.webhooks()] == [webhook_id]
    changed = client.change_webhook(webhook_id, description=None, event_type=[])
    assert (changed.description, changed.event_type, changed.status) == (None, (), "active")
    rotated = client.rotate_webhook_secret(webhook_id, overlap_s=60, secret_kind="ed25519")
    assert rotated.secret.public_key is not None
    assert rotated.secret.public_key.startswith("whpk_")
    detail = client.webhook(webhook_id)
    assert len(detail.secrets) == len(rotated.secrets) == 2

    test = client.test_webhook(webhook_id)
    assert test.message_type == "webhook.test"
    assert [each.delivery_id for each in client.iter_deliveries(webhook_id, limit=1)] == [test.delivery_id]
    tried = until(lambda: client.delivery(webhook_id, test.delivery_id).attempts, "an attempt")
    assert (tried[0].status, tried[0].error) == (204, None)
    for secret in (made.secret.secret, rotated.secret.public_key):
        message = webhooks.verify(secret, *receiver.taken[0])
        assert (message.id, message.json()["type"]) == (test.delivery_id, "webhook.test")
    assert client.retry_delivery(webhook_id, test.delivery_id).delivery_id == test.delivery_id
    until(lambda: len(receiver.taken) == 2, "the repeat")
    assert client.deliveries(webhook_id, state="dead").deliveries == ()
    client.start_trace("w", "t", ORDER)
    assert client.replay_webhook(webhook_id, after=0).webhook.replay is not None
    assert client.replay_webhook(webhook_id).dead_letters == 0
    assert client.change_webhook(webhook_id, status="paused", reason="a test").status == "paused"
    with pytest.raises(Conflict):
        client.test_webhook(webhook_id)
    client.delete_webhook(webhook_id)
    with pytest.raises(NotFound):
        client.webhook(webhook_id)
