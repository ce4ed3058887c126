"""What a client does between its caller and the wire, without doing it: retries and waiting.

A *flow* is a generator. It yields an effect (:class:`Send`, :class:`Sleep` or :class:`Block`), is given the outcome, and returns
the result of the call. The sync and the async client differ in how they carry out effects, and in nothing else.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode, urlsplit

from . import _api, models
from ._api import Call, Freshness
from ._ids import new_id
from ._version import __version__
from .errors import DecisionGraphError, InvalidResponse, NotFound, OutOfDate, Unavailable, WaitTimeout, from_answer
from .events import encode
from .retry import NEVER, RetryPolicy
from .spool import Spool
from .values import Actor

T = TypeVar("T")


@dataclass(frozen=True)
class Send:
    """Send this, within so many seconds. The outcome is an :class:`Answer`, or :class:`Unavailable` is thrown in."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout: float


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Sleep:
    """Pause for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Block:
    """Do this, which may block. The outcome is what it returns; what it raises is thrown in."""

    work: Callable[[], Any]


Effect: TypeAlias = Send | Sleep | Block
Flow: TypeAlias = Generator[Effect, Any, T]


@dataclass(frozen=True)
class Settings:
    """Where the service is and how to talk to it. The token is not shown."""

    base_url: str
    token: str = field(repr=False)
    tenant_id: str
    timeout: float
    retry: RetryPolicy
    session: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random

    @classmethod
    def checked(
        cls,
        base_url: str,
        token: str,
        tenant_id: str,
        timeout: float,
        retry: RetryPolicy,
        session: str | None = None,
    ) -> Settings:
        """Settings with every value looked at.

        Raises:
            ValueError: a blank value, an address with more than scheme, host, port and path, a timeout that is not above 0.
        """
        base_url, token, tenant_id = base_url.strip().rstrip("/"), token.strip(), tenant_id.strip()
        for name, value in (("base_url", base_url), ("token", token), ("tenant_id", tenant_id)):
            if not value:
                raise ValueError(f"{name} must not be blank")
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"base_url must begin with http:// or https:// and name a host, not {base_url!r}")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("base_url must hold nothing but scheme, host, port and path")
        if not token.isascii() or not token.isprintable() or not tenant_id.isprintable():
            raise ValueError("token and tenant_id must be printable, the token in ASCII")
        if session is not None and not (session.isascii() and session.isprintable() and session.strip()):
            raise ValueError("session must be printable ASCII and not blank")
        if timeout <= 0:
            raise ValueError("the timeout must be above 0")
        return cls(base_url, token, tenant_id, timeout, retry, session)


def perform(settings: Settings, call: Call[T], retry: RetryPolicy | None = None) -> Flow[T]:
    """Makes one call, again where that is safe and may help.

    One request id names all attempts, so that the service's log shows them together.
    """
    policy = retry or settings.retry
    request_id = new_id()
    began = settings.clock()
    failed = 0
    while True:
        left = policy.deadline + call.patience - (settings.clock() - began)
        timeout = min(settings.timeout + call.patience, max(left, 0.001))
        try:
            answer = yield _request(settings, call, request_id, timeout)
            return _result(call, answer)
        except DecisionGraphError as error:
            error.request_id = error.request_id or request_id
            failed += 1
            if not (error.is_transient and (call.repeatable or error.is_unsent)) or isinstance(error, OutOfDate):
                raise  # how long to wait for a projection is said by the call itself
            spent = settings.clock() - began
            pause = policy.pause(failed, error.retry_after, spent, settings.jitter())
            if pause is None:
                raise
        yield Sleep(pause)


def _result(call: Call[T], answer: Answer) -> T:
    if call.read_bytes is not None and 200 <= answer.status < 300:
        return call.read_bytes(answer.body, answer.headers)
    return call.read(envelope(answer))


def _request(settings: Settings, call: Call[Any], request_id: str, timeout: float) -> Send:
    headers = {"accept": _api.JSON, "user-agent": f"decisiongraph-python/{__version__}", "x-request-id": request_id}
    if not call.anonymous:
        headers |= {"authorization": f"Bearer {settings.token}", "x-tenant-id": settings.tenant_id}
        if settings.session is not None:
            headers["x-dg-session"] = settings.session
    if call.body is not None:
        headers["content-type"] = call.content_type
    return Send(call.method, settings.base_url + call.path + _encoded(call.query), headers, call.body, timeout)


def _encoded(query: _api.Query) -> str:
    return "?" + urlencode(query) if query else ""


def request(settings: Settings, call: Call[Any], timeout: float) -> Send:
    """A call as what is sent, with a request id of its own."""
    return _request(settings, call, new_id(), timeout)


def envelope(answer: Answer) -> dict[str, Any]:
    """What an answer holds.

    Raises:
        DecisionGraphError: what it says instead.
    """
    request_id = answer.headers.get("x-request-id")
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    if 200 <= answer.status < 300 and isinstance(body, dict):
        return body
    retry_after = _seconds(answer.headers.get("retry-after"))
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        seen = body.get("request_id")
        seen = seen if isinstance(seen, str) else request_id
        raise from_answer(answer.status, body["error"], seen, retry_after, body)
    if answer.status >= 400:  # a proxy in front
        raise from_answer(
            answer.status,
            {"message": f"the answer was {answer.status}, without a reason"},
            request_id,
            retry_after,
            body,
        )
    raise InvalidResponse(
        f"what answered with {answer.status} does not speak this API",
        request_id=request_id,
        status=answer.status,
        body=body,
    )


def _seconds(text: str | None) -> float | None:
    """``Retry-After`` as a number of seconds; the service sends no dates."""
    return float(text) if text is not None and text.isascii() and text.isdigit() else None


def append(
    settings: Settings, event: Mapping[str, Any], spool: Spool | None, wake: Callable[[], None]
) -> Flow[models.Appended]:
    """Appends one event: to the log, or to the spool when the service is away or the spool has something that must go first."""
    body = encode(event)
    if spool is None:
        return (yield from perform(settings, _api.append(body)))
    spool.check(event["trace_id"])
    if spool.is_empty:
        try:
            return (yield from perform(settings, _api.append(body), NEVER))
        except DecisionGraphError as error:
            if not error.is_transient:
                raise
    position = yield Block(lambda: spool.append(body, event["trace_id"]))
    wake()
    return models.Appended(event["event_id"], event["trace_id"], event["idempotency_key"], spool_position=position)


def flush(spool: Spool, position: int, timeout: float) -> Flow[None]:
    """Waits until the spool has been worked off up to a position."""
    if not (yield Block(lambda: spool.wait_sent(position, timeout))):
        status = spool.status()
        raise WaitTimeout(
            f"{status.waiting_events} events still wait in the spool after {timeout:g} s: {status.last_error}",
            details={"waiting_events": status.waiting_events, "last_error": getattr(status.last_error, "code", None)},
        )


def wait_visible(settings: Settings, log_seq: int, timeout: float) -> Flow[models.Health]:
    """Waits until every projection holds the event at ``log_seq``.

    The service does the waiting: a read that demands the position comes back when it is there. The look at all projections
    afterwards is for those that are not behind that read.
    """
    end = settings.clock() + timeout
    pause = 0.05
    while True:
        left = end - settings.clock()
        try:
            fresh = Freshness(min_log_seq=log_seq, wait_s=max(min(left, 10.0), 0.0))
            yield from perform(settings, _api.traces({"limit": 1}, fresh), _until(settings, left))
            health = yield from perform(settings, _api.projection_health(), _until(settings, end - settings.clock()))
            if all(projection.last_log_seq >= log_seq for projection in health.projections):
                return health
        except OutOfDate:
            pass
        if settings.clock() + pause >= end:
            raise WaitTimeout(f"position {log_seq} was not visible within {timeout:g} s", details={"log_seq": log_seq})
        yield Sleep(pause)
        pause = min(pause * 2, 1.0)


def wait_for_decision(
    settings: Settings,
    trace_id: str,
    subject_id: str,
    subject_type: str | None,
    recorded_by: frozenset[str] | None,
    timeout: float,
    longest_pause: float,
) -> Flow[models.Decision]:
    """Waits until the trace holds an ``ApprovalRecorded`` about the subject, and answers the first one that counts."""
    end = settings.clock() + timeout
    pause, after = min(0.2, longest_pause), None
    while True:
        try:
            policy = _until(settings, end - settings.clock())
            page = yield from perform(settings, _api.trace_events(trace_id, after, 1000), policy)
            for event in page.events:
                after = event.trace_seq
                if _decides(event, subject_id, subject_type) and (
                    recorded_by is None or event.recorded_by in recorded_by
                ):
                    return _decision(event)
            if page.next_after_trace_seq is not None:
                continue
        except NotFound as error:
            if "trace_id" not in error.details:
                raise
        if settings.clock() + pause >= end:
            raise WaitTimeout(
                f"no decision about {subject_id} within {timeout:g} s",
                details={"trace_id": trace_id, "subject_id": subject_id},
            )
        yield Sleep(pause)
        pause = min(pause * 1.5, longest_pause)


def wait_for_workflow(settings: Settings, workflow_id: str, timeout: float) -> Flow[models.Workflow]:
    """Waits until somebody who may has decided an item. One that is not there yet is waited for too."""
    end = settings.clock() + timeout
    while True:
        left = end - settings.clock()
        try:
            seconds = max(1, min(int(left), 20))
            waited = yield from perform(settings, _api.workflows.wait(workflow_id, seconds), _until(settings, left))
            if waited.decided:
                return waited.workflow
        except NotFound:
            if settings.clock() >= end:
                raise
        if settings.clock() >= end:
            raise WaitTimeout(
                f"nobody has decided {workflow_id} within {timeout:g} s", details={"workflow_id": workflow_id}
            )


def _until(settings: Settings, left: float) -> RetryPolicy:
    """Patient with a service that is away, but not beyond what is left of a wait."""
    return RetryPolicy(attempts=1000, longest_pause=settings.retry.longest_pause, deadline=max(left, 0.001))


def _decides(event: models.StoredEvent, subject_id: str, subject_type: str | None) -> bool:
    subject = event.payload.get("subject")
    return (
        event.event_type == "ApprovalRecorded"
        and isinstance(subject, dict)
        and subject.get("subject_id") == subject_id
        and (subject_type is None or subject.get("subject_type") == subject_type)
    )


def _decision(event: models.StoredEvent) -> models.Decision:
    approver = event.payload.get("approver") or {}
    return models.Decision(
        decision=str(event.payload.get("decision")),
        approver=Actor(str(approver.get("actor_type")), str(approver.get("actor_id"))),
        recorded_by=event.recorded_by,
        reason=event.payload.get("reason"),
        event=event,
    )


def lost(base_url: str, error: Exception, *, timed_out: bool, unsent: bool) -> Unavailable:
    """The error for a call without an answer."""
    if timed_out and not unsent:
        return Unavailable(f"no answer from {base_url} in time", code="timeout")
    if unsent:
        return Unavailable(f"cannot connect to {base_url}", unsent=True)
    return Unavailable(f"the connection to {base_url} broke: {type(error).__name__}")
