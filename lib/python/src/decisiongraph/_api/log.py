"""Every call of the API as a value: what to send, and how to read the answer. No I/O here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypedDict, TypeVar
from urllib.parse import quote

from .. import models
from ..errors import InvalidArgument, InvalidResponse
from ..events import encode
from ..values import Json

T = TypeVar("T")
Query = tuple[tuple[str, str], ...]
Envelope = dict[str, Any]

JSON = "application/json"
API = "/api/v1"


@dataclass(frozen=True)
class Freshness:
    """How current the projections behind a read must be. Without any: whatever there is now, and ``meta`` says how far it goes.

    Attributes:
        min_log_seq: the answer contains this event, or :class:`OutOfDate`.
        wait_s: for ``min_log_seq`` and ``as_of_log_seq``: the service waits up to so many seconds (at most 30) first.
        strict: the answer contains every event of the tenant, or :class:`OutOfDate`.
        as_of_log_seq: the answer is what it was when the log ended there. For traces, graph and precedents.
    """

    min_log_seq: int | None = None
    wait_s: float = 5.0
    strict: bool = False
    as_of_log_seq: int | None = None

    def query(self) -> Query:
        """As query parameters."""
        if self.strict:
            return (("freshness", "strict"), *_query(as_of_log_seq=self.as_of_log_seq))
        waits = self.min_log_seq is not None or self.as_of_log_seq is not None
        return _query(
            min_log_seq=self.min_log_seq,
            wait_ms=self.wait_ms if waits else None,
            as_of_log_seq=self.as_of_log_seq,
        )

    @property
    def wait_ms(self) -> int:
        """The wait in milliseconds, as the service takes it."""
        return max(0, min(int(self.wait_s * 1000), 30_000))


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


NOW = Freshness()
STRICT = Freshness(strict=True)


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call.

    Attributes:
        repeatable: it may be made twice: a read, or a write that the service recognises when it comes again. Others are only repeated
            while nothing can have taken effect.
        patience: seconds the service may think before its answer, on top of the usual timeout.
    """

    method: str
    path: str
    read: Callable[[Envelope], T]
    query: Query = ()
    body: bytes | None = None
    content_type: str = JSON
    repeatable: bool = True
    anonymous: bool = False
    patience: float = 0.0


def segment(what: str, value: str) -> str:
    """One id as one path segment, everything but unreserved characters encoded.

    Raises:
        InvalidArgument: empty, ``.`` and ``..``: URLs resolve these away, and another resource would be asked for.
    """
    value = str(value)
    if value in {"", ".", ".."}:
        raise InvalidArgument(f"{value!r} cannot be used as {what} in an address", code="invalid_argument")
    return quote(value, safe="")


def _query(**given: Any) -> Query:
    pairs: list[tuple[str, str]] = []
    for name, value in given.items():
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            pairs.extend((name, str(item)) for item in value)
        elif isinstance(value, bool):
            pairs.append((name, "true" if value else "false"))
        else:
            pairs.append((name, str(value)))
    return tuple(pairs)


def _data(envelope: Envelope) -> Any:
    if not isinstance(envelope.get("data"), dict):
        raise InvalidResponse("the answer has no data", body=envelope)
    return envelope["data"]


def _as(kind: type[T]) -> Callable[[Envelope], T]:
    return lambda envelope: models.read(kind, _data(envelope))


def _fresh(kind: type[T]) -> Callable[[Envelope], T]:
    return lambda envelope: models.read(kind, {**_data(envelope), "meta": envelope.get("meta")})


def _under(kind: type[T], key: str) -> Callable[[Envelope], T]:
    return lambda envelope: models.read(kind, _data(envelope).get(key))


def whole(call: Call[Any]) -> Call[Envelope]:
    """The same call, answered with the whole envelope."""
    return replace(call, read=lambda envelope: envelope)


def _get(path: str, read: Callable[[Envelope], T], query: Query = (), fresh: Freshness = NOW) -> Call[T]:
    asked = fresh.query()
    patience = fresh.wait_ms / 1000 if any(name == "wait_ms" for name, _ in asked) else 0.0
    return Call("GET", f"{API}{path}", read, query + asked, patience=patience)


def _post(path: str, read: Callable[[Envelope], T], body: Json = None, *, repeatable: bool = False) -> Call[T]:
    content = None if body is None else json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return Call("POST", f"{API}{path}", read, body=content, repeatable=repeatable)


def healthz() -> Call[Envelope]:
    """The probe; needs neither token nor tenant."""
    return Call("GET", "/api/healthz", lambda envelope: envelope, anonymous=True)


def append(body: bytes) -> Call[models.Appended]:
    """One encoded event. Repeatable, because its idempotency key makes it so."""
    return Call("POST", f"{API}/events", _appended, body=body)


def _appended(envelope: Envelope) -> models.Appended:
    data = _data(envelope)
    event = models.read(models.StoredEvent, data.get("event"))
    return models.Appended(event.event_id, event.trace_id, event.idempotency_key, event, bool(data.get("replayed")))


def append_batch(bodies: Iterable[bytes], mode: Literal["independent", "atomic"]) -> Call[models.BatchResult]:
    """Encoded events in one request."""
    body = b'{"events":[' + b",".join(bodies) + b'],"mode":"' + mode.encode() + b'"}'
    return Call("POST", f"{API}/events:batch", _as(models.BatchResult), body=body)


def append_events(
    events: Iterable[Mapping[str, Json]], mode: Literal["independent", "atomic"]
) -> Call[models.BatchResult]:
    """Events in one request."""
    return append_batch([encode(event) for event in events], mode)


def trace(trace_id: str, fresh: Freshness = NOW) -> Call[models.TraceDetail]:
    """A trace with its events."""
    return _get(f"/traces/{segment('a trace id', trace_id)}", _fresh(models.TraceDetail), (), fresh)


def trace_events(trace_id: str, after_trace_seq: int | None, limit: int) -> Call[models.TraceEventPage]:
    """A page of a trace's events."""
    path = f"/traces/{segment('a trace id', trace_id)}/events"
    return _get(path, _as(models.TraceEventPage), _query(after_trace_seq=after_trace_seq, limit=limit))


def events(
    after: int, until: int | None, event_type: str | None, trace_id: str | None, limit: int
) -> Call[models.EventPage]:
    """A page of the log."""
    query = _query(after=after, until=until, event_type=event_type, trace_id=trace_id, limit=limit)
    return _get("/events", _as(models.EventPage), query)


def stream(event_type: Sequence[str] | None, trace_id: str | None) -> Call[None]:
    """The log as it grows. Its answer is read piece by piece."""
    return _get("/events/stream", lambda _: None, _query(event_type=_list(event_type), trace_id=trace_id))


def traces(filters: Mapping[str, Any], fresh: Freshness = NOW) -> Call[models.TracePage]:
    """A page of the trace list."""
    return _get("/traces", _fresh(models.TracePage), _query(**filters), fresh)


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
    query = _query(
        node_type=node_type,
        node_id=node_id,
        max_depth=max_depth,
        max_nodes=max_nodes,
        max_edges=max_edges,
        edge_types=_list(edge_types),
        node_types=_list(node_types),
    )
    return _get("/graph/context", _fresh(models.Subgraph), query, fresh)


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
    query = _query(
        node_type=node_type,
        node_id=node_id,
        direction=direction,
        limit=limit,
        cursor=cursor,
        cursor_edge_key=cursor_edge_key,
        cursor_log_seq=cursor_log_seq,
    )
    return _get("/graph/edges", _fresh(models.EdgePage), query, fresh)


def precedents(filters: Mapping[str, Any], limit: int, fresh: Freshness = NOW) -> Call[models.Precedents]:
    """Finished traces by exact match."""
    return _get("/precedents", _fresh(models.Precedents), _query(**filters, limit=limit), fresh)


def projection_health() -> Call[models.Health]:
    """Where the projections stand."""
    return _get("/projections/health", _as(models.Health))


def digests(fresh: Freshness = NOW) -> Call[models.Digests]:
    """The digests of now."""
    return _get("/digests", _as(models.Digests), (), fresh)


def me() -> Call[models.Me]:
    """The account behind the token."""
    return _get("/me", _as(models.Me))


def sign_in(user_id: str, password: str, address: str | None) -> Call[models.SignedIn]:
    """A session for a person. Not repeatable: each one counts."""
    body = {"user_id": user_id, "password": password} | ({} if address is None else {"address": address})
    return _post("/sessions", _as(models.SignedIn), body)


def sign_out() -> Call[Envelope]:
    """Ends the session that it is called with."""
    return _post("/sessions/end", lambda envelope: envelope)


def start_replay(
    projection: str, mode: str, reason: str | None, metadata: Mapping[str, Json] | None
) -> Call[models.Run]:
    """Queues a run. Not repeatable: a second one is another run."""
    body = {"projection": projection, "mode": mode, "reason": reason, "metadata": metadata}
    body = {key: value for key, value in body.items() if value is not None}
    return _post("/admin/replays", _under(models.Run, "run"), body)


def replay_status(job_id: str) -> Call[models.Run]:
    """A run."""
    return _get(f"/admin/replays/{segment('a job id', job_id)}", _under(models.Run, "run"))


def cancel_replay(job_id: str) -> Call[models.Run]:
    """Cancels a run."""
    return _post(f"/admin/replays/{segment('a job id', job_id)}/cancel", _under(models.Run, "run"))


def workflows(filters: Mapping[str, Any]) -> Call[models.WorkflowPage]:
    """What waits."""
    return _get("/workflows", _as(models.WorkflowPage), _query(**filters))


def workflow(workflow_id: str) -> Call[models.WorkflowDetail]:
    """One item."""
    return _get(f"/workflows/{segment('a workflow id', workflow_id)}", _as(models.WorkflowDetail))


def act_on_workflow(workflow_id: str, action: str, fields: Mapping[str, Any]) -> Call[models.Workflow]:
    """Something that is done with an item. Not repeatable by itself: whoever wants that sends the same request id."""
    body = {"action": action} | {key: value for key, value in fields.items() if value is not None}
    path = f"/workflows/{segment('a workflow id', workflow_id)}/actions"
    return _post(path, _under(models.Workflow, "workflow"), body)


def workflow_wait(workflow_id: str, timeout: int) -> Call[models.WorkflowWaited]:
    """Waits at the service, for so many seconds at most."""
    path = f"/workflows/{segment('a workflow id', workflow_id)}/wait"
    return replace(_get(path, _as(models.WorkflowWaited), _query(timeout=timeout)), patience=float(timeout))


def export_workflow(workflow_id: str) -> Call[Envelope]:
    """Everything about one review item."""
    path = f"/admin/workflows/{segment('a workflow id', workflow_id)}/export"
    return _get(path, lambda envelope: envelope)


def _list(items: Sequence[str] | None) -> list[str] | None:
    if isinstance(items, str):
        raise TypeError("a list of texts is due, not a text")
    return None if items is None else list(items)
