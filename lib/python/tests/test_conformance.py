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
from suite import REPOSITORY, Suite

from decisiongraph import Actor, AsyncClient, Client, DecisionGraphError, Freshness, RetryPolicy, Source

SCRIPTS = sorted((REPOSITORY / "fixtures/client-conformance").glob("*.json"))
SETTINGS: dict[str, Any] = {
    "actor": Actor("agent", "conformance"),
    "source": Source("conformance", "tests"),
    "retry": RetryPolicy(attempts=2, deadline=20.0),
}


class Runner:
    """Carries out the steps of one script. The client may be either one: what it returns is awaited if need be."""

    def __init__(self, client: Client | AsyncClient) -> None:
        self.client = client
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
        on_trace = step["call"].startswith("trace.")
        target = self.traces[step["trace"]] if on_trace else self.client
        arguments = {name: self.resolve(value) for name, value in step["arguments"].items()}
        if "fresh" in step:
            arguments["fresh"] = Freshness(**step["fresh"])
        answer = getattr(target, step["call"].removeprefix("trace."))(**arguments)
        if inspect.isawaitable(answer):
            answer = await answer
        if isinstance(answer, AsyncIterator):
            return [item async for item in answer]
        return list(answer) if isinstance(answer, Iterator) else answer

    def resolve(self, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"$trace"}:
            return self.traces[value["$trace"]]
        if isinstance(value, dict) and value.keys() == {"$saved"}:
            return self.saved[value["$saved"]]
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
def test_conformance(path: Path, kind: str, suite: Suite) -> None:
    script, tenant = json.loads(path.read_text()), make_tenant(suite)

    async def asynchronous() -> None:
        async with AsyncClient(suite.api_url, suite.admin_token, tenant, **SETTINGS) as client:
            await Runner(client).run(script)

    async def synchronous() -> None:
        with Client(suite.api_url, suite.admin_token, tenant, **SETTINGS) as client:
            await Runner(client).run(script)

    asyncio.run(asynchronous() if kind == "async" else synchronous())
