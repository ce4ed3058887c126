"""Runs ``fixtures/client-conformance``, which says what every client must do in no language."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import make_tenant
from link import Link
from suite import REPOSITORY, Suite

from decisiongraph import (
    Actor,
    AsyncClient,
    AsyncEventFollower,
    Client,
    DecisionGraphError,
    EventFollower,
    Freshness,
    RetryPolicy,
    Source,
)

SCRIPTS = sorted((REPOSITORY / "fixtures/client-conformance").glob("*.json"))
SETTINGS: dict[str, Any] = {
    "actor": Actor("agent", "conformance"),
    "source": Source("conformance", "tests"),
    "retry": RetryPolicy(attempts=3, first_pause=0.02, deadline=20.0),
}


class Runner:
    """Carries out the steps of one script. The client may be either one: what it returns is awaited if need be."""

    def __init__(self, client: Client | AsyncClient, link: Link, place: dict[str, Any]) -> None:
        self.client = client
        self.link = link
        self.place = place
        self.followers: dict[str, EventFollower | AsyncEventFollower] = {}
        self.traces: dict[str, Any] = {}
        self.saved: dict[str, Any] = {}

    async def run(self, script: dict[str, Any]) -> None:
        for number, step in enumerate(script["steps"], start=1):
            where = f"step {number}, {step['call']}"
            try:
                answer = await self.call(step)
            except DecisionGraphError as error:
                assert "raises" in step, f"{where}: {error}"
                seen = {"code": error.code, "status": error.status, "details": error.details}
                self.compare(step["raises"], seen, where)
                continue
            assert "raises" not in step, f"{where} raised nothing"
            if step["call"] == "start_trace":
                self.traces[step["trace"]] = answer
            if "expect" in step:
                self.compare(step["expect"], plain(answer), where)

    async def call(self, step: dict[str, Any]) -> Any:
        arguments = {name: self.resolve(value) for name, value in step["arguments"].items()}
        if step["call"] == "$link":
            return self.fail(**arguments)
        if "client" not in step:
            return await self.call_on(self.client, step, arguments)
        other = type(self.client)(**{**self.place, **step["client"]})
        try:
            return await self.call_on(other, step, arguments)
        finally:
            closing = other.close()
            if inspect.isawaitable(closing):
                await closing

    def fail(self, state: str | None = None, lose: int | None = None) -> None:
        if state is not None:
            {"up": self.link.up, "down": self.link.down, "cut": self.link.cut}[state]()
        if lose is not None:
            self.link.lose(lose)

    async def call_on(self, client: Client | AsyncClient, step: dict[str, Any], arguments: dict[str, Any]) -> Any:
        kind, _, name = step["call"].rpartition(".")
        targets: dict[str, Any] = {"trace": self.traces.get(step.get("trace", "")), "spool": client.spool, "": client}
        target = targets[kind]
        if "fresh" in step:
            arguments["fresh"] = Freshness(**step["fresh"])
        if name == "follow_events":
            return await self.follow(client, step, arguments)
        answer = getattr(target, name)(**arguments)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, AsyncIterator):
            return [item async for item in answer]
        return list(answer) if isinstance(answer, Iterator) else answer

    async def follow(self, client: Client | AsyncClient, step: dict[str, Any], arguments: dict[str, Any]) -> Any:
        name = step["stream"]
        if name not in self.followers:
            self.followers[name] = client.follow_events(**arguments)
        follower = self.followers[name]
        if isinstance(follower, EventFollower):
            return [next(follower) for _ in range(step["take"])]
        return [await anext(follower) for _ in range(step["take"])]

    async def close(self) -> None:
        for follower in self.followers.values():
            closing = follower.close()
            if inspect.isawaitable(closing):
                await closing

    def resolve(self, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"$trace"}:
            return self.traces[value["$trace"]]
        if isinstance(value, dict) and value.keys() == {"$saved"}:
            return self.saved[value["$saved"]]
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        return value

    def compare(self, expected: Any, seen: Any, where: str) -> None:
        match expected:
            case {"$save": name}:
                self.saved[name] = seen
            case {"$saved": name}:
                assert seen == self.saved[name], where
            case {"$any": kind}:
                assert isinstance(seen, {"text": str, "number": int}[kind]), where
            case dict():
                assert isinstance(seen, dict), where
                for key, value in expected.items():
                    assert key in seen, f"{where}: {key} is missing"
                    self.compare(value, seen[key], f"{where}: {key}")
            case list():
                assert isinstance(seen, list), where
                assert len(seen) == len(expected), f"{where}: {seen}"
                for index, value in enumerate(expected):
                    self.compare(value, seen[index], f"{where}: {index}")
            case _:
                assert seen == expected, where


def plain(value: Any) -> Any:
    """An answer as JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def test_there_are_scripts() -> None:
    assert SCRIPTS


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_conformance(path: Path, kind: str, suite: Suite, tmp_path: Path) -> None:
    script, tenant, link = json.loads(path.read_text()), make_tenant(suite), Link(suite.api_url)
    place = {"base_url": link.url, "token": suite.admin_token, "tenant_id": tenant, **SETTINGS}
    spool = tmp_path / "spool" if script.get("spool") else None

    async def asynchronous() -> None:
        async with AsyncClient(**place, spool=spool) as client:
            runner = Runner(client, link, place)
            await runner.run(script)
            await runner.close()

    async def synchronous() -> None:
        with Client(**place, spool=spool) as client:
            runner = Runner(client, link, place)
            await runner.run(script)
            await runner.close()

    try:
        asyncio.run(asynchronous() if kind == "async" else synchronous())
    finally:
        link.close()
