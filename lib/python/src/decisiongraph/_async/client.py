"""The asynchronous client: the calls of ``_sync``, awaited."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from .. import _api, _core, _pages, events, models
from .._api import NOW, Call, Envelope, Freshness
from .._base import ClientBase
from .._core import Flow
from .._follow import Following
from .._ids import exception_workflow, new_id
from .._pages import Pages
from .._recorder import TraceRecorder, ending, resolve
from .._transport import AsyncWire
from ..errors import DecisionGraphError, Unavailable
from ..events import EventOptions, Payload
from ..values import Change, Entity, Json
from .accounts import AsyncAccountCalls
from .people import AsyncPeopleCalls
from .telling import AsyncTellingCalls
from .upkeep import AsyncUpkeepCalls
from .webhooks import AsyncWebhookCalls
from .workflow_settings import AsyncWorkflowSettingCalls
from .workflows import AsyncWorkflowCalls

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Unpack

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("decisiongraph")

_current: ContextVar[AsyncTrace | None] = ContextVar("decisiongraph_async_trace", default=None)


def current_async_trace() -> AsyncTrace:
    """The trace that ``AsyncClient.trace`` or ``AsyncClient.traced`` opened around this code.

    Raises:
        LookupError: there is none.
    """
    trace = _current.get()
    if trace is None:
        raise LookupError("no trace is open here")
    return trace


class AsyncTrace(TraceRecorder[Awaitable[models.Appended]]):
    """One decision being recorded. Tasks may share it; their events keep one order.

    As a context manager it finishes itself: ``success``, or ``failure`` with the kind of the exception, or ``abandoned`` when
    the program is being stopped; unless ``finish_trace`` was called.
    """

    def __init__(self, client: AsyncClient, trace_id: str, *, repeatable: bool = False) -> None:
        super().__init__(trace_id, repeatable=repeatable)
        self._client = client
        self._order = asyncio.Lock()

    async def _record(self, event_type: str, payload: Payload, options: EventOptions) -> models.Appended:
        async with self._order:
            event = self._client._build(self.trace_id, event_type, payload, self._placed(event_type, payload, options))
            done = await self._client.append_event(event)
            self._note(event, done.event_id)
            return done

    async def wait_for_decision(
        self, subject_id: str, *, timeout: float, recorded_by: Iterable[str] | None = None
    ) -> models.Decision:
        """Waits for a decision about an exception or action of this trace; see :meth:`AsyncClient.wait_for_decision`."""
        return await self._client.wait_for_decision(self.trace_id, subject_id, timeout=timeout, recorded_by=recorded_by)

    async def wait_for_workflow(self, exception_id: str, *, timeout: float) -> models.Workflow:
        """Waits until somebody who may has decided an exception of this trace; see :meth:`AsyncClient.wait_for_workflow`."""
        return await self._client.wait_for_workflow(exception_workflow(self.trace_id, exception_id), timeout=timeout)

    async def __aenter__(self) -> AsyncTrace:
        """Makes it the current trace."""
        self._token = _current.set(self)
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """Finishes it. An exception on its way is never covered by one from here."""
        _current.reset(self._token)
        if self.finished:
            return
        outcome, summary = ending(error)
        try:
            await self.finish_trace(outcome, summary)
        except DecisionGraphError:
            if error is None:
                raise
            log.warning("trace %s could not be finished", self.trace_id, exc_info=True)


class AsyncEventFollower(AsyncIterator[models.StoredEvent]):
    """As :class:`EventFollower`, for one task. Cancelling a wait for the next event loses none."""

    def __init__(self, wire: AsyncWire, following: Following) -> None:
        self._wire = wire
        self._following = following
        self._pieces: AsyncGenerator[bytes, None] | None = None
        self._pause = 0.0

    @property
    def position(self) -> int | None:
        """Up to where it has come. Whoever keeps it can go on from there in another process, with ``after``."""
        return self._following.position

    async def __anext__(self) -> models.StoredEvent:
        """The next event."""
        while not self._following.ready:
            try:
                await self._read_on()
            except DecisionGraphError as error:
                await self.close()
                self._pause = self._following.lost(error)
        return self._following.take()

    async def _read_on(self) -> None:
        if self._pieces is None:
            await asyncio.sleep(self._pause)
            self._pause = 0.0
            self._pieces = self._wire.stream(self._following.request())
        piece = await anext(self._pieces, None)
        if piece is None:
            raise Unavailable("the stream of events ended")
        self._following.feed(piece)

    async def close(self) -> None:
        """Lets go of the connection."""
        if self._pieces is not None:
            await self._pieces.aclose()
            self._pieces = None


class AsyncClient(
    AsyncWorkflowCalls,
    AsyncTellingCalls,
    AsyncWorkflowSettingCalls,
    AsyncUpkeepCalls,
    AsyncWebhookCalls,
    AsyncAccountCalls,
    AsyncPeopleCalls,
    ClientBase[Awaitable[models.Appended]],
):
    """A client of one service, for one tenant, in one event loop. Tasks may share it. ``ClientBase`` describes the arguments.

    Every method raises :class:`ApiError` when the service says no and :class:`Unavailable` when it does not answer, after trying
    again as far as ``retry`` goes and repeating is safe.
    """

    def _connect(self, verify: ssl.SSLContext | bool, trust_env: bool) -> None:  # noqa: FBT001
        self._wire = AsyncWire(verify, trust_env)

    async def _run(self, flow: Flow[T]) -> T:
        return await self._wire.run(flow)

    async def _call(self, call: Call[T]) -> T:
        return await self._run(_core.perform(self._settings, call))

    async def _walk(self, pages: Pages[Any, T]) -> AsyncIterator[T]:
        while (call := pages.call) is not None:
            for item in pages.take(await self._call(call)):
                yield item

    async def _record(
        self, trace_id: object, event_type: str, payload: Payload, options: EventOptions
    ) -> models.Appended:
        return await self.append_event(self._build(trace_id, event_type, payload, options))

    # -- recording --------------------------------------------------------------------------------------------------------------

    async def append_event(self, event: Mapping[str, Json]) -> models.Appended:
        """Appends one event: the whole envelope of ``POST /events``. See :class:`Recorder` for errors."""
        return await self._run(self._append_flow(event))

    async def append_events(
        self, events: Iterable[Mapping[str, Json]], mode: Literal["independent", "atomic"] = "independent"
    ) -> models.BatchResult:
        """Appends at most 1,000 events and 8 MiB in one request, past the spool.

        ``independent`` decides each on its own and says so per item; ``atomic`` stores all or raises, with every refused index in
        ``details["results"]``.
        """
        result = await self._call(_api.append_events(events, mode))
        self._last_log_seq = max(self._last_log_seq, result.last_log_seq)
        return result

    async def validate_events(
        self, events: Iterable[Mapping[str, Json]], mode: Literal["independent", "atomic"] = "independent"
    ) -> models.Validation:
        """Says what would become of events, and stores nothing."""
        return await self._call(_api.validate_events(events, mode))

    async def start_trace(
        self,
        workflow: str,
        title: str,
        primary_entity: Entity | Mapping[str, Json],
        context: Mapping[str, str] | None = None,
        trace_id: str | None = None,
        *,
        repeatable: bool = False,
        **options: Unpack[EventOptions],
    ) -> AsyncTrace:
        """Opens a trace. With a ``trace_id`` of the caller's it is safe to repeat.

        ``repeatable``: the n-th call on the trace has the key ``step:<n>:<trace_id>``, so that a program that begins anew after a
        crash records the same decision once: give it the same ``trace_id``, and make the same calls in the same order. A call that
        says something else than before is refused with ``idempotency_conflict``.
        """
        trace = AsyncTrace(self, trace_id or new_id(), repeatable=repeatable)
        options.setdefault("idempotency_key", events.fixed_key("start", trace.trace_id))
        await trace._record("TraceStarted", events.trace_started(workflow, title, primary_entity, context), options)
        return trace

    def open_trace(self, trace_id: str) -> AsyncTrace:
        """Goes on with a trace that was started before. Nothing is sent."""
        return AsyncTrace(self, trace_id)

    @contextlib.asynccontextmanager
    async def trace(
        self,
        workflow: str,
        title: str,
        primary_entity: Entity | Mapping[str, Json],
        context: Mapping[str, str] | None = None,
        trace_id: str | None = None,
        *,
        repeatable: bool = False,
        **options: Unpack[EventOptions],
    ) -> AsyncIterator[AsyncTrace]:
        """``async with client.trace(…) as trace:`` opens a trace and finishes it; see :class:`AsyncTrace`."""
        opened = await self.start_trace(
            workflow, title, primary_entity, context, trace_id, repeatable=repeatable, **options
        )
        async with opened as trace:
            yield trace

    def traced(
        self, workflow: str, *, title: str | Callable[..., str], entity: Entity | Callable[..., Entity]
    ) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
        """Decorator: every call of the function is a trace. ``title`` and ``entity`` may be functions of its arguments."""

        def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
            @functools.wraps(function)
            async def traced(*args: P.args, **kwargs: P.kwargs) -> T:
                async with self.trace(workflow, resolve(title, args, kwargs), resolve(entity, args, kwargs)):
                    return await function(*args, **kwargs)

            return traced

        return decorate

    def action(
        self,
        action_type: str,
        *,
        target_system: str,
        target: Entity | Callable[..., Entity],
        changes: Sequence[Change] | Callable[..., Sequence[Change]] = (),
    ) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
        """Decorator: every call of the function is an action of the current trace, proposed before it and committed after it.

        An exception commits ``failure`` with its kind, and goes on. When the proposal is not taken, the function is not called.
        """

        def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
            @functools.wraps(function)
            async def acting(*args: P.args, **kwargs: P.kwargs) -> T:
                trace, action_id = current_async_trace(), new_id()
                await trace.propose_action(
                    action_id, action_type, resolve(target, args, kwargs), target_system, resolve(changes, args, kwargs)
                )
                try:
                    result = await function(*args, **kwargs)
                except BaseException as error:
                    try:
                        await trace.commit_action(action_id, "failure", error=type(error).__name__)
                    except DecisionGraphError:
                        log.warning("the failure of action %s could not be recorded", action_id, exc_info=True)
                    raise
                await trace.commit_action(action_id)
                return result

            return acting

        return decorate

    # -- reading ----------------------------------------------------------------------------------------------------------------

    async def get_trace(self, trace_id: str, *, fresh: Freshness = NOW) -> models.TraceDetail:
        """A trace with its first 10,000 events. NotFound when nobody has written to it."""
        return await self._call(_api.trace(trace_id, fresh))

    def iter_trace_events(
        self, trace_id: str, *, after_trace_seq: int | None = None, page_size: int = 500
    ) -> AsyncIterator[models.StoredEvent]:
        """The events of a trace, in their order. Never behind the log."""
        return self._walk(_pages.trace_event_pages(trace_id, after_trace_seq, page_size))

    def iter_events(
        self,
        *,
        after: int = 0,
        until: int | None = None,
        event_type: str | None = None,
        trace_id: str | None = None,
        page_size: int = 500,
    ) -> AsyncIterator[models.StoredEvent]:
        """The log behind position ``after``, up to ``until`` or to where it ends when the walk arrives there."""
        return self._walk(_pages.event_pages(after, until, event_type, trace_id, page_size))

    def follow_events(
        self,
        *,
        after: int | None = None,
        event_type: str | Sequence[str] | None = None,
        trace_id: str | None = None,
    ) -> AsyncEventFollower:
        """The log as it grows: from ``after`` on, or from the next event. See :class:`AsyncEventFollower`."""
        return AsyncEventFollower(self._wire, Following(self._settings, after, event_type, trace_id))

    async def list_traces(self, *, fresh: Freshness = NOW, **search: Unpack[_api.TraceSearch]) -> models.TracePage:
        """One page of the trace list."""
        return await self._call(_api.traces(search, fresh))

    def iter_traces(
        self, *, fresh: Freshness = NOW, **search: Unpack[_api.TraceSearch]
    ) -> AsyncIterator[models.TraceRow]:
        """The trace list. In the order ``started`` every trace is seen once, whoever writes meanwhile."""
        return self._walk(_pages.trace_pages(search, fresh))

    async def get_context_subgraph(
        self,
        node_type: str,
        node_id: str,
        max_depth: int = 1,
        max_nodes: int | None = None,
        max_edges: int | None = None,
        edge_types: Sequence[str] | None = None,
        node_types: Sequence[str] | None = None,
        *,
        fresh: Freshness = NOW,
    ) -> models.Subgraph:
        """The neighbourhood of a node, breadth first. The ``node_id`` of an entity is ``<entity_type>:<entity_id>``."""
        return await self._call(
            _api.context(node_type, node_id, max_depth, max_nodes, max_edges, edge_types, node_types, fresh)
        )

    async def list_node_edges(
        self,
        node_type: str,
        node_id: str,
        direction: str = "both",
        limit: int = 100,
        cursor_edge_key: str | None = None,
        cursor_log_seq: int | None = None,
        *,
        fresh: Freshness = NOW,
    ) -> models.EdgePage:
        """One page of a node's edges, with the reference's cursor. :meth:`iter_node_edges` does the paging."""
        return await self._call(
            _api.edges(
                node_type,
                node_id,
                direction,
                limit,
                cursor_edge_key=cursor_edge_key,
                cursor_log_seq=cursor_log_seq,
                fresh=fresh,
            )
        )

    def iter_node_edges(
        self,
        node_type: str,
        node_id: str,
        direction: str = "both",
        *,
        page_size: int = 500,
        fresh: Freshness = NOW,
    ) -> AsyncIterator[models.Edge]:
        """The edges of a node, by position in the log."""
        return self._walk(_pages.edge_pages(node_type, node_id, direction, page_size, fresh))

    async def find_precedents(
        self,
        policy_id: str | None = None,
        policy_version: str | None = None,
        entity_type: str | None = None,
        entity_id: str | None = None,
        outcome: str | None = None,
        limit: int = 100,
        *,
        fresh: Freshness = NOW,
    ) -> models.Precedents:
        """Finished traces by exact match, latest finish first. A version needs its policy, an id its type."""
        filters = {
            "policy_id": policy_id,
            "policy_version": policy_version,
            "entity_type": entity_type,
            "entity_id": entity_id,
            "outcome": outcome,
        }
        return await self._call(_api.precedents(filters, limit, fresh))

    async def get_projection_health(self) -> models.Health:
        """Where the projections of the tenant stand."""
        return await self._call(_api.projection_health())

    async def get_digests(self, *, fresh: Freshness = NOW) -> models.Digests:
        """Digests over everything the projections hold, computed now."""
        return await self._call(_api.digests(fresh))

    async def get_me(self) -> models.Me:
        """The account behind the token."""
        return await self._call(_api.me())

    async def event_types(self) -> tuple[models.EventType, ...]:
        """Every type of event that the service takes."""
        return await self._call(_api.event_types())

    async def event_type(self, name: str) -> models.EventType:
        """One of them, with JSON Schemas of the event and of its payload."""
        return await self._call(_api.event_type(name))

    async def get_healthz(self) -> Envelope:
        """The probe of older clients; needs neither a token nor a tenant."""
        return await self._call(_api.healthz())

    # -- waiting ----------------------------------------------------------------------------------------------------------------

    async def wait_visible(self, upto: int | models.Appended | None = None, *, timeout: float = 30.0) -> models.Health:
        """Waits until every projection holds an event, so that reads from now on see it.

        Args:
            upto: its position, or what appending it returned; None for everything this client appended so far. What waits in
                the spool is waited for first.
            timeout: seconds.

        Raises:
            WaitTimeout: it did not happen in time.
            TraceBlocked: the event waited in the spool, and the service refused it or one before it.
        """
        return await self._run(self._wait_visible_flow(upto, timeout))

    async def wait_for_decision(
        self,
        trace_id: str | AsyncTrace,
        subject_id: str,
        subject_type: str | None = None,
        *,
        timeout: float,
        recorded_by: Iterable[str] | None = None,
        poll_s: float = 2.0,
    ) -> models.Decision:
        """Waits until an ``ApprovalRecorded`` about the subject, an exception or action id, is in the trace.

        Whoever asked for an exception that people review calls :meth:`wait_for_workflow` instead: the service waits, and knows
        whose word counts.

        Args:
            trace_id: where the exception or action is.
            subject_id: which one.
            subject_type: ``exception`` or ``action``, where the id alone is not enough.
            timeout: seconds.
            recorded_by: the accounts whose word counts. Give it: without it, anybody who may write to the trace can decide.
            poll_s: the longest pause between two looks, in seconds.

        Raises:
            WaitTimeout: nobody has decided in time.
        """
        accounts = frozenset(recorded_by) if recorded_by is not None else None
        return await self._run(
            _core.wait_for_decision(self._settings, str(trace_id), subject_id, subject_type, accounts, timeout, poll_s)
        )

    async def flush(self, *, timeout: float = 30.0) -> None:
        """Waits until the spool holds nothing of what it has taken so far.

        Raises:
            WaitTimeout: it does, after so many seconds; ``details["last_error"]`` is the code of what keeps it from being sent.
        """
        await self._run(self._flush_flow(timeout))

    # -- the end ----------------------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """Closes connections and spool. What the spool holds stays on the disk and is sent by the next client that opens it."""
        if self._sender is not None:
            await asyncio.to_thread(self._sender.stop)
        if self._spool is not None:
            self._spool.close()
        await self._wire.close()

    async def __aenter__(self) -> AsyncClient:
        """Itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Closes it."""
        await self.close()
