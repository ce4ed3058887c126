"""What can go wrong, as types.

::

    DecisionGraphError
    ├── ApiError                  the service answered, and said no
    │   ├── InvalidArgument       400, 405, 406, 413, 415, 422: the call cannot be carried out as it stands
    │   ├── Unauthorized          401
    │   │   └── SessionEnded      401 session_ended
    │   ├── Forbidden             403
    │   │   └── SignInRefused     403 sign_in_refused
    │   ├── NotFound              404
    │   ├── Conflict              409: conflict, event_sequence_invalid, idempotency_conflict
    │   │   ├── OutOfDate         409 projection_out_of_date
    │   │   └── PreconditionFailed 412: it is not any more as the caller saw it
    │   └── ServiceBusy           408, 429, 5xx: the same call may succeed later
    │       └── SignInUnavailable 503 sign_in_unavailable
    ├── Unavailable               no answer: not reachable, the connection broke, or it took too long
    ├── InvalidResponse           something else answered there
    ├── InvalidEvent              refused before anything was sent
    ├── WaitTimeout               what was waited for did not happen in time
    └── SpoolError                the spool did not take the event, or cannot be opened
        ├── SpoolFull             its bounds are reached
        ├── SpoolWriteFailed      the disk refused
        ├── SpoolLocked           another process has it
        ├── SpoolCorrupt          its file was changed by other hands
        └── TraceBlocked          an earlier event of this trace was refused by the service
"""

from __future__ import annotations

from typing import Any


class DecisionGraphError(Exception):
    """Base of everything this package raises on purpose.

    Attributes:
        code: stable and machine-readable. The service's own code where it answered (``docs/errors``), else
            ``unavailable``, ``timeout``, ``invalid_response``, ``invalid_event``, ``wait_timeout`` or ``spool_…``.
        message: for people.
        details: what there is to know besides, for example ``expected_trace_seq`` or ``pointer``.
        request_id: names the call in the service's log; None when there was no answer.
        status: HTTP status; None when there was no answer.
        body: the decoded body of the answer, if it had one.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: dict[str, Any] | None = None,
        request_id: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details or {}
        self.request_id = request_id
        self.status = status
        self.retry_after = retry_after
        self.body = body

    @property
    def status_code(self) -> int | None:
        """The same as ``status``, by the name that clients of the reference know."""
        return self.status

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed later with nobody changing anything."""
        return False

    @property
    def is_unsent(self) -> bool:
        """Whether nothing of the call can have taken effect."""
        return False

    def __str__(self) -> str:
        """The message, the code, and the request id to quote."""
        seen = f", request {self.request_id}" if self.request_id else ""
        return f"{self.message} ({self.code}{seen})"


class ApiError(DecisionGraphError):
    """The service answered, and said no."""


class InvalidArgument(ApiError):
    """The call cannot be carried out as it stands; ``details["pointer"]`` names the place in the body where known."""


class Unauthorized(ApiError):
    """There is no token, or it is unknown, expired or revoked."""


class SessionEnded(Unauthorized):
    """The session of the person is unknown, or has ended: they have to sign in again."""


class Forbidden(ApiError):
    """The account may not do this; ``details["permission"]`` where a permission would help."""


class SignInRefused(Forbidden):
    """Name and password do not belong together, or the person may not sign in."""


class NotFound(ApiError):
    """There is no such thing in this tenant."""


class Conflict(ApiError):
    """It contradicts what is there: a finished trace, a number that is taken, a key that stands for another event."""


class OutOfDate(Conflict):
    """The projection has not come as far as the call demanded."""

    @property
    def is_transient(self) -> bool:
        """Always: it catches up."""
        return True

    @property
    def is_unsent(self) -> bool:
        """Only reads can be out of date."""
        return True


class PreconditionFailed(Conflict):
    """What was to be changed is not any more at the version that the call names. Look at it again first."""


class ServiceBusy(ApiError):
    """The service cannot now: ``rate_limited``, ``storage``, ``request_timeout``, or a fault of its own."""

    @property
    def is_transient(self) -> bool:
        """True for 408, 429, 502, 503, 504. A plain 500 is a fault that a repeat would meet again."""
        return self.status in {408, 429, 502, 503, 504}

    @property
    def is_unsent(self) -> bool:
        """A refusal for its rate has no effect; all others leave open what happened."""
        return self.status == 429


class SignInUnavailable(ServiceBusy):
    """The issuer at which people prove who they are does not answer as it should. Passwords work meanwhile."""


class Unavailable(DecisionGraphError):
    """No answer came. Whether the call took effect is open, unless ``is_unsent``."""

    code = "unavailable"

    def __init__(self, message: str, *, unsent: bool = False, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self._unsent = unsent

    @property
    def is_transient(self) -> bool:
        """Always."""
        return True

    @property
    def is_unsent(self) -> bool:
        """Whether the connection was not even made."""
        return self._unsent


class InvalidResponse(DecisionGraphError):
    """What answered there does not speak this API."""

    code = "invalid_response"


class InvalidEvent(DecisionGraphError, ValueError):
    """The event can never be stored; nothing was sent. ``details["pointer"]`` names the place."""

    code = "invalid_event"


class WaitTimeout(DecisionGraphError, TimeoutError):
    """What was waited for did not happen in time."""

    code = "wait_timeout"


class SpoolError(DecisionGraphError):
    """The spool did not take the event, or cannot be opened."""

    code = "spool_error"


class SpoolFull(SpoolError):
    """The bounds of the spool are reached. The event was not taken."""

    code = "spool_full"


class SpoolWriteFailed(SpoolError):
    """The disk refused. The event was not taken.

    ``details["outcome_unknown"]`` is true when the disk did not even let the attempt be undone for certain: then a
    crash of the machine could still bring the event back. Send it again with the same idempotency key, not a new one.
    """

    code = "spool_write_failed"


class SpoolLocked(SpoolError):
    """Another process, or another client of this one, has the spool."""

    code = "spool_locked"


class SpoolCorrupt(SpoolError):
    """The spool was changed by other hands: there is damage in front of intact events, or it is another tenant's."""

    code = "spool_corrupt"


class TraceBlocked(SpoolError):
    """An earlier event of this trace was refused by the service after the spool had taken it.

    The event was not taken, so that the log never holds a trace with a hole. ``details["refused"]`` is the error of the
    refused event. See ``Spool.dead_letters`` and ``Spool.release``.
    """

    code = "trace_blocked"


CODES: dict[str, type[ApiError]] = {
    "invalid_argument": InvalidArgument,
    "unauthorized": Unauthorized,
    "session_ended": SessionEnded,
    "forbidden": Forbidden,
    "sign_in_refused": SignInRefused,
    "not_found": NotFound,
    "method_not_allowed": InvalidArgument,
    "not_acceptable": InvalidArgument,
    "request_timeout": ServiceBusy,
    "conflict": Conflict,
    "idempotency_conflict": Conflict,
    "event_sequence_invalid": Conflict,
    "projection_out_of_date": OutOfDate,
    "precondition_failed": PreconditionFailed,
    "payload_too_large": InvalidArgument,
    "unsupported_media_type": InvalidArgument,
    "schema_violation": InvalidArgument,
    "pii_policy_violation": InvalidArgument,
    "rate_limited": ServiceBusy,
    "internal_error": ServiceBusy,
    "sign_in_unavailable": SignInUnavailable,
    "storage": ServiceBusy,
}
"""Every code of the service, in the order of ``docs/errors``, and its type."""


def from_answer(
    status: int, error: dict[str, Any], request_id: str | None, retry_after: float | None, body: Any
) -> ApiError:
    """The error that an envelope with a status other than 2xx stands for."""
    code = error.get("code")
    code = code if isinstance(code, str) else "invalid_response"
    details = error.get("details")
    kind: type[ApiError]
    if code in CODES:
        kind = CODES[code]
    elif status in {408, 429} or status >= 500:
        kind = ServiceBusy
    else:
        kind = {401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflict, 412: PreconditionFailed}.get(
            status, InvalidArgument
        )
    return kind(
        str(error.get("message", "")),
        code=code,
        details=details if isinstance(details, dict) else None,
        request_id=request_id,
        status=status,
        retry_after=retry_after,
        body=body,
    )
