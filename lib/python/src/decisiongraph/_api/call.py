"""One call of the API as a value: what to send, and how to read the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from .. import models
from ..errors import InvalidArgument, InvalidResponse

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
            return (("freshness", "strict"), *query(as_of_log_seq=self.as_of_log_seq))
        waits = self.min_log_seq is not None or self.as_of_log_seq is not None
        return query(
            min_log_seq=self.min_log_seq,
            wait_ms=self.wait_ms if waits else None,
            as_of_log_seq=self.as_of_log_seq,
        )

    @property
    def wait_ms(self) -> int:
        """The wait in milliseconds, as the service takes it."""
        return max(0, min(int(self.wait_s * 1000), 30_000))


NOW = Freshness()
STRICT = Freshness(strict=True)


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call.

    Attributes:
        read: makes the result out of the envelope; of an answer that is no envelope, ``read_bytes`` does, with its headers.
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
    read_bytes: Callable[[bytes, Mapping[str, str]], T] | None = None


def segment(what: str, value: str) -> str:
    """One id as one path segment, everything but unreserved characters encoded.

    Raises:
        InvalidArgument: empty, ``.`` and ``..``: URLs resolve these away, and another resource would be asked for.
    """
    value = str(value)
    if value in {"", ".", ".."}:
        raise InvalidArgument(f"{value!r} cannot be used as {what} in an address", code="invalid_argument")
    return quote(value, safe="")


def query(**given: Any) -> Query:
    """As query parameters: without what is None, lists as repeated keys, ``from_`` as ``from``."""
    pairs: list[tuple[str, str]] = []
    for name, value in given.items():
        name = name.rstrip("_")
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            pairs.extend((name, str(item)) for item in value)
        elif isinstance(value, bool):
            pairs.append((name, "true" if value else "false"))
        else:
            pairs.append((name, str(value)))
    return tuple(pairs)


def fields(**given: Any) -> dict[str, Any]:
    """As a body: without what is None, ``from_`` as ``from``."""
    return {name.rstrip("_"): value for name, value in given.items() if value is not None}


def listed(items: Sequence[str] | None) -> list[str] | None:
    """Texts as a list.

    Raises:
        TypeError: it is one text, whose letters would be taken for the items.
    """
    if isinstance(items, str):
        raise TypeError("a list of texts is due, not a text")
    return None if items is None else list(items)


def data(envelope: Envelope) -> Any:
    """What an envelope carries.

    Raises:
        InvalidResponse: nothing.
    """
    if not isinstance(envelope.get("data"), dict):
        raise InvalidResponse("the answer has no data", body=envelope)
    return envelope["data"]


def whole(call: Call[Any]) -> Call[Envelope]:
    """The same call, answered with the whole envelope."""
    return replace(call, read=lambda envelope: envelope)


def one(kind: type[T]) -> Callable[[Envelope], T]:
    """Reads ``data`` as a ``kind``."""
    return lambda envelope: models.read(kind, data(envelope))


def with_meta(kind: type[T]) -> Callable[[Envelope], T]:
    """Reads ``data`` with ``meta`` as a ``kind``."""
    return lambda envelope: models.read(kind, {**data(envelope), "meta": envelope.get("meta")})


def under(kind: type[T], key: str) -> Callable[[Envelope], T]:
    """Reads what is under a key of ``data`` as a ``kind``."""
    return lambda envelope: models.read(kind, data(envelope).get(key))


def all_under(kind: type[T], key: str) -> Callable[[Envelope], tuple[T, ...]]:
    """Reads what is under a key of ``data`` as several of a ``kind``."""
    return lambda envelope: models.read(tuple[kind, ...], data(envelope).get(key))  # type: ignore[valid-type]


def nothing(envelope: Envelope) -> None:
    """Reads an answer that says no more than that it was done."""
    data(envelope)


def get(path: str, read: Callable[[Envelope], T], asked: Query = (), freshness: Freshness = NOW) -> Call[T]:
    """A read."""
    waits = freshness.query()
    patience = freshness.wait_ms / 1000 if any(name == "wait_ms" for name, _ in waits) else 0.0
    return Call("GET", f"{API}{path}", read, asked + waits, patience=patience)


def post(
    path: str, read: Callable[[Envelope], T], body: Mapping[str, Any] | None = None, *, repeatable: bool = False
) -> Call[T]:
    """A write."""
    content = None if body is None else encoded(body)
    return Call("POST", f"{API}{path}", read, body=content, repeatable=repeatable)


def put(path: str, read: Callable[[Envelope], T], body: Mapping[str, Any]) -> Call[T]:
    """Something under an id of the caller's choice. Done twice, it is done."""
    return Call("PUT", f"{API}{path}", read, body=encoded(body))


def patch(path: str, read: Callable[[Envelope], T], body: Mapping[str, Any]) -> Call[T]:
    """A change of something that is there. Done twice, it is done."""
    return Call("PATCH", f"{API}{path}", read, body=encoded(body))


def delete(path: str) -> Call[None]:
    """A removal. Done twice, the second one answers ``not_found``."""
    return Call("DELETE", f"{API}{path}", nothing, repeatable=False)


def lines(path: str, read: Callable[[bytes, Mapping[str, str]], T], asked: Query, patience: float) -> Call[T]:
    """A read that answers text instead of an envelope, and may be long."""

    def of_envelope(envelope: Envelope) -> T:
        return read(encoded(envelope), {})

    return Call("GET", f"{API}{path}", of_envelope, asked, patience=patience, read_bytes=read)


def as_sent(body: bytes, _: Mapping[str, str]) -> bytes:
    """Reads text as it is."""
    return body


def encoded(body: Mapping[str, Any]) -> bytes:
    """As JSON, the same bytes for the same content."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
