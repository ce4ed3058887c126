"""What the sync and the async client have in common: settings, the spool, and building events."""

from __future__ import annotations

import os
import ssl
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from . import _core, models
from ._core import Flow, Settings
from ._recorder import Recorder, build
from ._sender import Sender
from ._transport import Wire
from .errors import SpoolCorrupt
from .events import Event, EventOptions, Payload
from .retry import RetryPolicy
from .spool import Spool
from .values import Actor, Json, Source

R = TypeVar("R")


class ClientBase(Recorder[R]):
    """See :class:`Client` and :class:`AsyncClient`.

    Args:
        base_url: where the service is, ``http://host:4100``; else ``DG_API_URL`` of the environment.
        token: bearer token; else ``DG_TOKEN``.
        tenant_id: whose log; else ``DG_TENANT``.
        actor: who does what is recorded, unless a call says otherwise.
        source: what records it, unless a call says otherwise.
        timeout: seconds for one attempt of a call.
        retry: how often and how long a call is tried again.
        session: of the person in whose name the calls are made; see ``sign_in``.
        spool: a directory, or an open :class:`Spool`: with it, recording goes on while the service is away. The client closes it.
        verify: how https is checked, as for httpx.
        trust_env: use the proxies that the environment names, as for httpx.

    Raises:
        ValueError: a value is missing or cannot be right.
        SpoolError: the spool cannot be opened.
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        tenant_id: str | None = None,
        *,
        actor: Actor | Mapping[str, Json] | None = None,
        source: Source | Mapping[str, Json] | None = None,
        timeout: float = 10.0,
        retry: RetryPolicy | None = None,
        session: str | None = None,
        spool: Spool | str | os.PathLike[str] | None = None,
        verify: ssl.SSLContext | bool = True,
        trust_env: bool = False,
    ) -> None:
        env = os.environ.get
        self._settings = Settings.checked(
            base_url if base_url is not None else env("DG_API_URL", ""),
            token if token is not None else env("DG_TOKEN", ""),
            tenant_id if tenant_id is not None else env("DG_TENANT", ""),
            timeout,
            retry or RetryPolicy(),
            session,
        )
        self._actor = actor
        self._source = source
        self._spool = self._open(spool)
        self._sender = (
            Sender(self._spool, self._settings, lambda: Wire(verify, trust_env)) if self._spool is not None else None
        )
        self._last_log_seq = 0
        self._connect(verify, trust_env)

    @abstractmethod
    def _connect(self, verify: ssl.SSLContext | bool, trust_env: bool) -> None:  # noqa: FBT001
        """Makes the connection pool."""

    @property
    def tenant_id(self) -> str:
        """The tenant this client sees."""
        return self._settings.tenant_id

    @property
    def base_url(self) -> str:
        """Where the service is."""
        return self._settings.base_url

    @property
    def spool(self) -> Spool | None:
        """The spool, if there is one: its status, dead letters, release."""
        return self._spool

    def __repr__(self) -> str:
        """Where and for whom, without the token."""
        return f"{type(self).__name__}({self.base_url!r}, tenant_id={self.tenant_id!r})"

    def _open(self, spool: Spool | str | os.PathLike[str] | None) -> Spool | None:
        if spool is None:
            return None
        if not isinstance(spool, Spool):
            return Spool(Path(spool), tenant_id=self.tenant_id)
        if spool.tenant_id != self.tenant_id:
            raise SpoolCorrupt(f"the spool {spool.path} is for tenant {spool.tenant_id}, not {self.tenant_id}")
        return spool

    def _build(self, trace_id: object, event_type: str, payload: Payload, options: EventOptions) -> Event:
        return build(trace_id, event_type, payload, options, self._actor, self._source)

    def _append_flow(self, event: Mapping[str, Json]) -> Flow[models.Appended]:
        wake = self._sender.wake if self._sender is not None else lambda: None
        done = yield from _core.append(self._settings, event, self._spool, wake)
        self._last_log_seq = max(self._last_log_seq, done.log_seq or 0)
        return done

    def _flush_flow(self, timeout: float) -> Flow[None]:
        if self._spool is not None:
            yield from _core.flush(self._spool, self._spool.last_position, timeout)

    def _wait_visible_flow(self, upto: int | models.Appended | None, timeout: float) -> Flow[models.Health]:
        end = self._settings.clock() + timeout
        if isinstance(upto, models.Appended) and upto.log_seq is not None:
            upto = upto.log_seq
        if not isinstance(upto, int):
            upto = yield from self._sent_flow(upto, timeout)
        return (yield from _core.wait_visible(self._settings, upto, end - self._settings.clock()))

    def _sent_flow(self, upto: models.Appended | None, timeout: float) -> Flow[int]:
        """Waits until what was spooled is in the log, and answers a position that is not before it."""
        if self._spool is None or self._sender is None:
            return self._last_log_seq
        position = upto.spool_position if upto is not None else None
        position = self._spool.last_position if position is None else position
        yield from _core.flush(self._spool, position, timeout)
        if upto is not None:
            self._spool.check(upto.trace_id)
        return max(self._last_log_seq, self._sender.last_log_seq)
