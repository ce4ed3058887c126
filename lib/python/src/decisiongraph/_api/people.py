"""The calls about people, their sessions, and how they sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from .. import models
from .accounts import Role
from .call import Call, Envelope, all_under, fields, get, nothing, one, patch, post, query, segment, under


class UserFields(TypedDict, total=False):
    """What a person's account is made with besides the name."""

    display_name: str | None
    roles: Sequence[Role]
    permissions: Sequence[str]
    tenant_ids: Sequence[str]
    password: str | None
    """For signing in once; the service draws one when there is none."""


class SessionSearch(TypedDict, total=False):
    """Which sessions; ``all`` also shows those that have ended."""

    user_id: str
    status: Literal["open", "all"]
    limit: int
    cursor: str | None


def sign_in(user_id: str, password: str, address: str | None) -> Call[models.SignedIn]:
    """A session for a person. Not repeatable: each one counts."""
    return post("/sessions", one(models.SignedIn), fields(user_id=user_id, password=password, address=address))


def sign_out() -> Call[Envelope]:
    """Ends the session that it is called with."""
    return post("/sessions/end", lambda envelope: envelope)


def sign_in_methods() -> Call[models.SignInMethods]:
    """By what people can sign in."""
    return get("/sessions/methods", one(models.SignInMethods))


def begin_sign_in(redirect_uri: str) -> Call[models.BegunSignIn]:
    """Begins a sign-in at the issuer."""
    return post("/sessions/oidc", one(models.BegunSignIn), {"redirect_uri": redirect_uri})


def finish_sign_in(state: str, code: str, iss: str | None, address: str | None) -> Call[models.SignedIn]:
    """A session for whoever the issuer sent back."""
    body = fields(state=state, code=code, iss=iss, address=address)
    return post("/sessions/oidc/finish", one(models.SignedIn), body)


def set_up(
    code: str, user_id: str, password: str, display_name: str | None, address: str | None
) -> Call[models.SignedIn]:
    """The first person of an installation, with a session."""
    body = fields(code=code, user_id=user_id, password=password, display_name=display_name, address=address)
    return post("/sessions/setup", one(models.SignedIn), body)


def change_password(current: str, new: str) -> Call[None]:
    """Another password for the person of the session."""
    return post("/me/password", nothing, {"current": current, "new": new})


def users() -> Call[tuple[models.UserAccount, ...]]:
    """All people."""
    return get("/admin/users", all_under(models.UserAccount, "users"))


def user(user_id: str) -> Call[models.UserAccount]:
    """One of them."""
    return get(_user(user_id), under(models.UserAccount, "user"))


def create_user(user_id: str, given: Mapping[str, Any]) -> Call[models.UserPassword]:
    """Makes one. Not repeatable: the answer that shows the password is not kept."""
    return post("/admin/users", one(models.UserPassword), {"user_id": user_id} | fields(**given))


def change_user(user_id: str, change: Mapping[str, Any]) -> Call[models.UserAccount]:
    """Changes what is named."""
    return patch(_user(user_id), under(models.UserAccount, "user"), change)


def reset_password(user_id: str, password: str | None) -> Call[models.UserPassword]:
    """Another first password."""
    return post(_user(user_id, "/password"), one(models.UserPassword), fields(password=password))


def links(user_id: str) -> Call[tuple[models.UserLink, ...]]:
    """Who a person is at issuers."""
    return get(_user(user_id, "/links"), all_under(models.UserLink, "links"))


def link(user_id: str, issuer: str, subject: str) -> Call[models.UserLink]:
    """Says that a subject of an issuer is this person."""
    return post(_user(user_id, "/links"), under(models.UserLink, "link"), {"issuer": issuer, "subject": subject})


def unlink(user_id: str, issuer: str) -> Call[models.UserLink]:
    """Says that they are nobody there any more."""
    return post(_user(user_id, "/unlink"), under(models.UserLink, "link"), {"issuer": issuer})


def sessions(filters: Mapping[str, Any]) -> Call[models.SessionPage]:
    """A page of sessions."""
    return get("/admin/sessions", one(models.SessionPage), query(**filters))


def revoke_session(session_id: str) -> Call[models.UserSession]:
    """Ends somebody's session. Repeatable: what has ended stays so."""
    path = f"/admin/sessions/{segment('a session id', session_id)}/revoke"
    return post(path, under(models.UserSession, "session"), repeatable=True)


def _user(user_id: str, rest: str = "") -> str:
    return f"/admin/users/{segment('a user id', user_id)}{rest}"
