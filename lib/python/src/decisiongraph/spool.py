"""Events on this machine's disk, until the service has them.

A spool is a directory with four files and one owner:

``lock``
    held with ``flock`` as long as the spool is open.
``events``
    the record file (``_records``): every event in the order in which it was taken, each on the disk before its caller is told yes.
``position``
    up to where the service has answered for them.
``dead-letters.ndjson``
    events that the service refused for good, each with its error; one JSON object per line. Nothing is ever removed from it.

**Every event arrives exactly once and in order, or its caller was told no.** In order: events leave in the order in which they were taken.
Exactly once: an event keeps its idempotency key, so one that is sent again, because the answer or the position was lost, is recognised.

**What follows a refused event.** A trace in the log must not have a hole that nobody can see. When the service refuses an event for good,
everything that the spool holds of the same trace goes to the dead letters too (``reason`` is ``follows``), and the next call on that
trace raises :class:`TraceBlocked`, until somebody has looked and calls :meth:`Spool.release`. Other traces go on.

The files are the same for every client library of ours (ADR 23). Segments that are unlinked one by one would give space back earlier than
the single file, which is emptied when it has been sent and rewritten when half of it has; but they make every bound an approximation.

The spool needs a POSIX system; elsewhere opening one raises :class:`SpoolError`.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _records
from ._ids import now
from ._records import Damaged, Mark, Place
from .errors import SpoolCorrupt, SpoolError, SpoolFull, SpoolLocked, SpoolWriteFailed, TraceBlocked

BAD_DISK = "met a disk that cannot even take a write back; open it again when the disk is well"
REWRITE_ABOVE = 1 << 20
"""The file is not rewritten for fewer bytes than that."""


@dataclass(frozen=True)
class Record:
    """An event that waits."""

    position: int
    body: bytes
    trace_id: str


@dataclass(frozen=True)
class DeadLetter:
    """An event that will not be sent.

    Attributes:
        reason: ``refused``: the service said no; ``follows``: an earlier event of its trace was refused.
        error: what the service said, of the refused event: ``code``, ``message``, ``details``, ``status``, ``request_id``.
        event: as it was to be sent; give it to ``append_event`` once it is right.
        at: when it became one, RFC 3339.
    """

    position: int
    reason: str
    error: dict[str, Any]
    event: dict[str, Any]
    at: str

    @property
    def trace_id(self) -> str:
        """Its trace."""
        return str(self.event.get("trace_id"))


@dataclass(frozen=True)
class SpoolStatus:
    """How a spool stands.

    Attributes:
        waiting_events: taken and not answered for.
        waiting_bytes: what they and the dead letters take of ``max_bytes``.
        dead_letters: events that wait for somebody to look.
        blocked_traces: traces that take nothing until they are released.
        last_error: why nothing leaves at the moment, or None.
    """

    waiting_events: int
    waiting_bytes: int
    dead_letters: int
    blocked_traces: tuple[str, ...]
    last_error: Exception | None


class Spool:
    """An open spool. Safe to use from several threads; a client closes the one it was given.

    Args:
        path: its directory, made if it is not there. On a local disk: locks and syncs are only as good as the file system.
        tenant_id: whose events it holds. A spool is never sent to another tenant.
        max_bytes: bound of the waiting events and dead letters together. The ``events`` file may be twice as long for a moment.
        max_events: bound of the waiting events.

    Raises:
        SpoolLocked: somebody has it.
        SpoolCorrupt: its files were changed by other hands, or it is another tenant's.
        SpoolWriteFailed: the disk refuses.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        tenant_id: str,
        max_bytes: int = 64 << 20,
        max_events: int = 100_000,
    ) -> None:
        if max_bytes < 1 or max_events < 1:
            raise ValueError("the bounds of a spool must be above 0")
        self.path = Path(path)
        self.tenant_id = tenant_id
        self.max_bytes = max_bytes
        self.max_events = max_events
        self.last_error: Exception | None = None
        """Why nothing leaves at the moment. Set by the sender."""
        self._changed = threading.Condition(threading.RLock())
        self._waiting: deque[Place] = deque()
        self._waiting_bytes = 0
        self._dead: list[DeadLetter] = []
        self._dead_bytes = 0
        self._buried: set[int] = set()
        self._blocked: dict[str, DeadLetter] = {}  # by trace, the event that was refused
        self._unusable: str | None = None
        self._files: list[int] = []
        self._events = self._letters = -1
        self._begin = self._end = 0  # of the events in their file, behind its first record
        self._last = 0
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        _at_fork(self)

    # -- taking events ----------------------------------------------------------------------------------------------------------

    def append(self, body: bytes, trace_id: str) -> int:
        """Takes an encoded event. When this returns, the event is on the disk.

        Returns:
            Its position: 1, 2, 3 … over the life of the spool.

        Raises:
            TraceBlocked: an earlier event of the trace was refused.
            SpoolFull: it would not fit in.
            SpoolWriteFailed: the disk refused.
        """
        with self._changed:
            self.check(trace_id)
            position = self._last + 1
            record = _records.frame(position, body)
            self._check_room(len(record))
            try:
                _records.write_at(self._events, self._end, record)
                _records.sync(self._events)
            except OSError as error:
                raise self._take_back(error) from error
            self._waiting.append(Place(position, self._end, len(record)))
            self._waiting_bytes += len(record)
            self._end += len(record)
            self._last = position
            self._changed.notify_all()
            return position

    def check(self, trace_id: str) -> None:
        """Raises what :meth:`append` would raise for the trace, whatever the event."""
        with self._changed:
            self._check_usable()
            if (refused := self._blocked.get(trace_id)) is not None:
                raise TraceBlocked(
                    f"an earlier event of trace {trace_id} was refused: {refused.error.get('message')}",
                    details={"trace_id": trace_id, "refused": refused.error},
                )

    def _check_usable(self) -> None:
        if self._unusable is not None:
            raise SpoolError(f"the spool {self.path} {self._unusable}")

    def _check_room(self, size: int) -> None:
        if len(self._waiting) >= self.max_events:
            limit, value = "max_events", self.max_events
        elif self._waiting_bytes + self._dead_bytes + size > self.max_bytes:
            limit, value = "max_bytes", self.max_bytes
        else:
            return
        raise SpoolFull(
            f"the spool {self.path} is full: {limit} is {value}",
            details={"limit": limit, limit: value, "waiting_events": len(self._waiting)},
        )

    def _take_back(self, error: OSError) -> SpoolWriteFailed:
        """After a failed write: the file is as it was before, on the disk too, or nothing more is taken."""
        unknown = False
        try:
            os.ftruncate(self._events, self._end)
            _records.sync(self._events)
        except OSError:
            unknown = True
            self._unusable = BAD_DISK
        return SpoolWriteFailed(
            f"the disk refused: {error.strerror or error}", details={"errno": error.errno, "outcome_unknown": unknown}
        )

    # -- letting them go --------------------------------------------------------------------------------------------------------

    def peek(self, max_events: int, max_bytes: int) -> list[Record]:
        """The oldest waiting events, in order; at least one if there is any."""
        with self._changed:
            self._check_usable()
            records: list[Record] = []
            size = 0
            for place in self._waiting:
                size += place.size
                if records and (len(records) >= max_events or size > max_bytes):
                    break
                found = _records.read_at(self._events, place.offset)
                if found is None or found[0] != place.position:
                    raise SpoolCorrupt(f"event {place.position} of the spool {self.path} cannot be read any more")
                records.append(Record(place.position, found[1], str(json.loads(found[1])["trace_id"])))
            return records

    def acknowledge(self, position: int) -> None:
        """Everything up to ``position`` has been answered for.

        A disk that refuses to be told is not an error: the events would be sent once more after a restart, and recognised.
        """
        with self._changed:
            self._check_usable()
            while self._waiting and self._waiting[0].position <= position:
                self._waiting_bytes -= self._waiting.popleft().size
            with contextlib.suppress(OSError):
                self._mark.move(position)
                self._give_space_back()
            self._changed.notify_all()

    def _give_space_back(self) -> None:
        start = self._waiting[0].offset if self._waiting else self._end
        if not self._waiting:
            os.ftruncate(self._events, self._begin)
            self._end = self._begin
        elif start - self._begin > max(self._waiting_bytes, REWRITE_ABOVE):
            self._rewrite()

    def _rewrite(self) -> None:
        """A new file with what waits takes the place of the old one."""
        aside = self.path / "events.tmp"
        new = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            end = 0
            for offset, size in [(0, self._begin), *((place.offset, place.size) for place in self._waiting)]:
                _records.write_at(new, end, os.pread(self._events, size, offset))
                end += size
            _records.sync(new)
            aside.replace(self.path / "events")
        except BaseException:
            os.close(new)
            aside.unlink(missing_ok=True)
            raise
        old, self._events = self._events, new
        self._files[self._files.index(old)] = new
        os.close(old)
        moved: deque[Place] = deque()
        at = self._begin
        for place in self._waiting:
            moved.append(Place(place.position, at, place.size))
            at += place.size
        self._waiting, self._end = moved, at
        try:
            _records.sync_directory(self.path)
        except OSError:
            # After a crash the old file could be back, without what is taken from now on.
            self._unusable = "met a disk that cannot promise the new file; open it again when the disk is well"
            raise

    # -- dead letters -----------------------------------------------------------------------------------------------------------

    def bury(self, record: Record, error: dict[str, Any], reason: str) -> None:
        """Makes a dead letter of an event, and blocks its trace. The event still waits until it is acknowledged.

        Raises:
            SpoolWriteFailed: the disk refused; nothing has changed.
        """
        with self._changed:
            self._check_usable()
            if record.position in self._buried:
                return
            letter = DeadLetter(record.position, reason, error, json.loads(record.body), now())
            self._write_letter(
                {"position": letter.position, "reason": reason, "error": error, "event": letter.event, "at": letter.at}
            )
            self._keep(letter)

    def refusal_before(self, record: Record) -> dict[str, Any] | None:
        """Why an event must not be sent: the error of an earlier one of its trace, or its own. None when it may."""
        with self._changed:
            refused = self._blocked.get(record.trace_id)
            return refused.error if refused is not None and refused.position <= record.position else None

    def dead_letters(self, trace_id: str | None = None) -> list[DeadLetter]:
        """The dead letters that wait for somebody to look, of one trace or all, in the order of their positions."""
        with self._changed:
            letters = [letter for letter in self._dead if trace_id in (None, letter.trace_id)]
        return sorted(letters, key=lambda letter: letter.position)

    def release(self, trace_id: str) -> list[DeadLetter]:
        """Lets a blocked trace take events again, and answers the dead letters it had.

        They stay in the file and are not sent. Whoever wants them in the log repairs them and appends them again, in order.

        Raises:
            SpoolError: the spool still holds events of the trace; ``flush`` first.
            SpoolWriteFailed: the disk refused; the trace is still blocked.
        """
        with self._changed:
            self._check_usable()
            letters = self.dead_letters(trace_id)
            if letters:
                if any(record.trace_id == trace_id for record in self.peek(len(self._waiting), 2 * self.max_bytes)):
                    raise SpoolError(f"the spool still holds events of trace {trace_id}; flush it first")
                self._write_letter({"released": trace_id, "at": now()})
                self._forget(trace_id)
            return letters

    def _write_letter(self, line: dict[str, Any]) -> None:
        data = json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"
        try:
            _records.write_at(self._letters, self._dead_bytes, data)
            _records.sync(self._letters)
        except OSError as error:
            try:
                os.ftruncate(self._letters, self._dead_bytes)
            except OSError:
                self._unusable = BAD_DISK
            raise SpoolWriteFailed(f"the disk refused a dead letter: {error.strerror or error}") from error
        self._dead_bytes += len(data)

    def _keep(self, letter: DeadLetter) -> None:
        self._dead.append(letter)
        self._buried.add(letter.position)
        self._blocked.setdefault(letter.trace_id, letter)

    def _forget(self, trace_id: str) -> None:
        self._dead = [letter for letter in self._dead if letter.trace_id != trace_id]
        self._blocked.pop(trace_id, None)

    # -- looking at it ----------------------------------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        with self._changed:
            return not self._waiting

    @property
    def last_position(self) -> int:
        """The position of the last event that was taken, 0 before the first."""
        with self._changed:
            return self._last

    def status(self) -> SpoolStatus:
        """How it stands."""
        with self._changed:
            return SpoolStatus(
                waiting_events=len(self._waiting),
                waiting_bytes=self._waiting_bytes + self._dead_bytes,
                dead_letters=len(self._dead),
                blocked_traces=tuple(sorted(self._blocked)),
                last_error=self.last_error if self._waiting else None,
            )

    def wait(self, ready: Callable[[], bool], timeout: float | None) -> bool:
        """Blocks until ``ready`` holds, which is looked at whenever the spool changes; False when time ran out."""
        with self._changed:
            return self._changed.wait_for(ready, timeout)

    def wait_sent(self, position: int, timeout: float) -> bool:
        """Blocks until everything up to ``position`` has been answered for; False when time ran out or it was closed."""
        return self.wait(lambda: bool(self._unusable) or self._sent(position), timeout) and self._sent(position)

    def _sent(self, position: int) -> bool:
        return not self._waiting or self._waiting[0].position > position

    def nudge(self) -> None:
        """Makes everybody who waits look again."""
        with self._changed:
            self._changed.notify_all()

    # -- opening and closing ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Lets go of it. What waits stays on the disk for whoever opens it next."""
        with self._changed:
            self._unusable = self._unusable or "is closed"
            for fd in self._files:
                os.close(fd)
            self._files.clear()
            self._changed.notify_all()

    def __enter__(self) -> Spool:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()

    def _open(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock()
            for left in self.path.glob("*.tmp"):
                left.unlink()
            self._events = self._file("events")
            self._letters = self._file("dead-letters.ndjson")
            self._mark = Mark(self._file("position"))
            self._load_letters()
            self._load_events()
            _records.sync_directory(self.path)
        except Damaged as error:
            advice = "move it aside and look at it: opening it would lose events"
            raise SpoolCorrupt(f"the spool {self.path} is damaged: {error}; {advice}") from error
        except OSError as error:
            raise SpoolWriteFailed(
                f"cannot open the spool {self.path}: {error.strerror or error}", details={"errno": error.errno}
            ) from error

    def _file(self, name: str) -> int:
        fd = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._files.append(fd)
        return fd

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError as error:
            raise SpoolError("a spool needs a POSIX system") from error
        try:
            fcntl.flock(self._file("lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SpoolLocked(f"another process, or another client of this one, has the spool {self.path}") from error

    def _load_letters(self) -> None:
        with os.fdopen(os.dup(self._letters), "rb") as file:
            file.seek(0)
            lines = file.read().split(b"\n")
        if torn := lines.pop():
            os.ftruncate(self._letters, os.fstat(self._letters).st_size - len(torn))
        self._dead_bytes = os.fstat(self._letters).st_size
        for number, line in enumerate(lines, start=1):
            try:
                entry = json.loads(line)
                if "released" in entry:
                    self._forget(entry["released"])
                else:
                    self._keep(DeadLetter(**entry))
            except (ValueError, TypeError) as error:
                raise Damaged(f"line {number} of dead-letters.ndjson is not one of ours") from error

    def _load_events(self) -> None:
        self._last = self._mark.value
        for place, body in _records.scan(self._events):
            if place.offset == 0:
                self._check_owner(place.position, body)
                self._begin = place.size
            elif place.position > self._mark.value:
                self._waiting.append(place)
                self._waiting_bytes += place.size
            self._last = max(self._last, place.position)
            self._end = place.offset + place.size
        os.ftruncate(self._events, self._end)
        if self._end == 0:
            head = json.dumps({"format": 1, "tenant_id": self.tenant_id}, separators=(",", ":")).encode("ascii")
            record = _records.frame(0, head)
            _records.write_at(self._events, 0, record)
            self._begin = self._end = len(record)
        _records.sync(self._events)

    def _check_owner(self, position: int, body: bytes) -> None:
        head = json.loads(body)
        if position != 0 or head.get("format") != 1:
            raise Damaged("the file events does not begin as it should")
        if head.get("tenant_id") != self.tenant_id:
            raise SpoolCorrupt(
                f"the spool {self.path} holds events of tenant {head.get('tenant_id')}, not {self.tenant_id}"
            )

    def _forked(self) -> None:
        """In a child process: the spool is the parent's. Closing these files leaves the parent's lock alone."""
        self._changed = threading.Condition(threading.RLock())
        self._unusable = "was opened before a fork and belongs to the parent process; make the client after it"
        for fd in self._files:
            with contextlib.suppress(OSError):
                os.close(fd)
        self._files = []


_open_spools: weakref.WeakSet[Spool] = weakref.WeakSet()


def _at_fork(spool: Spool) -> None:
    _open_spools.add(spool)


def _after_fork() -> None:
    for spool in list(_open_spools):
        spool._forked()
    _open_spools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
