"""What the rooms of the synchronous client need of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, TypeVar

from .._api import Call
from .._core import Flow, Settings
from .._pages import Pages

T = TypeVar("T")


class Calls(ABC):
    """Makes calls one by one and page by page."""

    _settings: Settings

    @abstractmethod
    def _run(self, flow: Flow[T]) -> T: ...

    @abstractmethod
    def _call(self, call: Call[T]) -> T: ...

    @abstractmethod
    def _walk(self, pages: Pages[Any, T]) -> Iterator[T]: ...
