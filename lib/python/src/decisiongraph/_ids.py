"""Ids and times, drawn in one place."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from datetime import datetime, timezone


def new_id() -> str:
    """A UUIDv7: unique across processes and machines, and ordered by time, which indexes like."""
    stamp = time.time_ns() // 1_000_000
    return _uuid((stamp & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big"), 7)


def derived_id(producer_id: str, idempotency_key: str) -> str:
    """The id of the event that a key of a producer stands for: a UUIDv8 from the SHA-256 of both.

    Whoever has the key has the id, so that an event made again after a crash is the same event.
    """
    text = f"{producer_id}\0{idempotency_key}".encode("utf-8", "surrogatepass")
    return _uuid(int.from_bytes(hashlib.sha256(text).digest()[:16], "big"), 8)


def exception_workflow(trace_id: str, exception_id: str) -> str:
    """The name of the item for an exception that a trace asked for."""
    return f"{trace_id.strip()}:exception:{exception_id.strip()}"


def _uuid(value: int, version: int) -> str:
    value = value & ~(0xF << 76) | version << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def now() -> str:
    """The present in the form of ``occurred_at``: UTC, six digits of a second, ``Z``."""
    return rfc3339(datetime.now(timezone.utc))


def rfc3339(when: datetime) -> str:
    """A point in time as the service takes it.

    Raises:
        ValueError: it has no offset, so nobody can know which moment it is.
    """
    if when.tzinfo is None:
        raise ValueError("a time needs an offset: datetime.now(timezone.utc), not datetime.now()")
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
