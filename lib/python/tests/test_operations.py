"""Every operation of the OpenAPI document has a call of the client that fits it, or is named here with the reason why not."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from functools import cache
from typing import Any

import pytest
from conftest import ACTOR, SOURCE
from document import Document, Operation

from decisiongraph import AsyncClient, Client, Entity, Freshness
from decisiongraph._api import (
    TraceSearch,
    accounts,
    audit,
    people,
    telling,
    upkeep,
    webhooks,
    workflow_studio,
    workflows,
)
from decisiongraph._core import Answer, Flow, Send
from decisiongraph.values import plain

ORDER = Entity("order", "17")
EVENT = {
    "trace_id": "t",
    "event_id": "e",
    "event_type": "TraceFinished",
    "occurred_at": "2026-01-01T00:00:00Z",
    "actor": plain(ACTOR),
    "source": plain(SOURCE),
    "idempotency_key": "k",
    "payload": {"outcome": "success"},
}
PUT: dict[str, Any] = {"definition": {}, "reason": "r", "seen": 0}

# How an operation is called. With a number behind it, the answer is read in that one of its shapes.
CALLS: dict[str, Any] = {
    "get_healthz": lambda client: client.get_healthz(),
    "append_event": lambda client: client.append_event(EVENT),
    "append_events": lambda client: client.append_events([EVENT]),
    "list_events": lambda client: next_of(client.iter_events(until=9, event_type="TraceStarted", trace_id="t")),
    "follow_events": lambda client: next_of(client.follow_events(event_type="TraceStarted", trace_id="t")),
    "list_traces": lambda client: client.list_traces(limit=1, fresh=Freshness(min_log_seq=1)),
    "get_trace": lambda client: client.get_trace("t"),
    "list_trace_events": lambda client: next_of(client.iter_trace_events("t", after_trace_seq=1)),
    "get_graph_context": lambda client: client.get_context_subgraph("trace", "t", 1, 2, 3, ["a"], ["b"]),
    "list_graph_edges": lambda client: next_of(client.iter_node_edges("trace", "t")),
    "find_precedents": lambda client: client.find_precedents("p", "1", "order", "17", "success"),
    "get_projection_health": lambda client: client.get_projection_health(),
    "get_digests": lambda client: client.get_digests(),
    "get_me": lambda client: client.get_me(),
    "sign_in": lambda client: client.sign_in("ana", "secret", "127.0.0.1"),
    "sign_out": lambda client: client.sign_out(),
    "validate_events": lambda client: client.validate_events([EVENT], "atomic"),
    "list_event_types": lambda client: client.event_types(),
    "get_event_type": lambda client: client.event_type("TraceStarted"),
    "start_run": lambda client: client.start_replay("all", "verify", "r", {"ticket": "1"}, until_log_seq=7),
    "start_runs": lambda client: client.start_runs(["*"], "all", "verify", "r"),
    "list_runs": lambda client: client.runs(status="running", limit=1),
    "get_run": lambda client: client.get_replay_status("j"),
    "cancel_run": lambda client: client.cancel_replay("j"),
    "pause_run": lambda client: client.pause_run("j"),
    "resume_run": lambda client: client.resume_run("j"),
    "list_failures": lambda client: client.failures(status="open", limit=1),
    "get_failure": lambda client: client.failure("f"),
    "retry_failure": lambda client: client.retry_failure("f"),
    "quarantine_failure": lambda client: client.quarantine("f", "r"),
    "resolve_failure": lambda client: client.resolve_failure("f", "r"),
    "list_digests": lambda client: client.digest_history("trace_index", limit=1, cursor="c"),
    "list_webhooks": lambda client: client.webhooks(),
    "create_webhook": lambda client: client.create_webhook("https://a", event_type=["TraceFinished"], after=0),
    "get_webhook": lambda client: client.webhook("w"),
    "change_webhook": lambda client: client.change_webhook("w", status="paused", description=None),
    "delete_webhook": lambda client: client.delete_webhook("w"),
    "rotate_webhook_secret": lambda client: client.rotate_webhook_secret("w", secret_kind="ed25519"),
    "test_webhook": lambda client: client.test_webhook("w"),
    "replay_webhook": [
        lambda client: client.replay_webhook("w", after=0, until=7),
        lambda client: client.replay_webhook("w"),
    ],
    "list_webhook_deliveries": lambda client: client.deliveries("w", state="dead", limit=1),
    "get_webhook_delivery": lambda client: client.delivery("w", "d"),
    "retry_webhook_delivery": lambda client: client.retry_delivery("w", "d"),
    "list_sign_in_methods": lambda client: client.sign_in_methods(),
    "begin_oidc_sign_in": lambda client: client.begin_sign_in("https://a"),
    "finish_oidc_sign_in": lambda client: client.finish_sign_in("s", "c", iss="i", address="127.0.0.1"),
    "set_up": lambda client: client.set_up("c", "ana", "p", display_name="Ana", address="127.0.0.1"),
    "change_password": lambda client: client.change_password("old", "new"),
    "list_users": lambda client: client.users(),
    "get_user": lambda client: client.user("ana"),
    "create_user": lambda client: client.create_user("ana", roles=["reader"], password="secret"),
    "change_user": lambda client: client.change_user("ana", disabled=True),
    "reset_password": lambda client: client.reset_password("ana"),
    "list_user_links": lambda client: client.links("ana"),
    "link_user": lambda client: client.link_user("ana", "i", "s"),
    "unlink_user": lambda client: client.unlink_user("ana", "i"),
    "list_sessions": lambda client: client.sessions(user_id="ana", status="all", limit=1),
    "revoke_session": lambda client: client.revoke_session("s"),
    "list_accounts": lambda client: client.accounts(),
    "get_account": lambda client: client.account("a"),
    "create_account": lambda client: client.create_account("a", roles=["writer"], tenant_ids=["*"]),
    "change_account": lambda client: client.change_account("a", owner_id=None),
    "import_accounts": lambda client: client.import_accounts([{"account_id": "a"}], skip_existing=True),
    "list_tokens": lambda client: client.tokens("a"),
    "create_token": lambda client: client.create_token("a", expires_in_s=60, label="l"),
    "rotate_token": lambda client: client.rotate_token("a", "t", overlap_s=60, expires_in_s=60),
    "revoke_token": lambda client: client.revoke_token("a", "t"),
    "list_tenants": lambda client: client.tenants(),
    "get_tenant": lambda client: client.tenant_details("t"),
    "create_tenant": lambda client: client.create_tenant("t", limits={"max_batch_events": 10}),
    "change_tenant": lambda client: client.change_tenant("t", status="closed", reason="r"),
    "list_audit": lambda client: client.audit(kind="act", limit=1),
    "export_audit": lambda client: client.export_audit(7, 9, kind="act"),
    "list_workflows": lambda client: client.workflows(status=["requested"], only_open=True, limit=1),
    "count_workflows": lambda client: client.workflow_buckets(),
    "get_workflow": lambda client: client.workflow("t:exception:x"),
    "act_on_workflow": [
        lambda client: client.act_on_workflow("w", "approve", reason="r", version=1),
        (lambda client: client.preview_workflow_action("w", "approve", reason="r"), 1),
    ],
    "act_on_workflows": lambda client: client.act_on_workflows(["w", "v"], "claim", confirm_text="CLAIM 2 ITEMS"),
    "wait_for_workflow": lambda client: client.wait_for_workflow("w", timeout=5.0),
    "get_workflow_figures": lambda client: client.workflow_figures("a", "b", policy_id="p", reviewer="ana"),
    "export_workflow": [
        lambda client: client.export_workflow("w"),
        lambda client: client.export_case("w", format="ndjson", profile="full", events="trace"),
    ],
    "export_workflows": lambda client: client.export_cases({"profile": "full", "events": "trace"}, status="approved"),
    "verify_workflows": lambda client: client.verify_workflows(),
    "rebuild_workflows": lambda client: client.rebuild_workflows("r"),
    "list_workflow_dead_letters": lambda client: client.workflow_dead_letters(resolved=True, limit=1, cursor="c"),
    "skip_workflow_dead_letter": lambda client: client.skip_workflow_dead_letter(7, "r"),
    "dry_run_trace": lambda client: client.dry_run_trace("t", "incident"),
    "simulate_policy": lambda client: client.simulate_policy(
        "p",
        {"rules": [], "otherwise": "allow"},
        policy_version="1",
        freshness=Freshness(as_of_log_seq=1),
        workflow="w",
        started_after="2026-01-01T00:00:00Z",
        started_before="2027-01-01T00:00:00Z",
        limit=1,
    ),
    "start_workflow_replay": lambda client: client.start_workflow_replay(
        "w", "all", "r", mode="rebuild", confirmation="REBUILD ALL"
    ),
    "put_workflow_file": lambda client: client.put_workflow_file(b"x", "text/plain"),
    "get_workflow_file": lambda client: client.workflow_file("0" * 64),
    "start_workflow_review": lambda client: client.start_review("t", "r", assignee={"role": "reviewer"}, sla_hours=4),
    "list_workflow_templates": lambda client: client.workflow_templates(),
    "get_workflow_template": lambda client: client.workflow_template("incident", 0),
    "put_workflow_template": lambda client: client.put_workflow_template("incident", enabled=False, **PUT),
    "get_workflow_routing": lambda client: client.workflow_routing(1),
    "put_workflow_routing": lambda client: client.put_workflow_routing(**PUT),
    "list_workflow_calendars": lambda client: client.calendars(),
    "get_workflow_calendar": lambda client: client.calendar("office", 1),
    "put_workflow_calendar": lambda client: client.put_calendar("office", **PUT),
    "get_workflow_deadline": lambda client: client.calendar_deadline("office", 60, "2026-01-01T00:00:00Z"),
    "list_notifications": lambda client: client.notifications(unread=True, category=["mention"], limit=1),
    "read_notifications": lambda client: client.read_notifications(["n"]),
    "get_notification_preferences": lambda client: client.notification_preferences(),
    "put_notification_preferences": lambda client: client.put_notification_preferences({"mode": "off"}, email=None),
    "list_absences": lambda client: client.absences(everybody=True, past=True),
    "put_absence": lambda client: client.put_absence("a", from_="b", until="c", substitute_id="bo", reason="r"),
    "delete_absence": lambda client: client.delete_absence("a"),
    "list_workflow_channels": lambda client: client.channels(),
    "get_workflow_channel": lambda client: client.channel("c"),
    "create_workflow_channel": lambda client: client.create_channel("chat", "n", "t", personal=True, preferences={}),
    "change_workflow_channel": lambda client: client.change_channel("c", status="paused", name="n"),
    "delete_workflow_channel": lambda client: client.delete_channel("c"),
    "rotate_workflow_channel_secret": lambda client: client.rotate_channel_secret("c", overlap_s=0),
    "test_workflow_channel": lambda client: client.test_channel("c"),
    "list_notification_deliveries": lambda client: client.notification_deliveries(state="failed", limit=1),
    "retry_notification_delivery": lambda client: client.retry_notification_deliveries("d"),
    "retry_notification_deliveries": lambda client: client.retry_notification_deliveries(),
}

# Operations that no client calls.
NOT_CALLED = {
    "get_livez": "for supervisors",
    "get_readyz": "for supervisors",
    "get_docs": "a page for people",
    "get_openapi": "for generators",
    "get_environment": "for whoever looks after an installation; the console shows it",
    "follow_workflows": "for screens; an agent waits with wait_for_workflow",
}

# Fields that keep their default in an answer with everything: the client fills them, another shape of the answer does, or it is true.
STAY_AS_THEY_ARE = {
    ("Appended", "spool_position"),
    ("AuditExport", "next_after_seq"),
    ("Digests", "complete"),
    ("EdgePage", "next_cursor"),
    ("EventType", "event_schema"),
    ("EventType", "payload_schema"),
    ("ItemResult", "error"),
    ("ValidatedItem", "error"),
    ("WorkflowRebuilt", "verdict"),
}


@cache
def document() -> Document:
    return Document()


def next_of(walk: Any) -> Any:
    return anext(walk) if hasattr(walk, "__anext__") else next(walk)


class Recorded:
    """In the place of connections: notes what is sent, and answers with what the document says."""

    def __init__(self, shape: int, *, whole: bool) -> None:
        self.shape, self.whole = shape, whole
        self.sent: list[tuple[Operation, Send]] = []
        self.status: int | None = None

    def run(self, flow: Flow[Any]) -> Any:
        try:
            effect = next(flow)
            while True:
                effect = flow.send(self.answer(effect) if isinstance(effect, Send) else None)
        except StopIteration as end:
            return end.value

    def answer(self, sent: Send) -> Answer:
        operation = document().operation(sent)
        document().check(operation, sent)
        self.sent.append((operation, sent))
        answers = dict(document().answers(operation, self.shape, whole=self.whole))
        return Answer(self.status or min(answers), {}, answers[self.status or min(answers)])

    def stream(self, sent: Send) -> Generator[bytes, None, None]:
        operation = document().operation(sent)
        document().check(operation, sent)
        self.sent.append((operation, sent))
        raise Reached
        yield b""

    def close(self) -> None:
        pass


class AsyncRecorded(Recorded):
    async def run(self, flow: Flow[Any]) -> Any:
        return super().run(flow)

    async def stream(self, sent: Send) -> AsyncGenerator[bytes, None]:  # type: ignore[override]
        for piece in super().stream(sent):
            yield piece

    async def close(self) -> None:  # type: ignore[override]
        pass


class Reached(Exception):
    pass


def cases() -> list[Any]:
    found = []
    for operation_id, calls in CALLS.items():
        for number, one in enumerate(calls if isinstance(calls, list) else [calls]):
            how, shape = one if isinstance(one, tuple) else (one, 0)
            found.append(pytest.param(operation_id, how, shape, id=f"{operation_id}-{number}"))
    return found


def call(kind: type, call: Callable[[Any], Any], wire: Recorded) -> Any:
    client = kind("http://host", "token", "tenant", actor=ACTOR, source=SOURCE)
    client._wire.close() if kind is Client else asyncio.run(client._wire.close())
    client._wire = wire

    async def awaited() -> Any:
        answer = call(client)
        return await answer if inspect.isawaitable(answer) else answer

    try:
        return asyncio.run(awaited()) if kind is AsyncClient else call(client)
    except (Reached, StopIteration, StopAsyncIteration):
        return None


def empty_fields(value: Any) -> Iterator[tuple[str, str]]:
    """Fields of answers that have kept their default."""
    if isinstance(value, (tuple, list)):
        for item in value:
            yield from empty_fields(item)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return
    for field in dataclasses.fields(value):
        seen = getattr(value, field.name)
        default = field.default_factory() if callable(field.default_factory) else field.default
        if seen == default:
            yield type(value).__name__, field.name
        yield from empty_fields(seen)


def test_every_operation_has_a_call_or_a_reason() -> None:
    known = {operation.operation_id for operation in document().operations}
    assert known - CALLS.keys() - NOT_CALLED.keys() == set(), "a call of the client is due, or a reason in NOT_CALLED"
    assert CALLS.keys() | NOT_CALLED.keys() == known
    assert CALLS.keys() & NOT_CALLED.keys() == set()


@pytest.mark.parametrize("kind", [Client, AsyncClient], ids=["sync", "async"])
@pytest.mark.parametrize(("operation_id", "how", "shape"), cases())
def test_a_call_is_what_the_document_says(operation_id: str, how: Callable[[Any], Any], shape: int, kind: type) -> None:
    wires = Recorded if kind is Client else AsyncRecorded
    operation = next(each for each in document().operations if each.operation_id == operation_id)
    for whole in (True, False):
        for status, _ in document().answers(operation, shape, whole=whole):
            wire = wires(shape, whole=whole)
            wire.status = status
            answer = call(kind, how, wire)
            assert [seen.operation_id for seen, _ in wire.sent] == [operation_id]
            if whole:
                assert set(empty_fields(answer)) <= STAY_AS_THEY_ARE


FRESHNESS = {"freshness", "min_log_seq", "wait_ms", "as_of_log_seq"}


@pytest.mark.parametrize(
    ("operation_id", "kinds"),
    [
        ("list_traces", [TraceSearch]),
        ("list_workflows", [workflows.WorkflowSearch]),
        ("export_workflows", [workflows.WorkflowFilter, workflows.CaseExport]),
        ("export_workflow", [workflows.OneCaseExport]),
        ("list_notifications", [telling.NotificationSearch]),
        ("list_notification_deliveries", [telling.DeliverySearch]),
        ("list_runs", [upkeep.RunSearch]),
        ("list_sessions", [people.SessionSearch]),
        ("list_audit", [audit.AuditSearch]),
        ("list_failures", [upkeep.FailureSearch]),
        ("list_webhook_deliveries", [webhooks.WebhookDeliverySearch]),
    ],
)
def test_typed_parameters_are_those_of_the_document(operation_id: str, kinds: list[Any]) -> None:
    operation = next(each for each in document().operations if each.operation_id == operation_id)
    assert {name for kind in kinds for name in typed_keys(kind)} == operation.query - FRESHNESS


@pytest.mark.parametrize(
    ("operation_id", "kind", "others"),
    [
        ("act_on_workflow", workflows.ActionFields, {"action"}),
        ("act_on_workflows", workflows.ActionFields, {"action", "workflow_ids"}),
        ("start_workflow_review", workflow_studio.ReviewFields, {"reason"}),
        ("change_workflow_channel", telling.ChannelChange, set()),
        ("create_account", accounts.AccountFields, {"account_id"}),
        ("change_account", accounts.AccountChange, set()),
        ("change_user", accounts.AccountChange, set()),
        ("create_user", people.UserFields, {"user_id"}),
        ("create_tenant", accounts.TenantFields, {"tenant_id"}),
        ("change_tenant", accounts.TenantChange, set()),
        ("create_webhook", webhooks.WebhookFields, {"url"}),
        ("change_webhook", webhooks.WebhookChange, set()),
    ],
)
def test_typed_fields_are_those_of_the_document(operation_id: str, kind: Any, others: set[str]) -> None:
    operation = next(each for each in document().operations if each.operation_id == operation_id)
    known, _ = document().keys(operation.content["requestBody"]["content"]["application/json"]["schema"])
    assert typed_keys(kind) | others == known


def typed_keys(kind: Any) -> set[str]:
    return set(kind.__required_keys__ | kind.__optional_keys__)
