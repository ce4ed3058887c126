"""The audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AuditEntry:
    """A row of the audit. ``kind``: act, refusal, sign_in, export. ``outcome``: done, asked, refused."""

    audit_seq: int
    kind: str
    action: str
    outcome: str
    recorded_at: str
    entry_hash: str
    previous_hash: str
    """``entry_hash`` of the row before: all rows are one chain."""
    principal: str | None = None
    agent: str | None = None
    """The program that acted for a person."""
    subject: str | None = None
    about_tenant: str | None = None
    address: str | None = None
    request_id: str | None = None
    details: Any = None


@dataclass(frozen=True)
class AuditPage:
    """A page of the audit."""

    entries: tuple[AuditEntry, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class AuditExport:
    """A part of the audit as lines, oldest first; the next part begins after ``next_after_seq``, None at the end."""

    lines: bytes
    next_after_seq: int | None = None
