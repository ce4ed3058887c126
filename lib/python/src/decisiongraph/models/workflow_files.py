"""Files that are shown as evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkflowFile:
    """A file that is kept, under the SHA-256 of its bytes."""

    sha256: str
    media_type: str
    size_bytes: int
