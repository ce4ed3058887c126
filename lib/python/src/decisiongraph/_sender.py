"""Sending what a spool holds, in order, from a thread of its own.

The same thread serves the sync and the async client: a spool is files and locks, and an event loop would not make them wait any better.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from . import _api, models
from ._core import Settings, perform
from ._transport import Wire
from .errors import ApiError, DecisionGraphError
from .retry import NEVER, RetryPolicy
from .spool import Record, Spool

T = TypeVar("T")
log = logging.getLogger("decisiongraph.spool")

BATCH_EVENTS = 500
BATCH_BYTES = 4 << 20
PAUSES = RetryPolicy(attempts=1 << 30, first_pause=0.1, longest_pause=5.0, deadline=float("inf"))
REFUSALS = frozenset({400, 409, 413, 422})
"""With these, the service says no to an event. Anything else is about the account, the tenant or the service: the event waits."""


class Sender:
    """Works a spool off until it is stopped. Made by a client; the thread starts with the first event that waits."""

    def __init__(self, spool: Spool, settings: Settings, wire: Callable[[], Wire]) -> None:
        self._spool = spool
        self._settings = settings
        self._make_wire = wire
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self.last_log_seq = 0
        """The last position in the log of an event that this sender brought there."""
        if not spool.is_empty:
            self.wake()

    def wake(self) -> None:
        """There is something to send."""
        with self._guard:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="decisiongraph-spool", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends the thread. A request under way is waited for, as long as its timeout allows."""
        with self._guard:
            self._stopping.set()
            thread = self._thread
        self._spool.nudge()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        wire = self._make_wire()
        failed = 0
        try:
            while self._wait_for_work():
                try:
                    self._send_batch(wire)
                except (DecisionGraphError, OSError) as error:
                    failed += 1
                    self._tell(error, failed)
                    asked = getattr(error, "retry_after", None)
                    pause = PAUSES.pause(failed, asked, 0.0, self._settings.jitter())
                    self._stopping.wait(pause)
                else:
                    failed, self._spool.last_error = 0, None
        except Exception as error:
            self._spool.last_error = error
            log.exception("sending from the spool %s stopped", self._spool.path)
            raise
        finally:
            wire.close()

    def _wait_for_work(self) -> bool:
        self._spool.wait(lambda: self._stopping.is_set() or not self._spool.is_empty, None)
        return not self._stopping.is_set()

    def _tell(self, error: Exception, failed: int) -> None:
        before, self._spool.last_error = self._spool.last_error, error
        if failed == 1 or getattr(before, "code", None) != getattr(error, "code", None):
            log.warning("events wait in the spool %s: %s", self._spool.path, error)

    def _send_batch(self, wire: Wire) -> None:
        """Sends the oldest events as one transaction, without those that the service refuses, and acknowledges them.

        Raises:
            DecisionGraphError: nothing can be sent now. What was not acknowledged is still there.
        """
        batch = self._spool.peek(BATCH_EVENTS, BATCH_BYTES)
        while going := [record for record in batch if self._spool.refusal_before(record) is None]:
            try:
                call = _api.append_batch([record.body for record in going], "atomic")
                self._delivered(wire.run(perform(self._settings, call, NEVER)))
                break
            except ApiError as error:
                at = _first_refused(error)
                # Without the service's envelope it is the word of something in between, which knows nothing about events.
                meant = error.status in REFUSALS and error.code != "invalid_response"
                if at is None and len(going) > 1 and error.status in REFUSALS:
                    # It does not say which one it means. One at a time, it can only mean that.
                    batch = [record for record in batch if record.position <= going[0].position]
                    continue
                if error.is_transient or not (at is not None or meant):
                    raise
                self._bury(going[at or 0], error, at)
        for record in batch:
            if (refusal := self._spool.refusal_before(record)) is not None:
                self._spool.bury(record, refusal, "follows")
        self._spool.acknowledge(batch[-1].position)

    def _delivered(self, result: models.BatchResult) -> None:
        self.last_log_seq = max(self.last_log_seq, result.last_log_seq)

    def _bury(self, record: Record, error: ApiError, at: int | None) -> None:
        said: dict[str, Any] = {"code": error.code, "message": error.message, "details": error.details}
        for item in error.details.get("results", ()):
            if at is not None and item["index"] == at:
                said = dict(item["error"])
        said |= {"status": error.status, "request_id": error.request_id}
        self._spool.bury(record, said, "refused")
        log.error(
            "the service refused event %d of trace %s for good: %s; see %s",
            record.position,
            record.trace_id,
            said.get("message"),
            self._spool.path / "dead-letters.ndjson",
        )


def _first_refused(error: ApiError) -> int | None:
    """The first event of a batch that was refused by itself. Later ones may only have missed it."""
    results = error.details.get("results")
    if not isinstance(results, list) or not results:
        return None
    return min(int(item["index"]) for item in results)
