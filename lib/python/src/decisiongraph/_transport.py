"""Carrying out effects with httpx."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Generator
from typing import Any, TypeVar

import httpx

from ._core import Answer, Block, Effect, Flow, Send, Sleep, envelope, lost

T = TypeVar("T")

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
CONNECT_S = 3.0


class Wire:
    """Connections to one service, for one thread or many.

    No redirect is followed: it would carry the token elsewhere. The proxies of the environment are used only if asked for.
    """

    def __init__(self, verify: ssl.SSLContext | bool, trust_env: bool) -> None:  # noqa: FBT001
        self._http = httpx.Client(verify=verify, trust_env=trust_env, follow_redirects=False)

    def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end."""
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = self._carry_out(effect)
                except Exception as error:  # noqa: BLE001 - the flow decides what it means
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as end:
            result: T = end.value
            return result

    def _carry_out(self, effect: Effect) -> Any:
        if isinstance(effect, Sleep):
            time.sleep(effect.seconds)
            return None
        if isinstance(effect, Block):
            return effect.work()
        try:
            return self._send(effect)
        except httpx.TransportError as error:
            raise _lost(effect, error) from error

    def _send(self, effect: Send) -> Answer:
        end = time.monotonic() + effect.timeout
        request = self._http.build_request(
            effect.method, effect.url, headers=dict(effect.headers), content=effect.body, timeout=timeouts(effect)
        )
        response = self._http.send(request, stream=True)
        try:
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                in_time(end, request)
        finally:
            response.close()
        return Answer(response.status_code, response.headers, bytes(body))

    def stream(self, effect: Send) -> Generator[bytes, None, None]:
        """An answer that goes on, piece by piece; the first one is empty. The timeout is for each piece.

        Raises:
            DecisionGraphError: it is not one, or it broke.
        """
        headers = dict(effect.headers)
        try:
            with self._http.stream(effect.method, effect.url, headers=headers, timeout=timeouts(effect)) as response:
                if not response.is_success:
                    envelope(Answer(response.status_code, response.headers, response.read()))
                yield b""
                yield from response.iter_bytes()
        except httpx.TransportError as error:
            raise _lost(effect, error) from error

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()


class AsyncWire:
    """The same for one event loop."""

    def __init__(self, verify: ssl.SSLContext | bool, trust_env: bool) -> None:  # noqa: FBT001
        self._http = httpx.AsyncClient(verify=verify, trust_env=trust_env, follow_redirects=False)

    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end."""
        try:
            effect = next(flow)
            while True:
                try:
                    outcome = await self._carry_out(effect)
                except Exception as error:  # noqa: BLE001 - the flow decides what it means
                    effect = flow.throw(error)
                else:
                    effect = flow.send(outcome)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _carry_out(self, effect: Effect) -> Any:
        if isinstance(effect, Sleep):
            return await asyncio.sleep(effect.seconds)
        if isinstance(effect, Block):
            return await asyncio.to_thread(effect.work)
        try:
            return await self._send(effect)
        except httpx.TransportError as error:
            raise _lost(effect, error) from error

    async def _send(self, effect: Send) -> Answer:
        end = time.monotonic() + effect.timeout
        request = self._http.build_request(
            effect.method, effect.url, headers=dict(effect.headers), content=effect.body, timeout=timeouts(effect)
        )
        response = await self._http.send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                in_time(end, request)
        finally:
            await response.aclose()
        return Answer(response.status_code, response.headers, bytes(body))

    async def stream(self, effect: Send) -> AsyncGenerator[bytes, None]:
        """An answer that goes on, piece by piece; the first one is empty. The timeout is for each piece.

        Raises:
            DecisionGraphError: it is not one, or it broke.
        """
        headers = dict(effect.headers)
        try:
            async with self._http.stream(
                effect.method, effect.url, headers=headers, timeout=timeouts(effect)
            ) as response:
                if not response.is_success:
                    envelope(Answer(response.status_code, response.headers, await response.aread()))
                yield b""
                async for piece in response.aiter_bytes():
                    yield piece
        except httpx.TransportError as error:
            raise _lost(effect, error) from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()


def timeouts(effect: Send) -> httpx.Timeout:
    """Httpx bounds each step; ``in_time`` bounds their sum."""
    return httpx.Timeout(effect.timeout, connect=min(effect.timeout, CONNECT_S))


def in_time(end: float, request: httpx.Request) -> None:
    """Cuts off an answer that trickles in for longer than its attempt may take."""
    if time.monotonic() > end:
        raise httpx.ReadTimeout("the answer took too long", request=request)


def _lost(effect: Send, error: httpx.TransportError) -> Exception:
    base_url = effect.url.split("/api/", 1)[0]
    timed_out, unsent = isinstance(error, httpx.TimeoutException), isinstance(error, UNSENT)
    return lost(base_url, error, timed_out=timed_out, unsent=unsent)
