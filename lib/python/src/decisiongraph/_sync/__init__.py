"""The synchronous client."""

from __future__ import annotations

from .client import Client, EventFollower, Trace, current_trace

__all__ = ["Client", "EventFollower", "Trace", "current_trace"]
