"""Every code of ``docs/errors`` has its type."""

from __future__ import annotations

from document import Document
from suite import REPOSITORY

import decisiongraph
from decisiongraph.errors import CODES, from_answer


def test_every_code_has_a_type() -> None:
    pages = REPOSITORY / "docs/errors"
    rows = [line.split("|") for line in (pages / "README.md").read_text().splitlines() if line.startswith("| [")]
    listed = {row[1].strip()[1:].split("]")[0]: int(row[2]) for row in rows}
    assert CODES.keys() == listed.keys()
    assert {page.stem for page in pages.glob("*.md")} - {"README", "dg"} == listed.keys()
    assert set(Document().whole["components"]["schemas"]["Error"]["properties"]["code"]["enum"]) == listed.keys()
    for code, status in listed.items():
        error = from_answer(status, {"code": code, "message": "m"}, None, None, None)
        assert type(error) is CODES[code]
        # An unknown code of that status is of the same kind, or of one above it.
        assert isinstance(error, type(from_answer(status, {"code": "new"}, None, None, None)))
    for kind in CODES.values():
        assert getattr(decisiongraph, kind.__name__) is kind
