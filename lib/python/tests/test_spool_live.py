"""A spool in front of a real suite: stopped, started, killed, refusing."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ACTOR, SOURCE, make_tenant
from suite import Suite, until

from decisiongraph import (
    AsyncClient,
    Client,
    Entity,
    Fact,
    InvalidArgument,
    Spool,
    SpoolCorrupt,
    SpoolFull,
    TraceBlocked,
    WaitTimeout,
)
from decisiongraph._api import API, Call
from decisiongraph.events import encode

ORDER = Entity("order", "17")


@pytest.fixture(scope="module")
def token(suite: Suite) -> str:
    """A token that outlives a restart of the suite, unlike the administrator's."""
    body = json.dumps({"account_id": f"spooler-{os.getpid()}", "roles": ["writer"], "tenant_ids": ["*"]}).encode()
    with Client(suite.api_url, suite.admin_token, "none") as client:
        answer: dict[str, Any] = client._call(
            Call("POST", f"{API}/admin/accounts", lambda envelope: envelope, body=body)
        )
    return str(answer["data"]["token"]["token"])


@pytest.fixture
def place(suite: Suite, token: str, tenant: str, tmp_path: Path) -> dict[str, Any]:
    return {"base_url": suite.api_url, "token": token, "tenant_id": tenant, "spool": tmp_path / "spool"}


def connect(place: dict[str, Any], **more: Any) -> Client:
    return Client(**{"actor": ACTOR, "source": SOURCE, "timeout": 5.0, **place, **more})


def counted(place: dict[str, Any], trace_id: str) -> list[int]:
    """The numbers of the entities that a trace observed, in its order."""
    with connect({**place, "spool": None}) as client:
        events = list(client.iter_trace_events(trace_id))
    assert [event.trace_seq for event in events] == list(range(len(events)))
    return [int(event.payload["entity"]["entity_id"]) for event in events if event.event_type == "EntityObserved"]


def put(place: dict[str, Any], spool: Spool, trace_id: str, event_type: str, payload: dict[str, Any]) -> int:
    """Straight into the spool, as if the service had been away."""
    with connect({**place, "spool": None}) as client:
        return spool.append(encode(client._build(trace_id, event_type, payload, {})), trace_id)


def started(title: str) -> dict[str, Any]:
    return {"workflow": "w", "title": title, "primary_entity": {"entity_type": "e", "entity_id": "1"}}


def test_recording_goes_on_while_the_service_is_stopped(suite: Suite, place: dict[str, Any]) -> None:
    with connect(place) as client, client.trace("w", "t", ORDER, trace_id="long") as trace:
        assert not trace.observe_entity(Entity("n", "0")).spooled
        suite.stop()
        try:
            for number in range(1, 40):
                done = trace.observe_entity(Entity("n", str(number)))
                assert (done.spooled, done.log_seq, done.event) == (True, None, None)
            with pytest.raises(WaitTimeout) as away:
                client.flush(timeout=0.2)
            assert away.value.details == {"waiting_events": 39, "last_error": "unavailable"}
            assert client.spool is not None
            assert client.spool.status().waiting_events == 39
        finally:
            suite.start()
        last = trace.observe_entity(Entity("n", "40"))
        client.wait_visible(last, timeout=60.0)
        assert client.spool.status().waiting_events == 0
        assert not trace.observe_entity(Entity("n", "41")).spooled  # nothing waits any more: straight to the log again
    assert counted(place, "long") == list(range(42))


CHILD = """
import sys
from decisiongraph import Client, Entity
from conftest import ACTOR, SOURCE
url, token, tenant, spool, first = sys.argv[1:]
with Client(url, token, tenant, actor=ACTOR, source=SOURCE, spool=spool, timeout=5.0) as client:
    trace = client.start_trace("w", "t", Entity("order", "17"), trace_id="killed")
    for n in range(int(first), int(first) + 100_000):
        print("try", n, flush=True)
        trace.observe_entity(Entity("n", str(n)))
        print("yes", n, flush=True)
"""


def test_a_client_that_is_killed_at_random_while_the_service_comes_and_goes(
    suite: Suite, place: dict[str, Any]
) -> None:
    """Every event that was said yes to is in the log exactly once, and in order."""
    chance = random.Random(5)
    first, said_yes = 0, list[int]()
    arguments = [str(place[name]) for name in ("base_url", "token", "tenant_id", "spool")]
    stopped = threading.Event()

    def shake() -> None:
        """dg-apid is killed, and its supervisor starts it again, over and over."""
        while not stopped.wait(0.7):
            suite.signal("dg-apid", signal.SIGKILL)

    shaker = threading.Thread(target=shake, daemon=True)
    shaker.start()
    try:
        for _ in range(6):
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, *arguments, str(first)],
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parent,
            )
            assert child.stdout is not None
            lines: list[str] = []
            target = chance.randrange(40, 160)
            for line in child.stdout:
                lines.append(line)
                if len(lines) >= target:
                    break
            child.send_signal(signal.SIGKILL)
            lines += child.stdout.readlines()
            child.wait()
            child.stdout.close()
            words = [line.split() for line in lines if line.endswith("\n")]
            said_yes += [int(word[1]) for word in words if word[0] == "yes"]
            first = max([first, *(int(word[1]) + 1 for word in words)])
    finally:
        stopped.set()
        shaker.join()
    with connect(place) as client:
        client.flush(timeout=60.0)
        assert client.spool is not None
        assert client.spool.dead_letters() == []
    arrived = counted(place, "killed")
    assert len(said_yes) > 100
    assert len(arrived) == len(set(arrived))
    yes = set(said_yes)
    assert [number for number in arrived if number in yes] == said_yes
    assert len(arrived) <= len(said_yes) + 6  # one at most per kill was neither said yes nor no to


def test_a_long_absence_is_worked_off_in_order(suite: Suite, place: dict[str, Any]) -> None:
    with Spool(place["spool"], tenant_id=place["tenant_id"], max_events=1203) as spool:
        for trace in ("x", "y", "z"):
            put(place, spool, trace, "TraceStarted", started(trace))
        with connect({**place, "spool": None}) as builder:
            for number in range(1200):
                payload = {"entity": {"entity_type": "n", "entity_id": str(number)}, "role": "related", "facts": []}
                trace = "xyz"[number % 3]
                spool.append(encode(builder._build(trace, "EntityObserved", payload, {})), trace)
        with pytest.raises(SpoolFull):
            put(place, spool, "x", "TraceFinished", {"outcome": "success"})
    with connect(place) as client:
        # What is recorded now waits behind what was recorded then.
        assert client.finish_trace("x", "success").trace_id == "x"
        client.flush(timeout=60.0)
        assert [event.log_seq for event in client.iter_events()] == list(range(1, 1205))
    assert [counted(place, trace) for trace in "xyz"] == [list(range(at, 1200, 3)) for at in range(3)]


def test_what_the_service_refuses_is_kept_and_blocks_its_trace(place: dict[str, Any]) -> None:
    with Spool(place["spool"], tenant_id=place["tenant_id"]) as spool:
        put(place, spool, "good", "TraceStarted", started("good"))
        put(place, spool, "bad", "TraceStarted", started("bad"))
        put(place, spool, "bad", "TraceFinished", {"outcome": "perhaps"})
        put(place, spool, "good", "TraceFinished", {"outcome": "success"})
        put(
            place,
            spool,
            "bad",
            "EntityObserved",
            {"entity": {"entity_type": "n", "entity_id": "1"}, "role": "related", "facts": []},
        )
        put(place, spool, "never-started", "TraceFinished", {"outcome": "success"})
        put(place, spool, "last", "TraceStarted", started("last"))
    with connect(place) as client:
        client.flush()
        spool = client.spool or pytest.fail("no spool")
        letters = spool.dead_letters()
        assert [(letter.trace_id, letter.reason, letter.error["code"]) for letter in letters] == [
            ("bad", "refused", "schema_violation"),
            ("bad", "follows", "schema_violation"),
            ("never-started", "refused", "event_sequence_invalid"),
        ]
        assert letters[0].error["details"]["pointer"] == "/payload/outcome"
        assert (letters[0].error["status"], bool(letters[0].error["request_id"])) == (422, True)
        seen = [(event.trace_id, event.event_type) for event in client.iter_events()]
        assert seen == [
            ("good", "TraceStarted"),
            ("bad", "TraceStarted"),
            ("good", "TraceFinished"),
            ("last", "TraceStarted"),
        ]
        with pytest.raises(TraceBlocked) as blocked:
            client.finish_trace("bad", "success")
        assert blocked.value.details["refused"]["code"] == "schema_violation"
        # Somebody looks, lets the trace go on, repairs what was refused and appends it, then what followed it.
        refused, follows = spool.release("bad")
        client.append_event(follows.event)
        client.append_event({**refused.event, "payload": {"outcome": "success"}})
        assert len(list(client.iter_trace_events("bad"))) == 3
        # A refusal on the way that is not the spool's is the caller's, at once.
        with pytest.raises(InvalidArgument):
            client.record("x", "TraceStarted", {})
        assert spool.is_empty


def test_trouble_with_the_account_loses_nothing(suite: Suite, place: dict[str, Any]) -> None:
    with Spool(place["spool"], tenant_id=place["tenant_id"]) as spool:
        put(place, spool, "t", "TraceStarted", started("t"))
    for wrong, code in (
        ({"token": "dg_000000000000_nobody"}, "unauthorized"),
        ({"base_url": "http://127.0.0.1:9"}, "unavailable"),
    ):
        with connect(place, **wrong) as client:
            with pytest.raises(WaitTimeout) as stuck:
                client.flush(timeout=1.0)
            assert stuck.value.details == {"waiting_events": 1, "last_error": code}
    with pytest.raises(SpoolCorrupt):
        connect(place, tenant_id=make_tenant(suite))
    with connect(place) as client:
        health = client.wait_visible()
        assert health.event_log_last_seq == 1


def test_a_disk_that_cannot_be_read_for_a_while(place: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with Spool(place["spool"], tenant_id=place["tenant_id"]) as spool:
        put(place, spool, "t", "TraceStarted", started("t"))
    real, failures = Spool.peek, iter(range(2))

    def peek(self: Spool, max_events: int, max_bytes: int) -> Any:
        if next(failures, None) is not None:
            raise OSError(5, "Input/output error")
        return real(self, max_events, max_bytes)

    monkeypatch.setattr(Spool, "peek", peek)
    with connect(place) as client:
        client.flush()
        assert len(list(client.iter_events())) == 1


def test_a_batch_that_is_too_large_goes_one_by_one(place: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The service refuses the request as a whole and names no event: each is sent alone."""
    monkeypatch.setattr("decisiongraph._sender.BATCH_BYTES", 64 << 20)
    monkeypatch.setattr("decisiongraph._sender.BATCH_EVENTS", 5000)
    with Spool(place["spool"], tenant_id=place["tenant_id"]) as spool:
        put(place, spool, "t", "TraceStarted", started("t"))
        filler = [
            {"key": str(at), "value": {"type": "string", "value": "x" * 900_000}, "as_of": None} for at in range(1)
        ]
        for number in range(10):
            entity = {"entity_type": "n", "entity_id": str(number)}
            put(place, spool, "t", "EntityObserved", {"entity": entity, "role": "related", "facts": filler})
    with connect(place) as client:
        client.flush(timeout=60.0)
        assert client.spool is not None
        assert client.spool.dead_letters() == []
    assert counted(place, "t") == list(range(10))


def test_async(place: dict[str, Any], suite: Suite) -> None:
    async def scenario() -> None:
        async with AsyncClient(**place, actor=ACTOR, source=SOURCE, timeout=1.0) as client:
            suite.signal("dg-apid", signal.SIGSTOP)  # there, and silent
            try:
                async with client.trace("w", "t", ORDER, trace_id="a") as trace:
                    done = [await trace.observe_entity(Entity("n", str(n)), facts=[Fact("n", n)]) for n in range(5)]
            finally:
                suite.signal("dg-apid", signal.SIGCONT)
            assert all(one.spooled for one in done)
            await client.wait_visible(timeout=30.0)
            assert len([event async for event in client.iter_trace_events("a")]) == 7

    asyncio.run(scenario())
    assert counted(place, "a") == list(range(5))


def test_closing_does_not_wait_for_a_service_that_is_away(place: dict[str, Any]) -> None:
    client = connect(place, base_url="http://127.0.0.1:9")
    client.start_trace("w", "t", ORDER, trace_id="left")
    began = time.monotonic()
    client.close()
    assert time.monotonic() - began < 2.0
    with connect(place) as next_one:
        next_one.flush()
        until(lambda: next_one.get_trace("left"), "the event of the client before")
