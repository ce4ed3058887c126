"""Against a real suite."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
from conftest import ACTOR, SOURCE, make_account
from suite import Suite, until

from decisiongraph import (
    STRICT,
    Actor,
    AsyncClient,
    Change,
    Client,
    Conflict,
    DecisionGraphServiceClient,
    DecisionGraphServiceError,
    Entity,
    Evidence,
    Fact,
    Forbidden,
    Freshness,
    InputSource,
    InvalidArgument,
    NotFound,
    Policy,
    Subject,
    Unauthorized,
    Unavailable,
    Violation,
    WaitTimeout,
    current_async_trace,
    current_trace,
    exception_workflow,
)

ORDER = Entity("order", "17", "shop")
POLICY = Policy("refund-window", "3")


def record_refund(client: Client, trace_id: str | None = None) -> str:
    with client.trace("refund", "Refund of order 17", ORDER, {"channel": "mail"}, trace_id, tags=["vip"]) as trace:
        mail = InputSource("mail", "message", "m-1")
        trace.observe_input("mail-1", mail, [Fact("amount_eur", Decimal("389.00")), Fact("days", 41)])
        trace.observe_entity(Entity("customer", "88"), facts=[Fact("orders_last_year", 12)])
        late = Violation("window_passed", "41 days, 30 allowed")
        trace.evaluate_policy(POLICY, ["mail-1"], "require_exception", [late], {"rule": "window"})
        trace.request_exception("ex-1", POLICY, "Arrived broken.", [Evidence(mail, "line 3", "it was broken")])
        trace.cite_precedent("refund-1", "the same machine", "0.93")
        trace.record_approval("ok-1", Subject("exception", "ex-1"), Actor("person", "ana"), "approved", "fine")
        trace.propose_action("pay-1", "refund", ORDER, "payments", [Change("status", "paid", "refunded")])
        trace.commit_action("pay-1", external_reference="tx-9")
    return trace.trace_id


def test_a_whole_decision(client: Client) -> None:
    trace_id = record_refund(client)
    health = client.wait_visible()
    assert health.event_log_last_seq == 10
    detail = client.get_trace(trace_id, fresh=STRICT)
    assert detail.summary is not None
    assert detail.index is not None
    assert (detail.summary.outcome, detail.index.event_count, detail.index.status) == ("success", 10, "finished")
    assert detail.meta is not None
    assert detail.meta.applied_seq == 10
    assert [event.trace_seq for event in detail.events] == list(range(10))
    # Each event follows from the one before it, but a commit from its proposal and an approval from what it is about.
    ids = [event.event_id for event in detail.events]
    assert [event.causation_event_id for event in detail.events] == [None, *ids[:5], ids[4], *ids[6:9]]
    assert detail.events[1].payload["facts"][0]["value"] == {"type": "decimal", "value": "389.00"}
    assert detail.events[0].payload["primary_entity"] == {"entity_type": "order", "entity_id": "17", "system": "shop"}
    found = client.find_precedents("refund-window", outcome="success")
    assert [hit.trace_id for hit in found.precedents] == [trace_id]
    graph = client.get_context_subgraph("trace", trace_id, 2, edge_types=["trace_involves_entity"])
    assert {node.node_type for node in graph.nodes} >= {"trace", "entity"}
    edges = list(client.iter_node_edges("trace", trace_id, page_size=2))
    page = client.list_node_edges("trace", trace_id, limit=2)
    assert [edge.edge_id for edge in edges[:2]] == [edge.edge_id for edge in page.edges]
    following = client.list_node_edges("trace", trace_id, "both", 2, page.next_cursor["edge_key"])
    assert [edge.edge_id for edge in edges[2:4]] == [edge.edge_id for edge in following.edges]
    assert client.get_digests().complete
    assert client.tenant_id in client.get_me().tenants
    assert client.get_healthz()


def test_pages_are_walked(client: Client) -> None:
    for number in range(5):
        with client.trace("walk", f"Walk {number}", Entity("road", str(number)), trace_id=f"walk-{number}"):
            pass
    client.wait_visible()
    assert [event.log_seq for event in client.iter_events(page_size=3)] == list(range(1, 11))
    assert [event.log_seq for event in client.iter_events(after=4, until=7, page_size=3)] == [5, 6, 7]
    assert len(list(client.iter_events(event_type="TraceFinished", page_size=2))) == 5
    assert [event.trace_seq for event in client.iter_trace_events("walk-0", page_size=1)] == [0, 1]
    rows = list(client.iter_traces(workflow="walk", limit=2))
    assert sorted(row.trace_id for row in rows) == [f"walk-{number}" for number in range(5)]
    page = client.list_traces(workflow="walk", count=True, limit=1)
    assert (page.total, page.total_relation) == (5, "eq")


def test_flat_calls_of_the_reference_keep_their_arguments(client: Client) -> None:
    opened = client.start_trace(workflow="w", title="t", primary_entity=ORDER, trace_id="flat", context={"a": "b"})
    client.observe_input(trace_id=opened, input_id="i", input_source=InputSource("s", "o", "1"), facts=[])
    client.observe_entity(trace_id="flat", entity=ORDER, role="primary", facts=[])
    client.evaluate_policy(trace_id="flat", policy=POLICY, inputs=["i"], decision="deny", violations=[])
    client.request_exception(trace_id="flat", exception_id="x", policy=POLICY, reason="r", evidence=None)
    approver = Actor("person", "ana")
    client.record_approval("flat", "a", Subject("exception", "x"), approver, "rejected", reason=None)
    client.cite_precedent("flat", "walk-0", "similar", similarity_score="0.5")
    client.propose_action("flat", "act", "refund", ORDER, "payments", [])
    done = client.commit_action("flat", "act", "failure", error="declined", idempotency_key="k", tags=["x"])
    again = client.commit_action("flat", "act", "failure", error="declined", idempotency_key="k", tags=["x"])
    assert (done.replayed, again.replayed, done.log_seq) == (False, True, again.log_seq)
    client.finish_trace("flat", "failure")
    assert client.finish_trace("flat", "failure").replayed
    assert str(opened) == "flat"
    # A start that is repeated goes on with the event that was stored the first time.
    again_opened = client.start_trace("w", "t", ORDER, {"a": "b"}, "flat")
    assert again_opened._last_event_id == next(client.iter_trace_events("flat")).event_id
    assert len(list(client.iter_trace_events("flat"))) == 10


def test_a_trace_that_fails_says_so_and_the_error_goes_on(client: Client) -> None:
    with pytest.raises(ZeroDivisionError), client.trace("w", "t", ORDER, trace_id="bad"):
        raise ZeroDivisionError("the text is not recorded")
    last = list(client.iter_trace_events("bad"))[-1]
    assert last.payload == {"outcome": "failure", "summary": "ended by ZeroDivisionError"}
    with pytest.raises(KeyboardInterrupt), client.trace("w", "t", ORDER, trace_id="stopped"):
        raise KeyboardInterrupt
    assert list(client.iter_trace_events("stopped"))[-1].payload["outcome"] == "abandoned"
    # A trace that somebody else finished meanwhile does not cover the error.
    with pytest.raises(ZeroDivisionError), client.trace("w", "t", ORDER, trace_id="raced"):
        client.finish_trace("raced", "success", "by another")
        raise ZeroDivisionError


def test_decorators(client: Client) -> None:
    @client.action("refund", target_system="payments", target=lambda order: Entity("order", order))
    def pay(order: str) -> str:
        if order == "19":
            raise PermissionError(order)
        return f"tx-{order}"

    @client.traced("refund", title=lambda order: f"Refund of {order}", entity=lambda order: Entity("order", order))
    def refund(order: str) -> str:
        current_trace().evaluate_policy(POLICY, [], "allow")
        return pay(order)

    assert refund("18") == "tx-18"
    with pytest.raises(PermissionError):
        refund("19")
    with pytest.raises(LookupError):
        current_trace()
    events = list(client.iter_events())
    kinds = ["TraceStarted", "PolicyEvaluated", "ActionProposed", "ActionCommitted", "TraceFinished"]
    assert [event.event_type for event in events] == kinds * 2
    assert [events[at].payload.get("status") for at in (3, 8)] == ["success", "failure"]
    assert events[8].payload["error"] == "PermissionError"
    assert events[8].causation_event_id == events[7].event_id


def test_threads_share_a_trace(client: Client) -> None:
    with client.trace("w", "t", ORDER, trace_id="shared") as trace:
        threads = [
            threading.Thread(target=lambda: [trace.observe_entity(ORDER) for _ in range(5)], daemon=True)
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    events = list(client.iter_trace_events("shared"))
    assert len(events) == 22
    assert [event.causation_event_id for event in events[1:]] == [event.event_id for event in events[:-1]]


def test_errors_say_what_was_wrong(client: Client, suite: Suite) -> None:
    with pytest.raises(NotFound) as missing:
        client.get_trace("nobody/wrote?this")
    assert (missing.value.code, missing.value.status, missing.value.details) == (
        "not_found",
        404,
        {"trace_id": "nobody/wrote?this"},
    )
    assert missing.value.request_id
    assert missing.value.request_id in str(missing.value)
    with pytest.raises(InvalidArgument) as shape:
        client.record("t", "TraceStarted", {"workflow": "w"})
    assert (shape.value.code, shape.value.details["pointer"]) == ("schema_violation", "/payload/title")
    with pytest.raises(Conflict) as early:
        client.finish_trace("never-started", "success")
    assert (early.value.code, early.value.details["expected_trace_seq"]) == ("event_sequence_invalid", 0)
    with pytest.raises(InvalidArgument, match="cannot be used"):
        client.get_trace("..")
    with Client(suite.api_url, "dg_000000000000_nobody", client.tenant_id) as stranger, pytest.raises(Unauthorized):
        stranger.get_me()
    with pytest.raises(WaitTimeout):
        client.wait_visible(10_000, timeout=0.3)


def test_batches(client: Client) -> None:
    good = client._build(
        "b",
        "TraceStarted",
        {"workflow": "w", "title": "t", "primary_entity": {"entity_type": "e", "entity_id": "1"}},
        {},
    )
    bad = client._build("b", "TraceFinished", {"outcome": "perhaps"}, {})
    with pytest.raises(InvalidArgument) as refused:
        client.append_events([good, bad], "atomic")
    assert [item["index"] for item in refused.value.details["results"]] == [1]
    result = client.append_events([good, bad])
    assert [item.status for item in result.results] == ["stored", "rejected"]
    assert result.results[1].error is not None
    assert result.results[1].error.code == "schema_violation"


def test_waiting_for_people(connect: Callable[..., Client]) -> None:
    agent, desk = connect(), connect(actor=Actor("person", "ana"))
    account = agent.get_me().account_id
    with agent.trace("refund", "t", ORDER) as trace:
        trace.request_exception("ex", POLICY, "broken")
        with pytest.raises(WaitTimeout):
            trace.wait_for_decision("ex", timeout=0.2)
        desk.record_approval(trace, "a-0", Subject("exception", "other"), Actor("person", "ana"), "rejected")

        def decide() -> None:
            desk.record_approval(trace, "a-1", Subject("exception", "ex"), Actor("person", "ana"), "approved", "ok")

        timer = threading.Timer(0.3, decide)
        timer.start()
        decision = trace.wait_for_decision("ex", timeout=20.0, recorded_by=[account])
        timer.join()
        assert decision.approved
        assert (decision.approver.actor_id, decision.reason, decision.recorded_by) == ("ana", "ok", account)
        with pytest.raises(WaitTimeout):
            trace.wait_for_decision("ex", timeout=0.2, recorded_by=["somebody-else"])


def test_looking_back(client: Client) -> None:
    trace_id = record_refund(client)
    then = client.get_trace(trace_id, fresh=Freshness(as_of_log_seq=2))
    assert len(then.events) == 2
    assert then.meta is not None
    assert then.meta.as_of_log_seq == 2


def test_runs(client: Client) -> None:
    record_refund(client)
    run = client.start_replay("trace_index", "verify", "a test", {"ticket": "T-1"})
    end = time.monotonic() + 30
    while not run.has_ended:
        assert time.monotonic() < end
        run = client.get_replay_status(run.job_id)
    assert run.status == "completed"
    assert run.result["equal"] is True
    with pytest.raises(Conflict):
        client.cancel_replay(run.job_id)


def test_the_client_of_the_reference(suite: Suite, client: Client) -> None:
    trace_id = record_refund(client)
    client.wait_visible()
    with DecisionGraphServiceClient(
        base_url=suite.api_url + "/", bearer_token=suite.admin_token, tenant_id=client.tenant_id, timeout_seconds=5.0
    ) as service:
        assert service.get_healthz()
        envelope = service.get_trace(trace_id)
        assert envelope["request_id"]
        assert envelope["data"]["summary"]["outcome"] == "success"
        event = client._build("svc", "TraceStarted", envelope["data"]["events"][0]["payload"], {})
        assert service.append_event(event)["data"]["replayed"] is False
        assert service.append_event(event)["data"]["replayed"] is True
        graph = service.get_context_subgraph(
            "trace", trace_id, edge_types=["trace_involves_entity", "trace_evaluated_policy"], max_depth=1
        )
        assert len({edge["edge_type"] for edge in graph["data"]["edges"]}) == 2
        page = service.list_node_edges("trace", trace_id, limit=1)["data"]
        cursor = page["next_cursor"]
        again = service.list_node_edges(
            "trace", trace_id, limit=1, cursor_edge_key=cursor["edge_key"], cursor_log_seq=cursor["log_seq"]
        )
        assert again["data"]["edges"] != page["edges"]
        assert service.find_precedents(policy_id="refund-window", policy_version="3")["data"]["precedents"]
        assert service.get_projection_health()["data"]["projections"]
        job = service.start_replay("trace_summary", "catch_up", "a test")["data"]["run"]["job_id"]
        assert service.get_replay_status(job)["data"]["run"]["job_id"] == job
        until(lambda: service.get_replay_status(job)["data"]["run"]["status"] == "completed", "the run")
        with pytest.raises(DecisionGraphServiceError) as over:
            service.cancel_replay(job)
        assert (over.value.code, over.value.details["status"]) == ("conflict", "completed")
        with pytest.raises(DecisionGraphServiceError) as missing:
            service.get_trace("nobody")
        assert (missing.value.code, missing.value.status_code) == ("not_found", 404)
        assert missing.value.body["error"]["code"] == "not_found"
        with pytest.raises(DecisionGraphServiceError):
            service.export_workflow("nobody")
    for wrong in ({"bearer_token": " "}, {"tenant_id": ""}, {"base_url": "localhost"}, {"timeout_seconds": 0}):
        usual = {"base_url": suite.api_url, "bearer_token": "t", "tenant_id": "t", "timeout_seconds": 1.0}
        with pytest.raises(ValueError, match="must"):
            DecisionGraphServiceClient(**{**usual, **wrong})  # type: ignore[arg-type]


def test_async(suite: Suite, tenant: str) -> None:
    async def scenario() -> None:
        async with AsyncClient(suite.api_url, suite.admin_token, tenant, actor=ACTOR, source=SOURCE) as client:

            @client.action("refund", target_system="payments", target=ORDER)
            async def pay() -> str:
                return "tx"

            @client.traced("refund", title="t", entity=ORDER)
            async def refund() -> str:
                await current_async_trace().evaluate_policy(POLICY, [], "allow")
                return await pay()

            assert set(await asyncio.gather(refund(), refund(), refund())) == {"tx"}
            async with client.trace("refund", "t", ORDER, trace_id="a") as trace:
                await trace.request_exception("ex", POLICY, "broken")
                await client.record_approval(trace, "ok", Subject("exception", "ex"), Actor("person", "p"), "approved")
                decision = await trace.wait_for_decision("ex", timeout=10.0)
                assert decision.approved
            health = await client.wait_visible()
            assert health.event_log_last_seq == 19
            assert [event.log_seq async for event in client.iter_events(page_size=7)] == list(range(1, 20))
            traces = [row async for row in client.iter_traces(workflow="refund", limit=3)]
            assert len(traces) == 4
            with pytest.raises(NotFound):
                await client.get_trace("nobody")
            with pytest.raises(asyncio.CancelledError):
                async with client.trace("refund", "t", ORDER, trace_id="cancelled"):
                    raise asyncio.CancelledError
            events = [event async for event in client.iter_trace_events("cancelled")]
            assert events[-1].payload["outcome"] == "abandoned"

    asyncio.run(scenario())


def test_a_closed_port_is_not_waited_for_longer_than_told(suite: Suite, connect: Callable[..., Client]) -> None:
    from decisiongraph import RetryPolicy

    client = Client("http://127.0.0.1:9", "token", "t", retry=RetryPolicy(deadline=0.5))
    began = time.monotonic()
    with pytest.raises(Unavailable) as gone:
        client.get_me()
    assert time.monotonic() - began < 2
    assert (gone.value.code, gone.value.status, gone.value.is_unsent) == ("unavailable", None, True)
    client.close()


def test_an_agent_waits_for_what_somebody_decides_who_may(suite: Suite, tenant: str, client: Client) -> None:
    trace = client.start_trace("refund", "Refund of order 18", ORDER)
    trace.request_exception("ex-2", POLICY, "Arrived late.")
    item = exception_workflow(trace.trace_id, "ex-2")
    # What anybody may write to the trace decides nothing.
    trace.record_approval("ok-2", Subject("exception", "ex-2"), Actor("person", "ana"), "approved", "mine")
    with pytest.raises(WaitTimeout):
        client.wait_for_workflow(item, timeout=1.5)
    with pytest.raises(Forbidden):
        client.act_on_workflow(item, "approve", reason="mine")
    token = make_account(suite, tenant, ["workflow_review"])
    with Client(suite.api_url, token, tenant) as desk:
        assert [found.workflow_id for found in desk.workflows(trace_id=trace.trace_id).items] == [item]
        timer = threading.Timer(0.3, lambda: desk.act_on_workflow(item, "approve", reason="fine"))
        timer.start()
        decided = client.wait_for_workflow(item, timeout=20)
        timer.join()  # its answer may come later than the waiter's
    assert decided.approved
    assert decided.current_reason == "fine"
    detail = client.workflow(item)
    assert [action.action_type for action in detail.actions] == ["requested", "external_approval", "approve"]


def test_an_async_agent_waits_too(suite: Suite, tenant: str) -> None:
    async def ask() -> None:
        async with AsyncClient(suite.api_url, suite.admin_token, tenant) as agent:
            with pytest.raises(NotFound):
                await agent.wait_for_workflow(exception_workflow("no-such-trace", "ex"), timeout=1)
            assert (await agent.workflows(status=["approved"], limit=1)).summary.total_count >= 0

    asyncio.run(ask())
