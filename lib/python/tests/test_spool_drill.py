"""A spool in trouble: its program killed at random, its disk full, the service away for a day.

``DG_DRILL=long`` takes a whole day at one event per second; without it, some minutes of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ACTOR, SOURCE
from suite import Suite

from decisiongraph import Client, Entity, Spool
from decisiongraph._api import API, Call

LONG = os.environ.get("DG_DRILL") == "long"
EVENTS = 24 * 60 * 60 if LONG else 600
KILLS = 60 if LONG else 5
ROOM = EVENTS * 400 * 3 // 4
"""What an event takes is a little more than 400 bytes, so it ends before the events do."""

CHILD = """
import resource, signal, sys
from conftest import ACTOR, SOURCE
from decisiongraph import Client, DecisionGraphError, Entity, Spool
url, token, tenant, path, max_bytes, limit, first, count = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
spool = Spool(path, tenant_id=tenant, max_bytes=int(max_bytes), max_events=1 << 40)
with Client(url, token, tenant, actor=ACTOR, source=SOURCE, spool=spool) as client:
    for n in range(int(first), int(count)):
        print("try", n, flush=True)
        try:
            client.observe_entity("killed", Entity("n", str(n)), "related", [])
        except DecisionGraphError as error:
            print("no", n, error.code, flush=True)
        else:
            print("yes", n, flush=True)
"""


@contextlib.contextmanager
def small_disk(path: Path) -> Iterator[bool]:
    """A tmpfs of its own; false where mounting is not permitted."""
    path.mkdir()
    mount = shutil.which("mount")
    made = (
        mount is not None
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", path], check=False, capture_output=True
        ).returncode
    )
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", "--lazy", path], check=True)


@pytest.mark.parametrize("disk", ["full", "limited", "bounded"])
def test_drill_a_day_of_absence(suite: Suite, tenant: str, tmp_path: Path, disk: str) -> None:
    """Exactly what was said yes to arrives, once and in order; what was said no to never does."""
    with small_disk(tmp_path / "disk") as made:
        if disk == "full" and not made:
            pytest.skip("a tmpfs cannot be mounted here; the file size limit stands in for it")
        where = tmp_path / ("disk" if disk == "full" else "here") / "spool"
        absence(suite, tenant, where, disk)


def absence(suite: Suite, tenant: str, where: Path, disk: str) -> None:
    body = json.dumps(
        {"account_id": f"drill-{tenant}", "roles": ["writer"], "tenant_ids": [tenant], "permissions": []}
    ).encode()
    with Client(suite.api_url, suite.admin_token, tenant, actor=ACTOR, source=SOURCE) as admin:
        answer: dict[str, Any] = admin._call(Call("POST", f"{API}/admin/accounts", lambda got: got, body=body))
        admin.start_trace("w", "t", Entity("order", "1"), trace_id="killed")
    token = str(answer["data"]["token"]["token"])
    max_bytes, limit = (ROOM if disk == "bounded" else 1 << 40), (ROOM if disk == "limited" else 0)
    chance, first = random.Random(23), 0
    said_yes, said_no, open_ = list[int](), dict[int, str](), set[int]()
    suite.stop()
    try:
        for round_ in range(KILLS + 1):
            arguments = [suite.api_url, token, tenant, where, max_bytes, limit, first, EVENTS]
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, *map(str, arguments)],
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parent,
            )
            assert child.stdout is not None
            lines: list[str] = []
            target = chance.randrange(1, 3 * EVENTS // KILLS) if round_ < KILLS else None
            for line in child.stdout:
                lines.append(line)
                if len(lines) == target:
                    child.kill()
            assert child.wait() == 0 or target is not None
            child.stdout.close()
            words = [line.split() for line in lines if line.endswith("\n")]
            tried = {int(word[1]) for word in words if word[0] == "try"}
            said_yes += [int(word[1]) for word in words if word[0] == "yes"]
            said_no |= {int(word[1]): word[2] for word in words if word[0] == "no"}
            open_ |= tried - set(said_yes) - said_no.keys()
            first = max([first, *(number + 1 for number in tried)])
    finally:
        suite.start()
    assert len(said_no) > EVENTS // 100, "it was never full"
    assert set(said_no.values()) == {"spool_full" if disk == "bounded" else "spool_write_failed"}
    spool = Spool(where, tenant_id=tenant, max_bytes=max_bytes, max_events=1 << 40)
    with Client(suite.api_url, token, tenant, actor=ACTOR, source=SOURCE, spool=spool) as client:
        client.flush(timeout=300.0)
        assert spool.dead_letters() == []
        events = list(client.iter_trace_events("killed", page_size=1000))
        assert [event.trace_seq for event in events] == list(range(len(events)))
        arrived = [int(event.payload["entity"]["entity_id"]) for event in events[1:]]
        assert arrived == sorted(set(arrived))
        assert [number for number in arrived if number not in open_] == said_yes
        # There is room again, and nothing waits: straight to the log.
        assert not client.observe_entity("killed", Entity("n", str(EVENTS)), "related", []).spooled
    print(f"{disk}: {len(said_yes)} said yes to and arrived, {len(said_no)} said no to, {len(open_)} cut off")
