"""What the service answers, as types.

Keys that a newer service adds are ignored. Positions (``log_seq``) count the tenant's log from 1, places in a trace (``trace_seq``) from
0. Times are RFC 3339 text, ids are text.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ..errors import InvalidResponse
from ..values import Actor, Source

T = TypeVar("T")


@dataclass(frozen=True)
class Meta:
    """How far the projection behind an answer had come."""

    applied_seq: int
    """The answer holds every event up to here."""
    head_seq: int
    """The end of the tenant's log at that moment."""
    generation: int = 0
    as_of_log_seq: int | None = None


@dataclass(frozen=True)
class StoredEvent:
    """An event as the log has it."""

    tenant_id: str
    log_seq: int
    trace_id: str
    trace_seq: int
    event_id: str
    event_type: str
    occurred_at: str
    recorded_at: str
    recorded_by: str
    """The account that sent it, as the service authenticated it. ``actor`` is what the sender says."""
    source: Source
    actor: Actor
    idempotency_key: str
    payload: dict[str, Any]
    payload_hash: str
    schema_version: int = 1
    tags: tuple[str, ...] = ()
    correlation_id: str | None = None
    causation_event_id: str | None = None
    entry_hash: str | None = None


@dataclass(frozen=True)
class Appended:
    """What became of an append.

    Stored: ``event`` is what the log has. Spooled: the event is on this machine's disk and will be sent; ``event``, and with it
    its places, is None.
    """

    event_id: str
    trace_id: str
    idempotency_key: str
    event: StoredEvent | None = None
    replayed: bool = False
    """It had been stored before, and ``event`` is what was stored then."""
    spool_position: int | None = None
    """Its place in the spool."""

    @property
    def spooled(self) -> bool:
        """Whether it waits in the spool."""
        return self.spool_position is not None

    @property
    def log_seq(self) -> int | None:
        """Its position in the log, once it is there."""
        return self.event.log_seq if self.event else None

    @property
    def trace_seq(self) -> int | None:
        """Its place in the trace, once it is there."""
        return self.event.trace_seq if self.event else None


@dataclass(frozen=True)
class ItemError:
    """Why an item of a batch was refused."""

    code: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemResult:
    """What became of one item of a batch: ``stored``, ``replayed`` or ``rejected``, then with ``error``."""

    index: int
    status: str
    event_id: str | None = None
    trace_id: str | None = None
    trace_seq: int | None = None
    log_seq: int | None = None
    payload_hash: str | None = None
    recorded_at: str | None = None
    error: ItemError | None = None


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch, item by item in its order."""

    results: tuple[ItemResult, ...]
    stored: int
    replayed: int
    rejected: int
    last_log_seq: int
    """The last position that belongs to an event of the batch, 0 when none does."""


@dataclass(frozen=True)
class TraceSummary:
    """The digested summary. Its ``event_count`` counts start and finish only; the true one is in the index."""

    trace_id: str
    workflow: str
    title: str
    primary_entity_type: str
    primary_entity_id: str
    started_at: str
    event_count: int
    last_log_seq: int
    primary_entity_system: str | None = None
    finished_at: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class TraceIndex:
    """What lists and searches know of a trace. ``status`` is ``open`` or ``finished``."""

    status: str
    event_count: int
    first_log_seq: int
    last_log_seq: int
    last_event_type: str
    last_occurred_at: str
    actors: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class MissingEvent:
    """An event that a projection does not hold: ``open`` or ``quarantined``."""

    projection_name: str
    log_seq: int
    event_id: str
    status: str


@dataclass(frozen=True)
class TraceDetail:
    """A trace with its first 10,000 events. Summary and index are None while it is not projected yet."""

    events: tuple[StoredEvent, ...]
    summary: TraceSummary | None = None
    index: TraceIndex | None = None
    missing_events: tuple[MissingEvent, ...] = ()
    meta: Meta | None = None


@dataclass(frozen=True)
class TraceRow:
    """A trace as lists show it."""

    trace_id: str
    workflow: str
    title: str
    primary_entity_type: str
    primary_entity_id: str
    started_at: str
    status: str
    event_count: int
    first_log_seq: int
    last_log_seq: int
    last_event_type: str
    last_occurred_at: str
    primary_entity_system: str | None = None
    finished_at: str | None = None
    outcome: str | None = None
    companion: bool = False
    actors: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class TracePage:
    """A page of the trace list."""

    traces: tuple[TraceRow, ...]
    next_cursor: str | None = None
    total: int | None = None
    total_relation: str | None = None
    meta: Meta | None = None


@dataclass(frozen=True)
class EventPage:
    """A page of the log. ``next_after`` is the ``after`` of the next one, None at the end."""

    events: tuple[StoredEvent, ...]
    next_after: int | None = None


@dataclass(frozen=True)
class TraceEventPage:
    """A page of a trace's events."""

    events: tuple[StoredEvent, ...]
    next_after_trace_seq: int | None = None


@dataclass(frozen=True)
class Center:
    """The node a neighbourhood was asked for, its id without the type."""

    node_type: str
    node_id: str


@dataclass(frozen=True)
class Node:
    """A node. ``node_id`` is the whole key, ``type:id``."""

    node_id: str
    node_type: str
    trace_id: str
    log_seq: int
    created_at: str
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Edge:
    """An edge. Its ends are whole keys, ``type:id``."""

    edge_id: str
    edge_type: str
    from_node_id: str
    to_node_id: str
    trace_id: str
    log_seq: int
    created_at: str
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Subgraph:
    """A neighbourhood. ``truncated`` says that a limit cut something off."""

    center: Center
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    truncated: bool
    meta: Meta | None = None


@dataclass(frozen=True)
class EdgePage:
    """A page of a node's edges. ``next_cursor`` is opaque, None at the end."""

    edges: tuple[Edge, ...]
    next_cursor: Any = None
    """Opaque text when paged by ``cursor``; an object with ``edge_key`` and ``log_seq`` otherwise."""
    meta: Meta | None = None


@dataclass(frozen=True)
class Precedent:
    """A finished trace that matched."""

    trace_id: str
    workflow: str
    title: str
    outcome: str
    finished_at: str | None = None
    policy_id: str | None = None
    policy_version: str | None = None


@dataclass(frozen=True)
class Precedents:
    """The matches, latest finish first."""

    precedents: tuple[Precedent, ...]
    meta: Meta | None = None


@dataclass(frozen=True)
class ProjectionHealth:
    """Where one projection stands. ``status``: ``ok``, ``rebuilding``, ``lagging``, ``stalled`` or ``failed``."""

    projection_name: str
    last_log_seq: int
    pending_events: int
    is_stale: bool
    status: str = ""
    state: str = ""
    lag_seconds: float = 0.0
    open_failures: int = 0
    quarantined: int = 0
    digest: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True)
class Health:
    """Where the projections of a tenant stand; ``status`` is the worst of theirs."""

    tenant_id: str
    event_log_last_seq: int
    projections: tuple[ProjectionHealth, ...]
    status: str = ""
    open_failures: tuple[dict[str, Any], ...] = ()
    open_runs: tuple[dict[str, Any], ...] = ()
    full_digest: str | None = None


@dataclass(frozen=True)
class Digests:
    """Hashes over everything the projections hold, of one moment."""

    context_graph: str
    trace_summary: str
    precedent_index: str
    full_projection: str
    log_seq: int
    complete: bool = True
    skipped_events: int = 0


@dataclass(frozen=True)
class Run:
    """A replay run. ``status``: queued, running, paused, cancelling, cancelled, completed, failed."""

    job_id: str
    status: str
    mode: str = ""
    projection_name: str = ""
    tenant_id: str = ""
    reason: str | None = None
    requested_by: str | None = None
    requested_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    processed_events: int = 0
    last_log_seq: int = 0
    until_log_seq: int | None = None
    error_code: str | None = None
    error_message: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in {"cancelled", "completed", "failed"}


@dataclass(frozen=True)
class Me:
    """The account behind the token. ``tenants`` are the registered ones it may use."""

    account_id: str
    roles: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    token: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """The session of a person who signed in. ``session`` is the secret for ``Client(session=…)``, and is not shown."""

    session_id: str
    session: str = field(repr=False)
    expires_at: str
    idle_s: int
    """It ends after so many seconds without use."""


@dataclass(frozen=True)
class User:
    """A person who signed in."""

    user_id: str
    display_name: str | None = None
    must_change_password: bool = False
    """Whether they have to choose a password before anything else."""


@dataclass(frozen=True)
class SignedIn:
    """Who signed in, and with which session."""

    session: Session
    user: User


@dataclass(frozen=True)
class Decision:
    """A decision about a subject, as the log has it.

    Anybody who may write to the trace can record one: ``recorded_by`` is the account that the service authenticated, ``approver``
    is what that account says.
    """

    decision: str
    """``approved`` or ``rejected``."""
    approver: Actor
    recorded_by: str
    reason: str | None
    event: StoredEvent

    @property
    def approved(self) -> bool:
        """Whether it is a yes."""
        return self.decision == "approved"


@dataclass(frozen=True)
class Workflow:
    """Something that people have to look at: an exception that was asked for, or a review of a trace."""

    workflow_id: str
    trace_id: str
    workflow_kind: str
    status: str
    priority: str
    title: str
    version: int
    round: int
    requested_at: str
    request: dict[str, Any]
    """What is asked for; ``payload_hash`` is what a decision is bound to."""
    overdue: bool = False
    sla_due_at: str | None = None
    assigned_account_id: str | None = None
    assigned_role: str | None = None
    claimed_by: str | None = None
    current_decision: str | None = None
    """``approved``, ``rejected`` or ``override_approved``, once somebody has decided."""
    current_reason: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def decided(self) -> bool:
        """Whether somebody has decided."""
        return self.status in ("approved", "rejected", "overridden")

    @property
    def approved(self) -> bool:
        """Whether it is a yes."""
        return self.status in ("approved", "overridden")


@dataclass(frozen=True)
class WorkflowPage:
    """A page of what waits: overdue items first, then by urgency, then by age."""

    items: tuple[Workflow, ...]
    summary: dict[str, Any]
    next_cursor: str | None = None


@dataclass(frozen=True)
class WorkflowDetail:
    """An item with what was done and told."""

    workflow: Workflow
    actions: tuple[dict[str, Any], ...]
    notifications: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class WorkflowWaited:
    """How waiting ended."""

    decided: bool
    workflow: Workflow


def read(kind: type[T], data: Any) -> T:
    """``data`` as a ``kind``, recursively.

    Raises:
        InvalidResponse: something is missing or of another type.
    """
    try:
        value: T = _reader(cast("Any", kind))(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidResponse(f"the answer is not a {kind.__name__}: {error}") from error
    return value


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """How a value of this type is read. Decided once per type, so that a page of events is not slow."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda data: data
    if origin in (Union, types.UnionType):
        inner = _reader(next(argument for argument in arguments if argument is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda data: tuple(item(element) for element in data)
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass_reader(hint)
    plain = dict if origin is dict else hint
    return lambda data: _expect(plain, data)


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    plan = [
        (entry.name, _reader(hints[entry.name]), entry.default is MISSING and entry.default_factory is MISSING)
        for entry in fields(kind)
    ]

    def read_one(data: Mapping[str, Any]) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError(f"{type(data).__name__} where {kind.__name__} is due")
        known = {}
        for name, reader, required in plan:
            if required or data.get(name) is not None:  # a null where there is a default is the default
                known[name] = reader(data[name])
        return kind(**known)

    return read_one


def _expect(kind: type, data: Any) -> Any:
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise TypeError(f"{type(data).__name__} where {kind.__name__} is due")
    return data
