"""The tool-call loop of a chat model, asynchronous, with a person who decides.

``FakeModel`` answers in the shape of a chat completion with ``tool_calls``. Refunds above a limit need an exception: the agent asks, waits
for a decision that an account it trusts has recorded, and only then acts.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from decisiongraph import Actor, AsyncClient, AsyncTrace, Entity, Fact, InputSource, Policy, Source, Subject

LIMIT = Policy("refund-limit", "1")
LIMIT_EUR = 100


class FakeModel:
    """Asks for one refund, then says what came of it."""

    async def complete(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        """The next message of the assistant."""
        if messages[-1]["role"] == "tool":
            return {"role": "assistant", "content": f"Done: {messages[-1]['content']}"}
        arguments = json.dumps({"order": "17", "amount_eur": 389})
        call = {"id": "call_1", "type": "function", "function": {"name": "refund", "arguments": arguments}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}


async def refund(client: AsyncClient, trace: AsyncTrace, call_id: str, order: str, amount_eur: int) -> str:
    """The tool, with everything that has to be on record before money moves."""
    entity = Entity("order", order, "shop")
    await trace.observe_input(call_id, InputSource("chat", "tool_call", call_id), [Fact("amount_eur", amount_eur)])
    if amount_eur > LIMIT_EUR:
        await trace.evaluate_policy(LIMIT, [call_id], "require_exception")
        await trace.request_exception(call_id, LIMIT, f"{amount_eur} EUR for order {order}")
        # Whose word counts is said here: everybody else's approval is a fact in the trace and no more.
        desk = (await client.get_me()).account_id
        decision = await trace.wait_for_decision(call_id, timeout=30.0, recorded_by=[desk])
        if not decision.approved:
            return "refused"
    else:
        await trace.evaluate_policy(LIMIT, [call_id], "allow")

    @client.action("refund", target_system="payments", target=entity)
    async def pay() -> str:
        return "tx-4711"

    return await pay()


async def chat(client: AsyncClient, model: FakeModel, question: str) -> str:
    """Runs the loop until the model has nothing more to do."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    async with client.trace("refund", question, Entity("chat", "c-1")) as trace:
        while True:
            message = await model.complete(messages)
            messages.append(message)
            if not message.get("tool_calls"):
                return str(message["content"])
            for call in message["tool_calls"]:
                arguments = json.loads(call["function"]["arguments"])
                result = await refund(client, trace, call["id"], **arguments)
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})


async def desk(client: AsyncClient) -> None:
    """A person at another desk, who approves what is asked for. The console is where people really do that."""
    while True:
        async for event in client.iter_events(event_type="ExceptionRequested"):
            subject = Subject("exception", event.payload["exception_id"])
            await client.record_approval(event.trace_id, "ok-1", subject, Actor("person", "ana"), "approved", "Fine.")
            return
        await asyncio.sleep(0.1)


async def main() -> None:
    async with AsyncClient(actor=Actor("agent", "chat"), source=Source("chat", "agents")) as client:
        answer, _ = await asyncio.gather(chat(client, FakeModel(), "Please refund order 17."), desk(client))
        print(answer)


if __name__ == "__main__":
    asyncio.run(main())
