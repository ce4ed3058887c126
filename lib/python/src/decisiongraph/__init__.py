"""Client of DecisionGraph, the system of record for decisions of AI agents.

::

    from decisiongraph import Actor, Client, Entity, Policy, Source

    client = Client("http://127.0.0.1:4100", token, "default",
                    actor=Actor("agent", "refund-agent"), source=Source("refund-agent", "shop"))

    with client.trace("refund", "Refund of order 17", Entity("order", "17")) as trace:
        trace.evaluate_policy(Policy("refund-cap", "2"), [], "allow")
        trace.propose_action("refund-17", "refund", Entity("order", "17"), "payments")
        trace.commit_action("refund-17")

:class:`AsyncClient` has the same calls, awaited. ``errors`` says what can go wrong.
"""

from __future__ import annotations

from . import errors, models, webhooks
from ._api import NOW, STRICT, Freshness
from ._async import AsyncClient, AsyncEventFollower, AsyncTrace, current_async_trace
from ._ids import exception_workflow
from ._sync import Client, EventFollower, Trace, current_trace
from ._version import __version__
from .errors import (
    ApiError,
    Conflict,
    DecisionGraphError,
    Forbidden,
    InvalidArgument,
    InvalidEvent,
    InvalidResponse,
    NotFound,
    OutOfDate,
    PreconditionFailed,
    ServiceBusy,
    SessionEnded,
    SignInRefused,
    SignInUnavailable,
    SpoolCorrupt,
    SpoolError,
    SpoolFull,
    SpoolLocked,
    SpoolWriteFailed,
    TraceBlocked,
    Unauthorized,
    Unavailable,
    WaitTimeout,
)
from .events import EventOptions
from .models import Appended, Decision, StoredEvent, Workflow
from .retry import NEVER, PATIENT, RetryPolicy
from .service_client import DecisionGraphServiceClient, DecisionGraphServiceError
from .spool import DeadLetter, Spool, SpoolStatus
from .values import Actor, Change, Entity, Evidence, Fact, InputSource, Policy, Source, Subject, Violation

__all__ = [
    "NEVER",
    "NOW",
    "PATIENT",
    "STRICT",
    "Actor",
    "ApiError",
    "Appended",
    "AsyncClient",
    "AsyncEventFollower",
    "AsyncTrace",
    "Change",
    "Client",
    "Conflict",
    "DeadLetter",
    "Decision",
    "DecisionGraphError",
    "DecisionGraphServiceClient",
    "DecisionGraphServiceError",
    "Entity",
    "EventFollower",
    "EventOptions",
    "Evidence",
    "Fact",
    "Forbidden",
    "Freshness",
    "InputSource",
    "InvalidArgument",
    "InvalidEvent",
    "InvalidResponse",
    "NotFound",
    "OutOfDate",
    "Policy",
    "PreconditionFailed",
    "RetryPolicy",
    "ServiceBusy",
    "SessionEnded",
    "SignInRefused",
    "SignInUnavailable",
    "Source",
    "Spool",
    "SpoolCorrupt",
    "SpoolError",
    "SpoolFull",
    "SpoolLocked",
    "SpoolStatus",
    "SpoolWriteFailed",
    "StoredEvent",
    "Subject",
    "Trace",
    "TraceBlocked",
    "Unauthorized",
    "Unavailable",
    "Violation",
    "WaitTimeout",
    "Workflow",
    "__version__",
    "current_async_trace",
    "current_trace",
    "errors",
    "exception_workflow",
    "models",
    "webhooks",
]
