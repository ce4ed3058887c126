"""The recording calls, written once for the clients and the traces, sync and async.

``R`` is what a recording call returns: ``Appended``, or an awaitable of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import events
from ._ids import new_id, now
from .events import Event, EventOptions, Payload
from .values import Actor, Change, Entity, Evidence, Fact, InputSource, Json, Policy, Source, Subject, Violation

if TYPE_CHECKING:
    from typing_extensions import Unpack

R = TypeVar("R")


class Recorder(ABC, Generic[R]):
    """Recording calls that name their trace, with the arguments of the reference.

    All of them take the keywords of :class:`EventOptions` besides, return :class:`Appended`, and raise
    :class:`InvalidEvent` for what can never be stored, :class:`ApiError` for what the service refused, :class:`SpoolError` for
    what a spool did not take, and :class:`Unavailable` when there is no spool and no answer. After the last one the outcome is
    open; repeat the call with the same ``idempotency_key``.
    """

    @abstractmethod
    def _record(self, trace_id: object, event_type: str, payload: Payload, options: EventOptions) -> R: ...

    def record(
        self, trace_id: object, event_type: str, payload: Mapping[str, Json], **options: Unpack[EventOptions]
    ) -> R:
        """Any event, its payload as it is."""
        return self._record(trace_id, event_type, dict(payload), options)

    def observe_input(
        self,
        trace_id: object,
        input_id: str,
        input_source: InputSource | Mapping[str, Json],
        facts: Sequence[Fact | Mapping[str, Json]],
        **options: Unpack[EventOptions],
    ) -> R:
        """The agent read something: what, from where, and what it said."""
        return self._record(trace_id, "InputObserved", events.input_observed(input_id, input_source, facts), options)

    def observe_entity(
        self,
        trace_id: object,
        entity: Entity | Mapping[str, Json],
        role: str,
        facts: Sequence[Fact | Mapping[str, Json]],
        **options: Unpack[EventOptions],
    ) -> R:
        """A thing plays a part: ``role`` is ``primary`` or ``related``."""
        return self._record(trace_id, "EntityObserved", events.entity_observed(entity, role, facts), options)

    def evaluate_policy(
        self,
        trace_id: object,
        policy: Policy | Mapping[str, Json],
        inputs: Sequence[Json],
        decision: str,
        violations: Sequence[Violation | Mapping[str, Json]] | None = None,
        explanation: Mapping[str, Json] | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """A policy was evaluated: ``decision`` is ``allow``, ``deny`` or ``require_exception``."""
        payload = events.policy_evaluated(policy, inputs, decision, violations, explanation)
        return self._record(trace_id, "PolicyEvaluated", payload, options)

    def request_exception(
        self,
        trace_id: object,
        exception_id: str,
        policy: Policy | Mapping[str, Json],
        reason: str,
        evidence: Sequence[Evidence | Mapping[str, Json]] | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """An exception to a policy is asked for; people decide about it."""
        payload = events.exception_requested(exception_id, policy, reason, evidence)
        return self._record(trace_id, "ExceptionRequested", payload, options)

    def record_approval(
        self,
        trace_id: object,
        approval_id: str,
        subject: Subject | Mapping[str, Json],
        approver: Actor | Mapping[str, Json],
        decision: str,
        reason: str | None = None,
        evidence: Sequence[Evidence | Mapping[str, Json]] | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """Somebody decided: ``decision`` is ``approved`` or ``rejected``."""
        payload = events.approval_recorded(approval_id, subject, approver, decision, reason, evidence)
        return self._record(trace_id, "ApprovalRecorded", payload, options)

    def cite_precedent(
        self,
        trace_id: object,
        cited_trace_id: str,
        reason: str,
        similarity_score: str | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """An earlier decision was taken into account. The score is text."""
        payload = events.precedent_cited(cited_trace_id, reason, similarity_score)
        return self._record(trace_id, "PrecedentCited", payload, options)

    def propose_action(
        self,
        trace_id: object,
        action_id: str,
        action_type: str,
        target_entity: Entity | Mapping[str, Json],
        target_system: str,
        changes: Sequence[Change | Mapping[str, Json]],
        **options: Unpack[EventOptions],
    ) -> R:
        """The agent is about to do something."""
        payload = events.action_proposed(action_id, action_type, target_entity, target_system, changes)
        return self._record(trace_id, "ActionProposed", payload, options)

    def commit_action(
        self,
        trace_id: object,
        action_id: str,
        status: str,
        external_reference: str | None = None,
        error: str | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """It was done: ``status`` is ``success``, ``failure`` or ``partial``."""
        payload = events.action_committed(action_id, status, external_reference, error)
        return self._record(trace_id, "ActionCommitted", payload, options)

    def finish_trace(
        self, trace_id: object, outcome: str, summary: str | None = None, **options: Unpack[EventOptions]
    ) -> R:
        """The decision is over: ``outcome`` is ``success``, ``failure`` or ``abandoned``. Safe to repeat as it is."""
        options.setdefault("idempotency_key", events.fixed_key("finish", str(trace_id)))
        return self._record(trace_id, "TraceFinished", events.trace_finished(outcome, summary), options)


class TraceRecorder(ABC, Generic[R]):
    """Recording calls of one trace; see :class:`Recorder` for arguments and errors.

    Each event names the one it follows from (``causation_event_id``): a commit its proposal, an approval what it is about, every
    other one the event before it.
    """

    def __init__(self, trace_id: str, *, repeatable: bool = False) -> None:
        self.trace_id = trace_id
        """Names the decision."""
        self._repeatable = repeatable
        self._calls = 0
        self.finished = False
        """Whether this object finished it."""
        self._last_event_id: str | None = None
        self._opened: dict[str, str] = {}

    @abstractmethod
    def _record(self, event_type: str, payload: Payload, options: EventOptions) -> R: ...

    def __str__(self) -> str:
        """The trace id, so that a trace can be given where one is asked for."""
        return self.trace_id

    def record(self, event_type: str, payload: Mapping[str, Json], **options: Unpack[EventOptions]) -> R:
        """Any event, its payload as it is."""
        return self._record(event_type, dict(payload), options)

    def observe_input(
        self,
        input_id: str,
        input_source: InputSource | Mapping[str, Json],
        facts: Sequence[Fact | Mapping[str, Json]] = (),
        **options: Unpack[EventOptions],
    ) -> R:
        """The agent read something: what, from where, and what it said."""
        return self._record("InputObserved", events.input_observed(input_id, input_source, facts), options)

    def observe_entity(
        self,
        entity: Entity | Mapping[str, Json],
        role: str = "related",
        facts: Sequence[Fact | Mapping[str, Json]] = (),
        **options: Unpack[EventOptions],
    ) -> R:
        """A thing plays a part: ``role`` is ``primary`` or ``related``."""
        return self._record("EntityObserved", events.entity_observed(entity, role, facts), options)

    def evaluate_policy(
        self,
        policy: Policy | Mapping[str, Json],
        inputs: Sequence[Json],
        decision: str,
        violations: Sequence[Violation | Mapping[str, Json]] | None = None,
        explanation: Mapping[str, Json] | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """A policy was evaluated: ``decision`` is ``allow``, ``deny`` or ``require_exception``."""
        payload = events.policy_evaluated(policy, inputs, decision, violations, explanation)
        return self._record("PolicyEvaluated", payload, options)

    def request_exception(
        self,
        exception_id: str,
        policy: Policy | Mapping[str, Json],
        reason: str,
        evidence: Sequence[Evidence | Mapping[str, Json]] | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """An exception to a policy is asked for; people decide about it."""
        payload = events.exception_requested(exception_id, policy, reason, evidence)
        return self._record("ExceptionRequested", payload, options)

    def record_approval(
        self,
        approval_id: str,
        subject: Subject | Mapping[str, Json],
        approver: Actor | Mapping[str, Json],
        decision: str,
        reason: str | None = None,
        evidence: Sequence[Evidence | Mapping[str, Json]] | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """Somebody decided: ``decision`` is ``approved`` or ``rejected``."""
        payload = events.approval_recorded(approval_id, subject, approver, decision, reason, evidence)
        return self._record("ApprovalRecorded", payload, options)

    def cite_precedent(
        self, cited_trace_id: str, reason: str, similarity_score: str | None = None, **options: Unpack[EventOptions]
    ) -> R:
        """An earlier decision was taken into account. The score is text."""
        payload = events.precedent_cited(cited_trace_id, reason, similarity_score)
        return self._record("PrecedentCited", payload, options)

    def propose_action(
        self,
        action_id: str,
        action_type: str,
        target_entity: Entity | Mapping[str, Json],
        target_system: str,
        changes: Sequence[Change | Mapping[str, Json]] = (),
        **options: Unpack[EventOptions],
    ) -> R:
        """The agent is about to do something."""
        payload = events.action_proposed(action_id, action_type, target_entity, target_system, changes)
        return self._record("ActionProposed", payload, options)

    def commit_action(
        self,
        action_id: str,
        status: str = "success",
        external_reference: str | None = None,
        error: str | None = None,
        **options: Unpack[EventOptions],
    ) -> R:
        """It was done: ``status`` is ``success``, ``failure`` or ``partial``."""
        payload = events.action_committed(action_id, status, external_reference, error)
        return self._record("ActionCommitted", payload, options)

    def finish_trace(self, outcome: str = "success", summary: str | None = None, **options: Unpack[EventOptions]) -> R:
        """The decision is over: ``outcome`` is ``success``, ``failure`` or ``abandoned``."""
        options.setdefault("idempotency_key", events.fixed_key("finish", self.trace_id))
        return self._record("TraceFinished", events.trace_finished(outcome, summary), options)

    def _placed(self, event_type: str, payload: Payload, options: EventOptions) -> EventOptions:
        """The options, with the cause in them, and the key of a repeatable trace, unless the caller named one."""
        if self._repeatable and not options.get("idempotency_key"):
            options = {**options, "idempotency_key": events.fixed_key(f"step:{self._calls}", self.trace_id)}
        about: object = None
        if event_type == "ActionCommitted":
            about = payload.get("action_id")
        elif event_type == "ApprovalRecorded" and isinstance(payload.get("subject"), dict):
            about = payload["subject"].get("subject_id")
        cause = self._opened.get(str(about), self._last_event_id)
        if "causation_event_id" in options or cause is None:
            return options
        return {**options, "causation_event_id": cause}

    def _note(self, event: Event, event_id: str) -> None:
        """The event was taken: what comes next follows from it. A repeat has the id that was stored the first time."""
        self._calls += 1
        self._last_event_id = event_id
        for name in ("action_id", "exception_id"):
            if event["event_type"] in {"ActionProposed", "ExceptionRequested"} and name in event["payload"]:
                self._opened[event["payload"][name]] = event_id
        if event["event_type"] == "TraceFinished":
            self.finished = True


def build(
    trace_id: object,
    event_type: str,
    payload: Payload,
    options: EventOptions,
    actor: Actor | Mapping[str, Json] | None,
    source: Source | Mapping[str, Json] | None,
) -> Event:
    """The whole event, with the client's actor and source where the call names none."""
    usual = {key: value for key, value in (("actor", actor), ("source", source)) if value is not None}
    return events.envelope(str(trace_id), event_type, payload, {**usual, **options}, new_id=new_id(), now=now())


def ending(error: BaseException | None) -> tuple[str, str | None]:
    """How a trace ends that nobody finished: outcome and summary.

    The summary names the kind of the error only: its text may hold what must not be recorded.
    """
    if error is None:
        return "success", None
    return ("failure" if isinstance(error, Exception) else "abandoned"), f"ended by {type(error).__name__}"


def resolve(given: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """An argument of a decorator: a value, or a function of what the decorated function was called with."""
    return given(*args, **kwargs) if callable(given) else given
