"""The asynchronous client."""

from __future__ import annotations

from .client import AsyncClient, AsyncEventFollower, AsyncTrace, current_async_trace

__all__ = ["AsyncClient", "AsyncEventFollower", "AsyncTrace", "current_async_trace"]
