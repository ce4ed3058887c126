"""What goes into events: actors, entities, policies, facts.

Wherever one of these is taken, a plain mapping with the same keys is taken too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from ._ids import rfc3339

Json: TypeAlias = Any
"""Anything JSON can say without a fraction: None, bool, int, str, lists, mappings with text keys."""


@dataclass(frozen=True)
class Actor:
    """Who did it. ``actor_type`` is ``agent``, ``person``, ``role`` or ``system``."""

    actor_type: str
    actor_id: str


@dataclass(frozen=True)
class Source:
    """What sent the event. Idempotency keys are unique per ``producer_id``, so every producer has its own."""

    producer_id: str
    system: str
    subsystem: str | None = None


@dataclass(frozen=True)
class Entity:
    """A thing a decision is about: an order, a customer, a service."""

    entity_type: str
    entity_id: str
    system: str | None = None


@dataclass(frozen=True)
class Policy:
    """One version of a policy."""

    policy_id: str
    policy_version: str


@dataclass(frozen=True)
class InputSource:
    """Where an input was read."""

    system: str
    object_type: str
    object_id: str
    locator: str | None = None


@dataclass(frozen=True)
class Subject:
    """What an approval is about. ``subject_type`` is ``exception`` or ``action``."""

    subject_type: str
    subject_id: str


@dataclass(frozen=True)
class Violation:
    """A rule of a policy that was not met. ``details`` maps text to text."""

    code: str
    message: str
    details: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Evidence:
    """What a reason rests on."""

    source: InputSource | Mapping[str, Json]
    locator: str
    excerpt_redacted: str | None = None


@dataclass(frozen=True)
class Fact:
    """Something that was so. ``value`` is a plain Python value (see :func:`typed`); ``as_of`` says since when."""

    key: str
    value: Json
    as_of: str | datetime | None = None


@dataclass(frozen=True)
class Change:
    """What an action changes at ``path``."""

    path: str
    old_value: Json
    new_value: Json


def typed(value: Json) -> dict[str, str] | None:
    """A value as the contract keeps it: ``{"type": …, "value": text}``; None stays None.

    ``str``, ``bool``, ``int``, ``Decimal``, ``date`` and ``datetime`` have types of their own. A ``float`` becomes the decimal
    that it is written as. A mapping that already has exactly ``type`` and ``value`` is kept; anything else is JSON.

    Raises:
        ValueError: a number that is not finite, or a datetime without an offset.
    """
    if value is None:
        return None
    if isinstance(value, Mapping) and value.keys() == {"type", "value"}:
        return {"type": str(value["type"]), "value": str(value["value"])}
    if isinstance(value, bool):
        return {"type": "bool", "value": "true" if value else "false"}
    if isinstance(value, str):
        return {"type": "string", "value": value}
    if isinstance(value, int):
        return {"type": "int", "value": str(value)}
    if isinstance(value, (float, Decimal)):
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        if not exact.is_finite():
            raise ValueError(f"{value} is not a number that can be recorded")
        return {"type": "decimal", "value": f"{exact:f}"}
    if isinstance(value, datetime):
        return {"type": "datetime", "value": rfc3339(value)}
    if isinstance(value, date):
        return {"type": "date", "value": value.isoformat()}
    return {
        "type": "json",
        "value": json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False),
    }


def plain(value: Json) -> Json:
    """A value of this module, or a container of them, as plain JSON, all keys written, nulls included."""
    if isinstance(value, Fact):
        as_of = rfc3339(value.as_of) if isinstance(value.as_of, datetime) else value.as_of
        return {"key": value.key, "value": typed(value.value), "as_of": as_of}
    if isinstance(value, Change):
        return {"path": value.path, "old_value": typed(value.old_value), "new_value": typed(value.new_value)}
    if isinstance(value, _PLAIN):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


_PLAIN = (Actor, Source, Entity, Policy, InputSource, Subject, Violation, Evidence)
