"""Ids and times, drawn in one place."""

from __future__ import annotations

import os
import time
import uuid
from datetime import datetime, timezone


def new_id() -> str:
    """A UUIDv7: unique across processes and machines, and ordered by time, which indexes like."""
    stamp = time.time_ns() // 1_000_000
    value = (stamp & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
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
