"""What the log holds, and what is read from its projections."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..values import Actor, Source


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
class ValidatedItem:
    """Whether an event would be stored: ``valid``, or ``invalid``, then with ``error``."""

    index: int
    status: str
    event_id: str | None = None
    payload_hash: str | None = None
    error: ItemError | None = None


@dataclass(frozen=True)
class Validation:
    """Which events of a batch would be stored, item by item in its order."""

    results: tuple[ValidatedItem, ...]
    valid: int
    invalid: int


@dataclass(frozen=True)
class EventType:
    """A type of event, with JSON Schemas of the whole event and of its payload; in a list without."""

    event_type: str
    about: str
    event_schema: dict[str, Any] = field(default_factory=dict)
    payload_schema: dict[str, Any] = field(default_factory=dict)


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
