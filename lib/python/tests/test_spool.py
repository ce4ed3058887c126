"""The spool by itself: what it promises about a disk, a crash, and a second owner."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from suite import REPOSITORY

from decisiongraph import (
    Spool,
    SpoolCorrupt,
    SpoolError,
    SpoolFull,
    SpoolLocked,
    SpoolWriteFailed,
    TraceBlocked,
    _records,
)
from decisiongraph import spool as spool_module
from decisiongraph.spool import Record

TENANT = "t"


def body(number: int, trace_id: str = "trace", size: int = 0) -> bytes:
    return json.dumps({"n": number, "trace_id": trace_id, "filler": "x" * size}).encode()


def numbers(spool: Spool) -> list[int]:
    return [json.loads(record.body)["n"] for record in spool.peek(1 << 30, 1 << 40)]


def filled(path: Path, count: int, **bounds: int) -> Spool:
    spool = Spool(path, tenant_id=TENANT, **bounds)
    for number in range(count):
        spool.append(body(number), "trace")
    return spool


def test_what_was_taken_is_there_after_reopening(tmp_path: Path) -> None:
    with filled(tmp_path / "s", 3) as spool:
        assert spool.peek(2, 1 << 20)[0] == Record(1, body(0), "trace")
        assert len(spool.peek(2, 1 << 20)) == 2
        assert len(spool.peek(9, 1)) == 1  # at least one, however small the batch
        spool.acknowledge(1)
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert (numbers(spool), spool.status().waiting_events, spool.last_position) == ([1, 2], 2, 3)
        spool.acknowledge(3)
        assert (spool.is_empty, spool.status().waiting_bytes) == (True, 0)
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert spool.is_empty
        assert spool.append(body(3), "trace") == 4  # positions go on, also when the file was emptied
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "s").iterdir())


def test_a_torn_tail_is_cut_wherever_it_is_torn(tmp_path: Path) -> None:
    filled(tmp_path / "s", 2).close()
    file = tmp_path / "s/events"
    two = file.read_bytes()
    third = _records.frame(3, body(2))
    tails = [third[:cut] for cut in range(len(third))]
    tails += [third[:cut] + bytes(len(third) - cut) for cut in range(0, len(third), 7)]  # a length without its data
    tails += [bytes(4096), b"\xff" * 100, third[:-1] + b"\x00"]
    for tail in tails:
        file.write_bytes(two + tail)
        with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
            assert numbers(spool) == [0, 1], tail
            assert spool.append(body(7), "trace") == 3
        with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
            assert numbers(spool) == [0, 1, 7]
    file.write_bytes(two + third)
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert numbers(spool) == [0, 1, 2]


def test_a_crash_while_it_is_made_leaves_nothing_behind(tmp_path: Path) -> None:
    filled(tmp_path / "s", 0).close()
    file = tmp_path / "s/events"
    head = file.read_bytes()
    for cut in range(len(head) + 1):
        file.write_bytes(head[:cut])
        with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
            assert spool.is_empty
        assert file.read_bytes() == head


def test_damage_in_front_of_intact_events_is_refused_and_left_alone(tmp_path: Path) -> None:
    filled(tmp_path / "s", 3).close()
    file = tmp_path / "s/events"
    good = file.read_bytes()
    second = good.index(body(1))
    for at in (0, 9, 30, second - 20, second - 16, second - 10, second + 3):
        bad = bytearray(good)
        bad[at] ^= 0x40
        file.write_bytes(bad)
        with pytest.raises(SpoolCorrupt):
            Spool(tmp_path / "s", tenant_id=TENANT)
        assert file.read_bytes() == bad
    file.write_bytes(good)
    with pytest.raises(SpoolCorrupt, match="tenant t, not other"):
        Spool(tmp_path / "s", tenant_id="other")
    filled(tmp_path / "s", 0).close()


def test_the_position_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    with filled(tmp_path / "s", 5) as spool:
        spool.acknowledge(2)
        spool.acknowledge(3)
    file = tmp_path / "s/position"
    good = file.read_bytes()
    found = []
    for slot in (0, 1):
        bad = bytearray(good)
        bad[slot * 512 + 5] ^= 1
        file.write_bytes(bad)
        with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
            found.append(numbers(spool))
    assert sorted(found) == [[2, 3, 4], [3, 4]]
    file.write_bytes(b"")  # lost: everything is sent once more, and the service recognises it
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert numbers(spool) == [0, 1, 2, 3, 4]


def test_bounds(tmp_path: Path) -> None:
    with filled(tmp_path / "a", 3, max_events=3) as spool:
        with pytest.raises(SpoolFull) as full:
            spool.append(body(3), "trace")
        assert full.value.details == {"limit": "max_events", "max_events": 3, "waiting_events": 3}
        spool.acknowledge(1)
        spool.append(body(3), "trace")
        assert numbers(spool) == [1, 2, 3]
    with Spool(tmp_path / "b", tenant_id=TENANT, max_bytes=1000) as spool:
        spool.append(body(0, size=500), "trace")
        with pytest.raises(SpoolFull):
            spool.append(body(1, size=500), "trace")
        spool.append(body(2, size=100), "trace")
        assert numbers(spool) == [0, 2]
        assert (tmp_path / "b/events").stat().st_size < 1200
    for wrong in ({"max_bytes": 0}, {"max_events": 0}):
        with pytest.raises(ValueError, match="above 0"):
            Spool(tmp_path / "c", tenant_id=TENANT, **wrong)


def test_one_owner(tmp_path: Path) -> None:
    with filled(tmp_path / "s", 1) as spool:
        with pytest.raises(SpoolLocked):
            Spool(tmp_path / "s", tenant_id=TENANT)
        code = f"from decisiongraph import *\ntry: Spool({str(tmp_path / 's')!r}, tenant_id='t')\nexcept SpoolLocked: print('no')"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "no\n"
        assert numbers(spool) == [0]
    with pytest.raises(SpoolError, match="is closed"):
        spool.append(body(1), "trace")
    filled(tmp_path / "s", 0).close()


def test_a_fork_belongs_to_the_parent(tmp_path: Path) -> None:
    code = f"""
import os
from decisiongraph import Spool, SpoolError, SpoolLocked
spool = Spool({str(tmp_path / "s")!r}, tenant_id="t")
spool.append(b'{{"trace_id":"t"}}', "t")
child = os.fork()
if child == 0:
    try:
        spool.append(b'{{"trace_id":"t"}}', "t")
    except SpoolError as error:
        assert "fork" in str(error)
        try:
            Spool({str(tmp_path / "s")!r}, tenant_id="t")
        except SpoolLocked:
            os._exit(7)
    os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
spool.append(b'{{"trace_id":"t"}}', "t")
assert spool.status().waiting_events == 2
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


def test_a_disk_that_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path / "s", 2) as spool:
        real = _records.sync
        before = (tmp_path / "s/events").read_bytes()

        def fail_once(fd: int) -> None:
            monkeypatch.setattr(_records, "sync", real)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(_records, "sync", fail_once)
        with pytest.raises(SpoolWriteFailed) as refused:
            spool.append(body(9), "trace")
        assert refused.value.details == {"errno": 28, "outcome_unknown": False}
        assert (tmp_path / "s/events").read_bytes() == before
        spool.append(body(2), "trace")
        assert numbers(spool) == [0, 1, 2]

        # A position that cannot be written costs a repeat after a restart, and nothing else.
        def fail(fd: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(_records, "sync", fail)
        spool.acknowledge(1)
        assert numbers(spool) == [1, 2]
        with pytest.raises(SpoolWriteFailed) as unknown:
            spool.append(body(3), "trace")
        assert unknown.value.details["outcome_unknown"] is True
        with pytest.raises(SpoolError, match="open it again"):
            spool.append(body(4), "trace")
        monkeypatch.setattr(_records, "sync", real)
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert numbers(spool)[-2:] == [1, 2]
        spool.append(body(3), "trace")


def test_a_rewrite_that_cannot_be_promised_takes_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_module, "REWRITE_ABOVE", 1)
    with filled(tmp_path / "s", 9) as spool:

        def fail(path: Path) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as broken:
            broken.setattr(_records, "sync_directory", fail)
            spool.acknowledge(7)
        with pytest.raises(SpoolError, match="cannot promise"):
            spool.append(body(9), "trace")
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert numbers(spool) == [7, 8]


def test_a_full_disk_says_no_and_is_well_again_when_there_is_room(tmp_path: Path) -> None:
    """A real refusal by the kernel, in the middle of a record: a limit on the size of files."""
    code = f"""
import resource
from decisiongraph import Spool, SpoolWriteFailed
spool = Spool({str(tmp_path / "s")!r}, tenant_id="t")
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
taken, refused = [], 0
for n in range(400):
    try:
        spool.append(b'{{"n":%d,"trace_id":"t","filler":"%s"}}' % (n, b"x" * (n % 90)), "t")
        taken.append(n)
    except SpoolWriteFailed as error:
        refused += 1
        assert error.details["outcome_unknown"] is False, error.details
        if refused % 10 == 0:  # some leave, and there is room again
            spool.acknowledge(spool.last_position)
            taken.clear()
assert refused > 10
print(taken)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stderr
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert numbers(spool) == json.loads(ran.stdout)


@pytest.mark.skipif(not os.path.ismount("/dev/shm"), reason="no memory file system")
def test_nowhere_to_write(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(SpoolWriteFailed):
            Spool(tmp_path / "s", tenant_id=TENANT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    filled(tmp_path / "s", 1).close()
    (tmp_path / "file").touch()
    with pytest.raises(SpoolWriteFailed):
        Spool(tmp_path / "file", tenant_id=TENANT)


@pytest.mark.parametrize("seed", range(6))
def test_like_a_queue_across_everything(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random appends, acknowledgements, reopenings and crashes: the spool is the list that it should be."""
    monkeypatch.setattr(spool_module, "REWRITE_ABOVE", 200)
    chance = random.Random(seed)
    path = tmp_path / "s"
    spool = Spool(path, tenant_id=TENANT)
    model: list[tuple[int, int]] = []
    largest = 0
    for number in range(300):
        match chance.randrange(10):
            case 0 | 1 | 2 | 3 | 4 | 5:
                model.append((spool.append(body(number, size=chance.randrange(60)), "trace"), number))
            case 6 | 7 if model:
                at = chance.randrange(len(model))
                spool.acknowledge(model[at][0])
                del model[: at + 1]
            case 8:
                spool.close()
                spool = Spool(path, tenant_id=TENANT)
            case _:
                spool.close()  # as a crash leaves it, with half a record at the end
                with (path / "events").open("ab") as file:
                    file.write(_records.frame(9999, body(0))[: chance.randrange(40)])
                (path / "events.tmp").write_bytes(b"half")
                spool = Spool(path, tenant_id=TENANT)
        assert numbers(spool) == [expected for _, expected in model]
        waiting = spool.status().waiting_bytes
        largest = max(largest, (path / "events").stat().st_size - 2 * waiting)
    assert largest < 500  # the file never grows far above twice of what waits
    spool.close()


CHILD = """
import random, sys
from decisiongraph import Spool
path, first, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
spool = Spool(path, tenant_id="t")
for n in range(first, first + 100_000):
    print("try", n, flush=True)
    spool.append(b'{"n":%d,"trace_id":"t","filler":"%s"}' % (n, b"x" * chance.randrange(3000)), "t")
    print("yes", n, flush=True)
    if chance.randrange(4) == 0:
        some = spool.peek(chance.randrange(1, 6), 1 << 20)
        spool.acknowledge(some[-1].position)
"""


def test_kill_9_at_random(tmp_path: Path) -> None:
    """Whoever is told yes finds the event after any number of kills, in its place, once."""
    chance = random.Random(4)
    path = tmp_path / "s"
    first, said_yes = 0, set[int]()
    for round_ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(first), str(round_)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        lines: list[str] = []
        target = chance.randrange(1, 200)
        for line in child.stdout:
            lines.append(line)
            if len(lines) >= target:
                break
        os.kill(child.pid, signal.SIGKILL)
        lines += child.stdout.readlines()
        child.wait()
        child.stdout.close()
        words = [line.split() for line in lines if line.endswith("\n")]
        tried = [int(word[1]) for word in words if word[0] == "try"]
        said_yes |= {int(word[1]) for word in words if word[0] == "yes"}
        first = max([first, *(number + 1 for number in tried)])
        with Spool(path, tenant_id=TENANT) as spool:
            here = numbers(spool)
            assert here == sorted(set(here))
            assert spool.last_position >= len(said_yes)
            if here:  # what was acknowledged is a prefix; behind it nothing is missing that somebody was told yes about
                assert {number for number in said_yes if number >= here[0]} <= set(here)
    assert len(said_yes) > 100


def test_dead_letters_block_their_trace_until_released(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with Spool(path, tenant_id=TENANT) as spool:
        for number, trace in enumerate(("a", "b", "a")):
            spool.append(body(number, trace), trace)
        first, second, third = spool.peek(9, 1 << 20)
        spool.bury(first, {"code": "schema_violation", "message": "no"}, "refused")
        spool.bury(first, {"code": "schema_violation", "message": "no"}, "refused")
        with pytest.raises(TraceBlocked) as blocked:
            spool.append(body(3, "a"), "a")
        assert blocked.value.details["refused"]["code"] == "schema_violation"
        with pytest.raises(SpoolError, match="flush it first"):
            spool.release("a")
        spool.append(body(4, "b"), "b")
        assert spool.refusal_before(second) is None
        assert spool.refusal_before(third) == {"code": "schema_violation", "message": "no"}
        spool.bury(third, {"code": "schema_violation", "message": "no"}, "follows")
        spool.acknowledge(3)
    with (path / "dead-letters.ndjson").open("ab") as file:
        file.write(b'{"torn')
    with Spool(path, tenant_id=TENANT) as spool:
        assert [(letter.position, letter.reason, letter.event["n"]) for letter in spool.dead_letters("a")] == [
            (1, "refused", 0),
            (3, "follows", 2),
        ]
        status = spool.status()
        assert (status.dead_letters, status.blocked_traces, status.waiting_events) == (2, ("a",), 1)
        assert [letter.position for letter in spool.release("a")] == [1, 3]
        spool.append(body(5, "a"), "a")
        assert spool.release("never") == []
    with Spool(path, tenant_id=TENANT) as spool:
        assert spool.dead_letters() == []
        spool.append(body(6, "a"), "a")
    lines = [json.loads(line) for line in (path / "dead-letters.ndjson").read_text().splitlines()]
    assert [line.get("reason") for line in lines] == ["refused", "follows", None]
    (path / "dead-letters.ndjson").write_text("[]\n")
    with pytest.raises(SpoolCorrupt):
        Spool(path, tenant_id=TENANT)


def test_waiting_for_a_position(tmp_path: Path) -> None:
    with filled(tmp_path / "s", 2) as spool:
        assert not spool.wait_sent(2, 0.05)
        seen: list[bool] = []
        waiter = threading.Thread(target=lambda: seen.append(spool.wait_sent(1, 30.0)), daemon=True)
        waiter.start()
        spool.acknowledge(1)
        waiter.join(30)
        assert seen == [True]
        assert spool.wait_sent(1, 0.0)


def test_the_files_that_every_client_reads(tmp_path: Path) -> None:
    """What the Rust client reads too; the end of the file is torn."""
    fixture = REPOSITORY / "fixtures/client-conformance/spool"
    expected = json.loads((fixture / "expected.json").read_text())
    (tmp_path / "s").mkdir()
    for name in ("events", "position", "dead-letters.ndjson"):
        shutil.copy(fixture / name, tmp_path / "s" / name)
    with Spool(tmp_path / "s", tenant_id="conformance") as spool:
        waiting = [{"position": at.position, "event": json.loads(at.body)} for at in spool.peek(1 << 30, 1 << 40)]
        letters = [vars(letter) for letter in spool.dead_letters()]
        assert (waiting, letters) == (expected["waiting"], expected["dead_letters"])
        assert list(spool.status().blocked_traces) == expected["blocked_traces"]
        assert spool.last_position == expected["last_position"]


def test_a_dead_letter_that_cannot_be_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = filled(tmp_path / "s", 2)
    first = spool.peek(1, 1 << 20)[0]
    refuse = OSError(28, "No space left on device")

    def refused(*_: object) -> None:
        raise refuse

    with monkeypatch.context() as broken:
        broken.setattr(_records, "sync", refused)
        broken.setattr(os, "ftruncate", refused)
        with pytest.raises(SpoolWriteFailed):
            spool.bury(first, {"code": "x"}, "refused")
    with pytest.raises(SpoolError):
        spool.append(body(9), "other")
    spool.close()
    with Spool(tmp_path / "s", tenant_id=TENANT) as spool:
        assert numbers(spool) == [0, 1]
