"""Building events: one function per type for the payload, and the envelope around it.

Everything here is a pure function. Keys that are optional and empty are left out of a payload, exactly as the reference does
it, because a payload is hashed as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ._ids import derived_id
from .errors import InvalidEvent
from .values import Actor, Change, Entity, Evidence, Fact, InputSource, Json, Policy, Source, Subject, Violation, plain

MAX_EVENT_BYTES = 1 << 20
"""The service's limit for one event."""
MAX_DEPTH = 32
"""How deep a payload may nest."""
MAX_ID_BYTES = 512
MAX_KEY_BYTES = 200

Payload = dict[str, Any]
Event = dict[str, Any]
"""An event on its way to the service: the envelope of ``POST /events``."""


class EventOptions(TypedDict, total=False):
    """What every recording call takes besides the payload. All of it is optional.

    Attributes:
        actor: who did it; else the client's.
        source: what sends it; else the client's.
        occurred_at: when it happened, RFC 3339 with an offset; else now. Kept as given.
        idempotency_key: 1 to 200 bytes; else a new one. The same key of a producer stands for the same event for ever, so a key
            of your own makes a call repeatable across a crash of your process.
        event_id: unique in the tenant; else made from producer and key where the key is given, and new otherwise.
        correlation_id: ties events of several traces together.
        causation_event_id: the event this one follows from. A :class:`Trace` sets it by itself.
        schema_version: of the payload; else 1.
        tags: labels to search for.
    """

    actor: Actor | Mapping[str, Json]
    source: Source | Mapping[str, Json]
    occurred_at: str
    idempotency_key: str
    event_id: str
    correlation_id: str | None
    causation_event_id: str | None
    schema_version: int
    tags: Sequence[str]


def trace_started(
    workflow: str,
    title: str,
    primary_entity: Entity | Mapping[str, Json],
    context: Mapping[str, str] | None = None,
) -> Payload:
    """Payload of ``TraceStarted``."""
    payload = {"workflow": workflow, "title": title, "primary_entity": _entity(primary_entity)}
    return payload | _given(context=context)


def input_observed(
    input_id: str, input_source: InputSource | Mapping[str, Json], facts: Sequence[Fact | Mapping[str, Json]]
) -> Payload:
    """Payload of ``InputObserved``."""
    return {"input_id": input_id, "source": plain(input_source), "facts": plain(list(facts))}


def entity_observed(
    entity: Entity | Mapping[str, Json], role: str, facts: Sequence[Fact | Mapping[str, Json]]
) -> Payload:
    """Payload of ``EntityObserved``. ``role`` is ``primary`` or ``related``."""
    return {"entity": _entity(entity), "role": role, "facts": plain(list(facts))}


def policy_evaluated(
    policy: Policy | Mapping[str, Json],
    inputs: Sequence[Json],
    decision: str,
    violations: Sequence[Violation | Mapping[str, Json]] | None = None,
    explanation: Mapping[str, Json] | None = None,
) -> Payload:
    """Payload of ``PolicyEvaluated``. ``decision`` is ``allow``, ``deny`` or ``require_exception``."""
    payload = {"policy": plain(policy), "inputs": plain(list(inputs)), "decision": decision}
    return payload | _given(violations=violations, explanation=explanation)


def exception_requested(
    exception_id: str,
    policy: Policy | Mapping[str, Json],
    reason: str,
    evidence: Sequence[Evidence | Mapping[str, Json]] | None = None,
) -> Payload:
    """Payload of ``ExceptionRequested``."""
    payload = {"exception_id": exception_id, "policy": plain(policy), "reason": reason}
    return payload | _given(evidence=evidence)


def approval_recorded(
    approval_id: str,
    subject: Subject | Mapping[str, Json],
    approver: Actor | Mapping[str, Json],
    decision: str,
    reason: str | None = None,
    evidence: Sequence[Evidence | Mapping[str, Json]] | None = None,
) -> Payload:
    """Payload of ``ApprovalRecorded``. ``decision`` is ``approved`` or ``rejected``."""
    payload = {
        "approval_id": approval_id,
        "subject": plain(subject),
        "approver": plain(approver),
        "decision": decision,
    }
    return payload | _known(reason=reason) | _given(evidence=evidence)


def precedent_cited(cited_trace_id: str, reason: str, similarity_score: str | None = None) -> Payload:
    """Payload of ``PrecedentCited``. The score is text: a number with a fraction cannot be recorded."""
    return {"cited_trace_id": cited_trace_id, "reason": reason} | _known(similarity_score=similarity_score)


def action_proposed(
    action_id: str,
    action_type: str,
    target_entity: Entity | Mapping[str, Json],
    target_system: str,
    changes: Sequence[Change | Mapping[str, Json]],
) -> Payload:
    """Payload of ``ActionProposed``."""
    return {
        "action_id": action_id,
        "action_type": action_type,
        "target_entity": _entity(target_entity),
        "target_system": target_system,
        "changes": plain(list(changes)),
    }


def action_committed(
    action_id: str, status: str, external_reference: str | None = None, error: str | None = None
) -> Payload:
    """Payload of ``ActionCommitted``. ``status`` is ``success``, ``failure`` or ``partial``."""
    return {"action_id": action_id, "status": status} | _known(external_reference=external_reference, error=error)


def trace_finished(outcome: str, summary: str | None = None) -> Payload:
    """Payload of ``TraceFinished``. ``outcome`` is ``success``, ``failure`` or ``abandoned``."""
    return {"outcome": outcome} | _given(summary=summary)


def envelope(
    trace_id: str, event_type: str, payload: Mapping[str, Json], options: Mapping[str, Any], *, new_id: str, now: str
) -> Event:
    """The whole event. ``new_id`` becomes its id and key where ``options`` name none; ``trace_seq`` is left to the service."""
    if unknown := options.keys() - EventOptions.__optional_keys__:
        raise TypeError(f"unknown argument {sorted(unknown)[0]!r}")
    for needed in ("actor", "source"):
        if options.get(needed) is None:
            raise InvalidEvent(f"the event has no {needed}: give one to the client or to the call")
    source = plain(options["source"])
    key = options.get("idempotency_key")
    event: Event = {
        "event_id": options.get("event_id") or (derived_id(str(source.get("producer_id")), key) if key else new_id),
        "trace_id": str(trace_id),
        "event_type": event_type,
        "occurred_at": options.get("occurred_at") or now,
        "source": source,
        "actor": plain(options["actor"]),
        "idempotency_key": key or new_id,
        "payload": plain(payload),
        "schema_version": options.get("schema_version", 1),
        "tags": list(options.get("tags") or ()),
    }
    return event | _known(
        correlation_id=options.get("correlation_id"), causation_event_id=options.get("causation_event_id")
    )


def fixed_key(verb: str, trace_id: str) -> str:
    """The key of an event that a trace has once: ``start:<trace_id>``. A long id is hashed, because keys are short."""
    key = f"{verb}:{trace_id}"
    if len(key.encode()) <= MAX_KEY_BYTES:
        return key
    return f"{verb}:sha256:{hashlib.sha256(str(trace_id).encode()).hexdigest()}"


def encode(event: Mapping[str, Json]) -> bytes:
    """An event as the bytes that are sent, and kept by a spool: compact JSON in ASCII, keys sorted.

    Raises:
        InvalidEvent: what no service would ever take, found before anything is promised: a number with a fraction, something that
            is not JSON, a missing or oversized id or key, too deep, or above 1 MiB.
    """
    for name, limit in (("event_id", MAX_ID_BYTES), ("trace_id", MAX_ID_BYTES), ("idempotency_key", MAX_KEY_BYTES)):
        text = event.get(name)
        if not isinstance(text, str) or not text.strip():
            raise _invalid(f"{name} must be a text that is not blank", f"/{name}")
        if len(text.encode("utf-8", "surrogatepass")) > limit:
            raise _invalid(f"{name} is longer than {limit} bytes", f"/{name}")
    for name, value in event.items():
        _check_json(value, f"/{name}", 1)
    body = json.dumps(event, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(body) > MAX_EVENT_BYTES:
        raise _invalid(f"the event has {len(body)} bytes, {MAX_EVENT_BYTES} are taken", "")
    return body


def _check_json(value: Json, pointer: str, depth: int) -> None:
    if value is None or isinstance(value, (bool, int)):
        return
    if isinstance(value, str):
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise _invalid("a text holds half of a surrogate pair", pointer)
        return
    if isinstance(value, float):
        raise _invalid("a number with a fraction cannot be recorded: use text, or Fact and Change", pointer)
    if not isinstance(value, (Mapping, list, tuple)):
        raise _invalid(f"{type(value).__name__} is not JSON", pointer)
    if depth > MAX_DEPTH:
        raise _invalid(f"nested deeper than {MAX_DEPTH} levels", pointer)
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _invalid("a key of an object must be a text", pointer)
            _check_json(key, pointer, depth)
            _check_json(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", depth + 1)
    else:
        for index, item in enumerate(value):
            _check_json(item, f"{pointer}/{index}", depth + 1)


def _invalid(message: str, pointer: str) -> InvalidEvent:
    return InvalidEvent(message, details={"pointer": pointer})


def _entity(entity: Entity | Mapping[str, Json]) -> Payload:
    return {"system": None, **plain(entity)}


def _given(**optional: Any) -> Payload:
    """Without what is empty or None."""
    return {key: plain(list(value) if isinstance(value, tuple) else value) for key, value in optional.items() if value}


def _known(**optional: Any) -> Payload:
    """Without what is None."""
    return {key: plain(value) for key, value in optional.items() if value is not None}
