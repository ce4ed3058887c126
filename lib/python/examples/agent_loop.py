"""A loop as agent frameworks have it (think, pick a tool, look at the result), recorded by a handler of events.

No framework is needed to read this: ``AgentLoop`` calls back like LangChain calls a ``BaseCallbackHandler``, and ``Recorder`` is what such
a handler looks like. With a spool, the agent works on while the service is away.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from decisiongraph import Actor, Client, Entity, Fact, InputSource, Policy, Source, Trace

Tool = Callable[..., str]
STEP_LIMIT = Policy("agent-steps", "1")


class Recorder:
    """Turns what happens in a loop into events of one trace."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.steps = 0

    def on_tool_start(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """The agent wants to use a tool. What changes the world is an action, and waits for the record of its proposal."""
        self.steps += 1
        action_id = f"{self.trace}/{self.steps}"
        self.trace.propose_action(action_id, tool, Entity("tool", tool), "agent-loop", context_of(arguments))
        return action_id

    def on_tool_end(self, action_id: str, tool: str, output: str) -> None:
        """It returned something, which the agent now knows."""
        self.trace.commit_action(action_id)
        self.trace.observe_input(action_id, InputSource("agent-loop", "tool", tool), [Fact("output", output)])

    def on_tool_error(self, action_id: str, error: Exception) -> None:
        """It failed. The kind of the error is recorded and its text is not: nobody knows what is in it."""
        self.trace.commit_action(action_id, "failure", error=type(error).__name__)


class AgentLoop:
    """A model, some tools, and at most so many steps."""

    def __init__(self, model: Callable[[list[str]], dict[str, Any]], tools: Mapping[str, Tool], limit: int = 5) -> None:
        self.model = model
        self.tools = tools
        self.limit = limit

    def run(self, question: str, recorder: Recorder) -> str:
        """Answers a question."""
        memory = [question]
        for _ in range(self.limit):
            step = self.model(memory)
            if "answer" in step:
                recorder.trace.evaluate_policy(STEP_LIMIT, [], "allow")
                return str(step["answer"])
            action_id = recorder.on_tool_start(step["tool"], step["arguments"])
            try:
                output = self.tools[step["tool"]](**step["arguments"])
            except ValueError as error:
                recorder.on_tool_error(action_id, error)
                memory.append("that did not work")
            else:
                recorder.on_tool_end(action_id, step["tool"], output)
                memory.append(output)
        recorder.trace.evaluate_policy(STEP_LIMIT, [], "deny")
        raise RuntimeError("no answer within the allowed steps")


def context_of(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arguments of a tool as changes, so that they can be compared later."""
    return [
        {"path": name, "old_value": None, "new_value": {"type": "json", "value": json.dumps(value)}}
        for name, value in sorted(arguments.items())
    ]


def scripted_model(memory: list[str]) -> dict[str, Any]:
    """Stands in for a language model: looks the order up, wrong at first, then answers."""
    match len(memory):
        case 1:
            return {"tool": "look_up", "arguments": {"order": "seventeen"}}
        case 2:
            return {"tool": "look_up", "arguments": {"order": "17"}}
        case _:
            return {"answer": f"Order 17 is {memory[-1]}."}


def look_up(order: str) -> str:
    """A tool."""
    return {17: "on its way"}[int(order)]


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as spool,
        Client(actor=Actor("agent", "helper"), source=Source("helper", "agents"), spool=spool) as client,
    ):
        with client.trace("answer", "Where is order 17?", Entity("order", "17")) as trace:
            print(AgentLoop(scripted_model, {"look_up": look_up}).run("Where is order 17?", Recorder(trace)))
        client.flush()
        for event in client.iter_trace_events(trace.trace_id):
            print(f"{event.trace_seq} {event.event_type}")


if __name__ == "__main__":
    main()
