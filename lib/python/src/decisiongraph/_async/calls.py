"""What the rooms of the asynchronous client need of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from .._api import Call
from .._core import Flow, Settings
from .._pages import Pages

T = TypeVar("T")


class AsyncCalls(ABC):
    """Makes calls one by one and page by page."""

    _settings: Settings

    @abstractmethod
    async def _run(self, flow: Flow[T]) -> T: ...

    @abstractmethod
    async def _call(self, call: Call[T]) -> T: ...

    @abstractmethod
    def _walk(self, pages: Pages[Any, T]) -> AsyncIterator[T]: ...
