"""Accounts with their tokens, and tenants."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Token:
    """A token of an account, named and not shown. ``status``: active, expired, revoked."""

    token_id: str
    account_id: str
    status: str
    created_at: str
    created_by: str | None = None
    label: str | None = None
    expires_at: str | None = None
    last_used_at: str | None = None
    replaces: str | None = None
    """The token in whose place it was issued."""
    revoked_at: str | None = None
    revoked_by: str | None = None


@dataclass(frozen=True)
class NewToken:
    """A token in the one answer that shows it."""

    token_id: str
    token: str = field(repr=False)
    expires_at: str | None = None


@dataclass(frozen=True)
class RotatedToken:
    """A new token, and the one that it takes the place of."""

    token: NewToken
    replaced: Token


@dataclass(frozen=True)
class Account:
    """Who may do what, and where; ``*`` in ``permissions`` and ``tenant_ids`` is all. ``kind``: service or person."""

    account_id: str
    kind: str
    created_at: str
    created_by: str
    display_name: str | None = None
    roles: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()
    disabled: bool = False
    owner_id: str | None = None
    """Who answers for it: reviews take both for one person."""
    tokens: tuple[Token, ...] = ()
    """Where one account is asked for."""


@dataclass(frozen=True)
class NewAccount:
    """An account that was made, with its first token."""

    account: Account
    token: NewToken


@dataclass(frozen=True)
class ImportedAccount:
    """An account of the reference that was taken over, with its tokens or with a new one."""

    account: Account
    tokens_kept: int
    tokens_left_behind: int
    token: NewToken | None = None


@dataclass(frozen=True)
class ImportedAccounts:
    """What was taken over, what was there already, and which tenants are still to be registered."""

    accounts: tuple[ImportedAccount, ...]
    skipped: tuple[str, ...] = ()
    unregistered_tenants: tuple[str, ...] = ()


@dataclass(frozen=True)
class TenantLimits:
    """Limits of its own; None where those of the service hold."""

    max_event_bytes: int | None = None
    max_batch_events: int | None = None
    reads_per_second: int | None = None
    writes_per_second: int | None = None


@dataclass(frozen=True)
class Tenant:
    """A tenant. ``status``: active, suspended, closed."""

    tenant_id: str
    status: str
    secret_guard: str
    limits: TenantLimits
    created_at: str
    created_by: str
    demo: bool = False
