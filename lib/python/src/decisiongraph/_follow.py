"""Following the log as it grows, over connections that come and go.

The state of it is here, without a connection: what to ask for, what came, and what to do about an end. ``_sync`` and ``_async``
have the loops.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import _api, _core, models
from ._core import Send, Settings
from .errors import DecisionGraphError, InvalidResponse, Unavailable
from .models import StoredEvent
from .retry import RetryPolicy

SILENCE_S = 30.0
"""The service shows every ten seconds that a stream lives. Three times that is a connection that nobody serves."""
MAX_MESSAGE = 16 << 20
"""The longest message that is taken: an event has at most 1 MiB, and its text may be escaped."""


@dataclass
class Message:
    """One message of a stream of server-sent events. Without data it only moves the id."""

    event_id: str | None = None
    kind: str = ""
    data: list[str] = field(default_factory=list)


class Parser:
    """Pieces of text in, messages out. Pieces are cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._message = Message()
        self._size = 0

    def feed(self, piece: bytes) -> list[Message]:
        """The messages that this piece completes.

        Raises:
            Unavailable: a message never ends.
        """
        found: list[Message] = []
        text = self._rest + piece
        # A CR at the end may be half of a line's end.
        held = b"\r" if text.endswith(b"\r") else b""
        lines = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + held
        for line in lines:
            self._size += len(line)
            if line:
                self._take(line.decode("utf-8", "replace"))
            elif self._message != Message():
                found.append(self._message)
                self._message = Message()
                self._size = 0
        if self._size + len(self._rest) > MAX_MESSAGE:
            raise Unavailable("the stream of events sent a message that never ends")
        return found

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id" and "\0" not in value:
            self._message.event_id = value
        elif name == "event":
            self._message.kind = value
        elif name == "data":
            self._message.data.append(value)


class Following:
    """How far somebody who follows the log has come."""

    def __init__(
        self, settings: Settings, after: int | None, event_type: str | Sequence[str] | None, trace_id: str | None
    ) -> None:
        self._settings = settings
        types = [event_type] if isinstance(event_type, str) else event_type
        self._call = _api.stream(types, trace_id)
        self._policy = RetryPolicy(
            attempts=1 << 30,
            first_pause=settings.retry.first_pause,
            longest_pause=settings.retry.longest_pause,
            deadline=float("inf"),
        )
        self.position = after
        self.ready: deque[StoredEvent | InvalidResponse] = deque()
        self._last = after
        self._failed = 0
        self._parser = Parser()

    def request(self) -> Send:
        """What opens the stream, from where it was cut off."""
        self._parser = Parser()
        self._last = self.position
        send = _core.request(self._settings, self._call, SILENCE_S)
        headers = {**send.headers, "accept": "text/event-stream"}
        if self.position is not None:
            headers["last-event-id"] = str(self.position)
        return Send(send.method, send.url, headers, None, SILENCE_S)

    def feed(self, piece: bytes) -> None:
        """Takes a piece of the stream."""
        messages = self._parser.feed(piece)
        self._failed = self._failed if not piece else 0
        for message in messages:
            self._read(message)

    def _read(self, message: Message) -> None:
        at = message.event_id
        log_seq = int(at) if at is not None and at.isascii() and at.isdigit() else None
        if not message.data:
            if not self.ready and log_seq is not None:
                self.position = self._last = max(log_seq, self.position or 0)
            return
        if log_seq is not None and self._last is not None and log_seq <= self._last:
            return  # a repeat can only come from something in between; it was answered before
        try:
            self.ready.append(models.read(StoredEvent, json.loads("\n".join(message.data))))
        except (ValueError, InvalidResponse) as error:
            details = {"log_seq": log_seq}
            self.ready.append(InvalidResponse(f"an event of the stream cannot be read: {error}", details=details))
        else:
            self._last = log_seq

    def take(self) -> StoredEvent:
        """The next event that is there.

        Raises:
            InvalidResponse: it cannot be read; the one after it can.
        """
        event = self.ready.popleft()
        if isinstance(event, InvalidResponse):
            raise event
        self.position = event.log_seq
        return event

    def lost(self, error: DecisionGraphError) -> float:
        """Seconds to stay away after the stream broke.

        Raises:
            DecisionGraphError: that error, when waiting would not mend it.
        """
        if not error.is_transient:
            raise error
        self._failed += 1
        pause = self._policy.pause(self._failed, error.retry_after, 0.0, self._settings.jitter())
        return self._policy.longest_pause if pause is None else pause
