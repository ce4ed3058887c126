"""How projections stand, and who calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ProjectionHealth:
    """Where one projection stands. ``status``: ``ok``, ``rebuilding``, ``lagging``, ``stalled`` or ``failed``."""

    projection_name: str
    last_log_seq: int
    pending_events: int
    is_stale: bool
    status: str = ""
    state: str = ""
    lag_seconds: float = 0.0
    open_failures: int = 0
    quarantined: int = 0
    digest: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True)
class Health:
    """Where the projections of a tenant stand; ``status`` is the worst of theirs."""

    tenant_id: str
    event_log_last_seq: int
    projections: tuple[ProjectionHealth, ...]
    status: str = ""
    open_failures: tuple[dict[str, Any], ...] = ()
    open_runs: tuple[dict[str, Any], ...] = ()
    full_digest: str | None = None


@dataclass(frozen=True)
class Digests:
    """Hashes over everything the projections hold, of one moment."""

    context_graph: str
    trace_summary: str
    precedent_index: str
    full_projection: str
    log_seq: int
    complete: bool = True
    skipped_events: int = 0


@dataclass(frozen=True)
class Me:
    """The account behind the token. ``tenants`` are the registered ones it may use."""

    account_id: str
    roles: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    token: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """The session of a person who signed in. ``session`` is the secret for ``Client(session=…)``, and is not shown."""

    session_id: str
    session: str = field(repr=False)
    expires_at: str
    idle_s: int
    """It ends after so many seconds without use."""


@dataclass(frozen=True)
class User:
    """A person who signed in."""

    user_id: str
    display_name: str | None = None
    must_change_password: bool = False
    """Whether they have to choose a password before anything else."""


@dataclass(frozen=True)
class SignedIn:
    """Who signed in, and with which session."""

    session: Session
    user: User
