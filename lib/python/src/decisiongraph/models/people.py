"""People as administrators see them, their sessions, and how they sign in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class UserAccount:
    """A person who may sign in."""

    user_id: str
    created_at: str
    created_by: str
    display_name: str | None = None
    roles: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    tenant_ids: tuple[str, ...] = ()
    disabled: bool = False
    has_password: bool = False
    must_change_password: bool = False
    password_changed_at: str | None = None
    last_seen_at: str | None = None


@dataclass(frozen=True)
class UserPassword:
    """A person, and the password that the service drew for them, in this answer and nowhere else."""

    user: UserAccount
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class UserLink:
    """Who a person is at an issuer."""

    issuer: str
    subject: str
    linked_at: str
    linked_by: str


@dataclass(frozen=True)
class UserSession:
    """A session as others than its owner see it. ``status``: open, expired, ended."""

    session_id: str
    user_id: str
    status: str
    method: str
    """``password`` or ``oidc``."""
    agent: str
    """The program that acts for the person."""
    created_at: str
    expires_at: str
    last_seen_at: str
    address: str | None = None
    ended_at: str | None = None
    ended_by: str | None = None


@dataclass(frozen=True)
class SessionPage:
    """A page of sessions, newest first."""

    sessions: tuple[UserSession, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class OidcMethod:
    """An issuer at which people prove who they are."""

    label: str


@dataclass(frozen=True)
class SignInMethods:
    """By what people can sign in."""

    password: bool
    oidc: OidcMethod | None = None
    setup: bool = False
    """Whether the first person can be made."""


@dataclass(frozen=True)
class BegunSignIn:
    """Where the browser of a person goes, and what ``finish_sign_in`` needs."""

    authorization_url: str
    state: str
    expires_at: str
