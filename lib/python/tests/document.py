"""The OpenAPI document, read as far as tests of the client need it: which operation a request is, and answers made of schemas."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from suite import REPOSITORY, programs

from decisiongraph._core import Send

RELEASED = REPOSITORY / "docs/api/openapi-released.json"


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    operation_id: str
    method: str
    path: str
    content: dict[str, Any]
    parameters: tuple[dict[str, Any], ...]

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is for it. Literal paths are asked before those with names in them."""
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None

    @property
    def query(self) -> set[str]:
        """The names of its query parameters."""
        return {parameter["name"] for parameter in self.parameters if parameter["in"] == "query"}


class Document:
    """The document as today's ``dg-apid`` writes it; where nothing is built, that of the last release."""

    def __init__(self) -> None:
        where = programs()
        text = (
            RELEASED.read_bytes()
            if where is None
            else subprocess.run([where / "dg-apid", "--openapi"], capture_output=True, check=True).stdout
        )
        self.whole: dict[str, Any] = json.loads(text)
        found = [
            Operation(
                content["operationId"],
                method.upper(),
                path,
                content,
                tuple(self._named(each) for each in [*item.get("parameters", []), *content.get("parameters", [])]),
            )
            for path, item in self.whole["paths"].items()
            for method, content in item.items()
            if method != "parameters"
        ]
        self.operations = sorted(found, key=lambda operation: operation.path.count("{"))

    def operation(self, sent: Send) -> Operation:
        """The operation that a request is for."""
        path = urlsplit(sent.url).path
        return next(operation for operation in self.operations if operation.matches(sent.method, path))

    def check(self, operation: Operation, sent: Send) -> None:
        """The request has nothing that the operation does not know, and all that it demands."""
        asked = {name for name, _ in parse_qsl(urlsplit(sent.url).query, keep_blank_values=True)}
        needed = {each["name"] for each in operation.parameters if each["in"] == "query" and each.get("required")}
        assert asked <= operation.query, asked - operation.query
        assert needed <= asked, needed - asked
        if sent.body is None:
            assert not operation.content.get("requestBody", {}).get("required"), "a body is due"
            return
        content = operation.content["requestBody"]["content"]
        media = sent.headers["content-type"]
        assert media in content, media
        if media != "application/json":
            # Bytes, which are taken as they are.
            return
        body = json.loads(sent.body)
        schema = content["application/json"]["schema"]
        known, demands = self.keys(schema)
        assert set(body) <= known, set(body) - known
        assert any(demand <= set(body) for demand in demands), f"one of {demands} is due"

    def keys(self, schema: dict[str, Any]) -> tuple[set[str], list[set[str]]]:
        """The keys that an object of the schema may have, and the sets of which it must have one."""
        schema = self._named(schema)
        known, demands = set(schema.get("properties", {})), [set(schema.get("required", []))]
        for each in schema.get("allOf", []):
            more, needed = self.keys(each)
            known |= more
            demands = [one | other for one in demands for other in needed]
        for each in (alternatives := schema.get("oneOf", schema.get("anyOf", []))):
            known |= self.keys(each)[0]
        if alternatives:
            demands = [one | other for one in demands for each in alternatives for other in self.keys(each)[1]]
        return known, demands

    def answers(self, operation: Operation, shape: int = 0, *, whole: bool) -> Iterator[tuple[int, bytes]]:
        """An answer for each status of success: with everything, or with as little as the schema allows."""
        for status, answer in operation.content["responses"].items():
            if not status.startswith("2"):
                continue
            schema = self._named(answer)["content"].get("application/json", {}).get("schema")
            body = {} if schema is None else self.example(schema, shape, whole=whole)
            yield int(status), json.dumps(body).encode()

    def example(self, schema: Any, shape: int = 0, *, whole: bool) -> Any:
        """Some value of the schema. Where there are alternatives with keys, ``shape`` says which."""
        if schema is True or not schema:
            return {"some": "thing"}
        schema = self._named(schema)
        if "const" in schema:
            return schema["const"]
        if alternatives := schema.get("oneOf", schema.get("anyOf")):
            real = [each for each in alternatives if self._named(each).get("type") != "null"]
            if len(real) < len(alternatives) and not whole:
                return None
            return self.example(real[min(shape, len(real) - 1)], shape, whole=whole)
        if parts := schema.get("allOf"):
            merged: dict[str, Any] = {}
            for each in parts:
                merged |= self.example(each, shape, whole=whole)
            return merged
        kinds = schema.get("type", "object")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if not whole and "null" in kinds:
            return None
        kind = next(kind for kind in kinds if kind != "null")
        if "enum" in schema:
            return next(value for value in schema["enum"] if value is not None)
        if kind == "array":
            few = not whole and not schema.get("minItems")
            return [] if few else [self.example(schema.get("items", {}), shape, whole=whole)]
        if kind == "object":
            return self._object(schema, shape, whole=whole)
        return {"integer": 7, "number": 0.5, "boolean": True, "string": "text"}[kind]

    def _object(self, schema: dict[str, Any], shape: int, *, whole: bool) -> dict[str, Any]:
        needed = schema.get("required", [])
        members = schema.get("properties", {})
        if not members:
            return {"some": "thing"} if whole else {}
        return {
            name: self.example(each, shape, whole=whole) for name, each in members.items() if whole or name in needed
        }

    def _named(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self.whole
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema
