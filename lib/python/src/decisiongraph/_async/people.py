"""The calls of the asynchronous client about people, their sessions, and how they sign in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from .. import _api, _pages, models
from .calls import AsyncCalls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._api.accounts import AccountChange
    from .._api.people import SessionSearch, UserFields


class AsyncPeopleCalls(AsyncCalls):
    """People, for programs that act for them and for whoever looks after them."""

    async def sign_in(self, user_id: str, password: str, address: str | None = None) -> models.SignedIn:
        """Signs a person in; needs the permission ``principal_assert``. ``address`` is where the person is.

        ``Client(session=signed_in.session.session)`` makes calls in their name. SignInRefused when name and password do not
        belong together.
        """
        return await self._call(_api.people.sign_in(user_id, password, address))

    async def sign_out(self) -> None:
        """Ends the session that this client was made with."""
        await self._call(_api.people.sign_out())

    async def sign_in_methods(self) -> models.SignInMethods:
        """By what people can sign in."""
        return await self._call(_api.people.sign_in_methods())

    async def begin_sign_in(self, redirect_uri: str) -> models.BegunSignIn:
        """Begins a sign-in at the issuer, which sends the browser back to ``redirect_uri``.

        Raises:
            NotFound: no issuer is configured.
            SignInUnavailable: it does not answer.
        """
        return await self._call(_api.people.begin_sign_in(redirect_uri))

    async def finish_sign_in(
        self, state: str, code: str, *, iss: str | None = None, address: str | None = None
    ) -> models.SignedIn:
        """Signs a person in with what the issuer sent the browser back with."""
        return await self._call(_api.people.finish_sign_in(state, code, iss, address))

    async def set_up(
        self, code: str, user_id: str, password: str, *, display_name: str | None = None, address: str | None = None
    ) -> models.SignedIn:
        """Makes the first person of an installation with the code that ``dg init`` showed. SignInRefused when it is not good."""
        return await self._call(_api.people.set_up(code, user_id, password, display_name, address))

    async def change_password(self, current: str, new: str) -> None:
        """Changes the password of the person whose session this client was made with. SignInRefused when ``current`` is not it."""
        await self._call(_api.people.change_password(current, new))

    # -- looking after people ---------------------------------------------------------------------------------------------------

    async def users(self) -> tuple[models.UserAccount, ...]:
        """All people."""
        return await self._call(_api.people.users())

    async def user(self, user_id: str) -> models.UserAccount:
        """One of them."""
        return await self._call(_api.people.user(user_id))

    async def create_user(self, user_id: str, **fields: Unpack[UserFields]) -> models.UserPassword:
        """Makes a person's account. A password that the service drew is in this answer and nowhere else."""
        return await self._call(_api.people.create_user(user_id, fields))

    async def change_user(self, user_id: str, **change: Unpack[AccountChange]) -> models.UserAccount:
        """Changes what is named about a person."""
        return await self._call(_api.people.change_user(user_id, change))

    async def reset_password(self, user_id: str, password: str | None = None) -> models.UserPassword:
        """Gives a person another first password, drawn by the service unless given, and ends their sessions."""
        return await self._call(_api.people.reset_password(user_id, password))

    async def links(self, user_id: str) -> tuple[models.UserLink, ...]:
        """Who a person is at issuers."""
        return await self._call(_api.people.links(user_id))

    async def link_user(self, user_id: str, issuer: str, subject: str) -> models.UserLink:
        """Says that a subject of an issuer is this person. Conflict when it is somebody already."""
        return await self._call(_api.people.link(user_id, issuer, subject))

    async def unlink_user(self, user_id: str, issuer: str) -> models.UserLink:
        """Says that a person is nobody at an issuer any more, and ends their sessions."""
        return await self._call(_api.people.unlink(user_id, issuer))

    async def sessions(self, **filters: Unpack[SessionSearch]) -> models.SessionPage:
        """A page of sessions, newest first; open ones, unless ``status`` is ``all``."""
        return await self._call(_api.people.sessions(filters))

    def iter_sessions(self, **filters: Unpack[SessionSearch]) -> AsyncIterator[models.UserSession]:
        """All of them, page by page."""
        return self._walk(_pages.session_pages(filters))

    async def revoke_session(self, session_id: str) -> models.UserSession:
        """Ends somebody's session."""
        return await self._call(_api.people.revoke_session(session_id))
