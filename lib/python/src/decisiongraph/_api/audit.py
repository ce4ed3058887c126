"""The calls about the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from .. import models
from .call import Call, get, lines, one, query

EXPORT_S = 300.0
NEXT_AFTER = "x-dg-next-after-seq"


class AuditFilter(TypedDict, total=False):
    """Which rows; what is absent lets all through."""

    kind: Literal["act", "refusal", "sign_in", "export"]
    action: str
    outcome: Literal["done", "asked", "refused"]
    principal: str
    subject: str
    about_tenant: str
    since: str
    until: str


class AuditSearch(AuditFilter, total=False):
    """Which rows, in which order, and how many at once."""

    order: Literal["newest", "oldest"]
    after_seq: int
    limit: int
    cursor: str | None


def page(filters: Mapping[str, Any]) -> Call[models.AuditPage]:
    """A page of the audit."""
    return get("/admin/audit", one(models.AuditPage), query(**filters))


def export(after_seq: int, until_seq: int | None, filters: Mapping[str, Any]) -> Call[models.AuditExport]:
    """A part of the audit as lines."""
    asked = query(**filters, after_seq=after_seq, until_seq=until_seq)
    return lines("/admin/audit/export", _part, asked, EXPORT_S)


def _part(body: bytes, headers: Mapping[str, str]) -> models.AuditExport:
    following = headers.get(NEXT_AFTER)
    return models.AuditExport(body, int(following) if following is not None else None)
