"""The examples do what they say, against a real suite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from suite import REPOSITORY, Suite

from decisiongraph import Actor, Client, Entity, Subject

EXAMPLES = Path(__file__).parent.parent / "examples"
EXPECTED = {
    "plain_script": (
        ["Refund of order 17: success", "Refund of order 18: success", "precedent: Refund of order 18"],
        10,
    ),
    "agent_loop": (["Order 17 is on its way.", "7 TraceFinished"], 8),
    "tool_calls": (["Done: tx-4711"], 8),
}


def test_every_example_is_run() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str, suite: Suite, tenant: str, client: Client) -> None:
    lines, events = EXPECTED[name]
    env = {**os.environ, "DG_API_URL": suite.api_url, "DG_TOKEN": suite.admin_token, "DG_TENANT": tenant}
    ran = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / f"{name}.py"],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    for line in lines:
        assert line in ran.stdout
    assert len(list(client.iter_events())) == events


def test_the_readme_does_what_it_says(suite: Suite, tenant: str, client: Client, tmp_path: Path) -> None:
    text = (EXAMPLES.parent / "README.md").read_text()
    code = text.split("```python\n")[1].split("```")[0].replace("/var/lib/refund-agent/spool", str(tmp_path / "spool"))
    env = {**os.environ, "DG_API_URL": suite.api_url, "DG_TOKEN": suite.admin_token, "DG_TENANT": tenant}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "outcome='success'" in ran.stdout
    assert len(list(client.iter_events())) == 6


def test_the_python_of_the_tutorial_does_what_it_says(suite: Suite, tenant: str, client: Client) -> None:
    text = (REPOSITORY / "docs/tutorial/3-python.md").read_text()
    code = text.split("```python\n")[1].split("```")[0]
    env = {**os.environ, "DG_API_URL": suite.api_url, "DG_TOKEN": suite.admin_token, "DG_TENANT": tenant}
    for _ in range(2):  # the second time records nothing
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ran.returncode, ran.stdout) == (0, "success\n"), ran.stderr
        assert len(list(client.iter_events())) == 6


def test_following_as_the_readme_says(suite: Suite, tenant: str, client: Client) -> None:
    text = (EXAMPLES.parent / "README.md").read_text().split("## Following the log")[1]
    code = text.split("```python\n")[1].split("```")[0] + "    break\n"
    client.start_trace("w", "t", Entity("order", "1"), trace_id="t")
    client.record_approval("t", "ok", Subject("action", "a"), Actor("person", "ana"), "approved")
    said: list[str] = []
    exec(code, {"client": client, "print": lambda *words: said.append(" ".join(map(str, words)))})
    assert said == ["2 approved"]
