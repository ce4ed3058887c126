"""The calls about the log, what is read from it, and who calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from .. import models
from ..events import encode
from ..values import Json
from .call import (
    API,
    NOW,
    Call,
    Envelope,
    Freshness,
    all_under,
    data,
    get,
    listed,
    one,
    post,
    query,
    segment,
    with_meta,
)


class TraceSearch(TypedDict, total=False):
    """What a trace has to be to be listed; see ``GET /traces`` in the API's documentation. All given ones hold together."""

    workflow: str
    outcome: str
    status: Literal["open", "finished"]
    entity_type: str
    entity_id: str
    policy: str
    actor: str
    tag: str | Sequence[str]
    fact: str | Sequence[str]
    q: str
    started_after: str
    started_before: str
    include: Literal["companions"]
    order: Literal["activity", "started"]
    count: bool
    limit: int
    cursor: str | None


def healthz() -> Call[Envelope]:
    """The probe; needs neither token nor tenant."""
    return Call("GET", "/api/healthz", lambda envelope: envelope, anonymous=True)


def append(body: bytes) -> Call[models.Appended]:
    """One encoded event. Repeatable, because its idempotency key makes it so."""
    return Call("POST", f"{API}/events", _appended, body=body)


def _appended(envelope: Envelope) -> models.Appended:
    answer = data(envelope)
    event = models.read(models.StoredEvent, answer.get("event"))
    return models.Appended(event.event_id, event.trace_id, event.idempotency_key, event, bool(answer.get("replayed")))


def append_batch(bodies: Iterable[bytes], mode: Literal["independent", "atomic"]) -> Call[models.BatchResult]:
    """Encoded events in one request."""
    body = b'{"events":[' + b",".join(bodies) + b'],"mode":"' + mode.encode() + b'"}'
    return Call("POST", f"{API}/events:batch", one(models.BatchResult), body=body)


def append_events(
    events: Iterable[Mapping[str, Json]], mode: Literal["independent", "atomic"]
) -> Call[models.BatchResult]:
    """Events in one request."""
    return append_batch([encode(event) for event in events], mode)


def validate_events(
    events: Iterable[Mapping[str, Json]], mode: Literal["independent", "atomic"]
) -> Call[models.Validation]:
    """Says what would become of events."""
    return post("/events:validate", one(models.Validation), {"events": list(events), "mode": mode}, repeatable=True)


def event_types() -> Call[tuple[models.EventType, ...]]:
    """Every type of event."""
    return get("/event-types", all_under(models.EventType, "event_types"))


def event_type(name: str) -> Call[models.EventType]:
    """One of them, with its schemas."""
    return get(f"/event-types/{segment('an event type', name)}", one(models.EventType))


def trace(trace_id: str, fresh: Freshness = NOW) -> Call[models.TraceDetail]:
    """A trace with its events."""
    return get(f"/traces/{segment('a trace id', trace_id)}", with_meta(models.TraceDetail), (), fresh)


def trace_events(trace_id: str, after_trace_seq: int | None, limit: int) -> Call[models.TraceEventPage]:
    """A page of a trace's events."""
    path = f"/traces/{segment('a trace id', trace_id)}/events"
    return get(path, one(models.TraceEventPage), query(after_trace_seq=after_trace_seq, limit=limit))


def events(
    after: int, until: int | None, event_type: str | None, trace_id: str | None, limit: int
) -> Call[models.EventPage]:
    """A page of the log."""
    asked = query(after=after, until=until, event_type=event_type, trace_id=trace_id, limit=limit)
    return get("/events", one(models.EventPage), asked)


def stream(event_type: Sequence[str] | None, trace_id: str | None) -> Call[None]:
    """The log as it grows. Its answer is read piece by piece."""
    return get("/events/stream", lambda _: None, query(event_type=listed(event_type), trace_id=trace_id))


def traces(filters: Mapping[str, Any], fresh: Freshness = NOW) -> Call[models.TracePage]:
    """A page of the trace list."""
    return get("/traces", with_meta(models.TracePage), query(**filters), fresh)


def context(
    node_type: str,
    node_id: str,
    max_depth: int,
    max_nodes: int | None,
    max_edges: int | None,
    edge_types: Sequence[str] | None,
    node_types: Sequence[str] | None,
    fresh: Freshness = NOW,
) -> Call[models.Subgraph]:
    """The neighbourhood of a node."""
    asked = query(
        node_type=node_type,
        node_id=node_id,
        max_depth=max_depth,
        max_nodes=max_nodes,
        max_edges=max_edges,
        edge_types=listed(edge_types),
        node_types=listed(node_types),
    )
    return get("/graph/context", with_meta(models.Subgraph), asked, fresh)


def edges(
    node_type: str,
    node_id: str,
    direction: str,
    limit: int,
    *,
    cursor: str | None = None,
    cursor_edge_key: str | None = None,
    cursor_log_seq: int | None = None,
    fresh: Freshness = NOW,
) -> Call[models.EdgePage]:
    """A page of a node's edges."""
    asked = query(
        node_type=node_type,
        node_id=node_id,
        direction=direction,
        limit=limit,
        cursor=cursor,
        cursor_edge_key=cursor_edge_key,
        cursor_log_seq=cursor_log_seq,
    )
    return get("/graph/edges", with_meta(models.EdgePage), asked, fresh)


def precedents(filters: Mapping[str, Any], limit: int, fresh: Freshness = NOW) -> Call[models.Precedents]:
    """Finished traces by exact match."""
    return get("/precedents", with_meta(models.Precedents), query(**filters, limit=limit), fresh)


def projection_health() -> Call[models.Health]:
    """Where the projections stand."""
    return get("/projections/health", one(models.Health))


def digests(fresh: Freshness = NOW) -> Call[models.Digests]:
    """The digests of now."""
    return get("/digests", one(models.Digests), (), fresh)


def me() -> Call[models.Me]:
    """The account behind the token."""
    return get("/me", one(models.Me))
