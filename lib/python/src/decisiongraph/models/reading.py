"""How an answer becomes a type."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ..errors import InvalidResponse

T = TypeVar("T")


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
            key = name.rstrip("_")  # ``from`` is Python's own, so the field is ``from_``
            if required or data.get(key) is not None:  # a null where there is a default is the default
                known[name] = reader(data[key])
        return kind(**known)

    return read_one


def _expect(kind: type, data: Any) -> Any:
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise TypeError(f"{type(data).__name__} where {kind.__name__} is due")
    return data
