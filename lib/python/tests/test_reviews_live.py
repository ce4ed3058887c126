"""Reviews, what people are told of them, and what they are made by, against a real suite."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import ACTOR, SOURCE, make_account
from link import Link
from suite import REPOSITORY, Suite, until

from decisiongraph import (
    AsyncClient,
    Client,
    Conflict,
    Entity,
    Forbidden,
    InvalidArgument,
    NotFound,
    Policy,
    PreconditionFailed,
    WaitTimeout,
    exception_workflow,
)

ORDER = Entity("order", "17", "shop")
POLICY = Policy("refunds", "3")
REVIEWER = ["workflow_review", "workflow_assign", "workflow_escalate"]


@pytest.fixture
def desk(suite: Suite, tenant: str) -> Iterator[Client]:
    """Somebody who reviews."""
    with Client(suite.api_url, make_account(suite, tenant, REVIEWER), tenant) as client:
        yield client


def ask(agent: Client, *trace_ids: str) -> list[str]:
    """Traces that ask for an exception; the items for that, once they are there."""
    for trace_id in trace_ids:
        agent.start_trace("refund", "Refund of order 17", ORDER, trace_id=trace_id).request_exception("x", POLICY, "r")
    items = [exception_workflow(trace_id, "x") for trace_id in trace_ids]
    until(lambda: {item.workflow_id for item in agent.iter_workflows()} >= set(items), "the items")
    return items


def test_a_reviewer_looks_asks_what_would_be_and_decides(client: Client, desk: Client) -> None:
    one, other, third = ask(client, "a", "b", "c")
    assert sorted(item.workflow_id for item in desk.iter_workflows(limit=1)) == [one, other, third]
    page = desk.workflows(status=["requested"], policy_id="refunds", limit=2)
    assert (len(page.items), page.summary.open_count, page.next_cursor is None) == (2, 3, False)
    assert desk.workflow_buckets().all_open == 3
    seen = desk.workflow(one).workflow
    assert (seen.subject is not None and seen.subject.subject_id, seen.policy_id) == ("x", "refunds")
    assert "approve" in seen.allowed_actions

    would = desk.preview_workflow_action(one, "approve", reason="fine")
    assert (would.allowed, would.resulting_status) == (True, "approved")
    assert desk.workflow(one).workflow.status == "requested"
    with pytest.raises(Forbidden) as own:
        client.preview_workflow_action(one, "approve", reason="mine")
    assert own.value.details["reason"] == "self_approval"

    with pytest.raises(Conflict) as another:
        desk.act_on_workflow(one, "approve", reason="fine", request_hash="0" * 64)
    assert another.value.details["reason"] == "other_request"
    with pytest.raises(PreconditionFailed):
        desk.act_on_workflow(one, "comment", note="hm", version=seen.version + 7)
    trace = client.open_trace("a")
    with pytest.raises(WaitTimeout):
        trace.wait_for_workflow("x", timeout=0.2)
    timer = threading.Timer(
        0.3, lambda: desk.act_on_workflow(one, "approve", reason="fine", request_hash=seen.request_hash)
    )
    timer.start()
    decided = trace.wait_for_workflow("x", timeout=20.0)
    timer.join()
    assert (decided.approved, decided.current_reason) == (True, "fine")
    with pytest.raises(Conflict) as over:
        desk.act_on_workflow(one, "approve", reason="fine")
    assert over.value.details["status"] == "approved"

    with pytest.raises(InvalidArgument) as phrase:
        desk.act_on_workflows([other, third], "reject", reason="no")
    assert phrase.value.details["needed"] == "REJECT 2 ITEMS"
    bulk = desk.act_on_workflows([other, third, "nobody"], "reject", reason="no", confirm_text="REJECT 3 ITEMS")
    assert (bulk.done, bulk.refused, [each.outcome for each in bulk.results]) == (2, 1, ["done", "done", "refused"])
    assert bulk.results[2].error is not None
    assert bulk.results[2].error["code"] == "not_found"
    figures = client.workflow_figures()
    assert [(of.policy_id, of.figures.decision_count, of.figures.approved_count) for of in figures.policies] == [
        ("refunds", 3, 1)
    ]
    assert [of.figures.rejected_count for of in figures.reviewers] == [2]
    assert client.workflow_figures("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z").policies == ()


def test_reviewing_as_the_readme_says(client: Client, desk: Client) -> None:
    (item,) = ask(client, "a")
    text = (REPOSITORY / "lib/python/README.md").read_text().split("## Reviews")[1]
    exec(text.split("```python\n")[1].split("```")[0], {"client": desk})
    assert desk.workflow(item).workflow.approved


def test_an_act_whose_answer_is_lost_is_done_once(suite: Suite, tenant: str, client: Client) -> None:
    (item,) = ask(client, "a")
    link = Link(suite.api_url)
    try:
        with Client(link.url, make_account(suite, tenant, REVIEWER), tenant) as desk:
            assert desk.workflow(item).actions
            link.lose(1)
            done = desk.act_on_workflow(item, "comment", note="hm")
            assert done.action.appended_event_id
            comments = [action for action in desk.workflow(item).actions if action.action_type == "comment"]
            assert [(action.note, action.source_event_id) for action in comments] == [
                ("hm", done.action.appended_event_id)
            ]
    finally:
        link.close()


def test_cases_are_taken_out_and_items_are_what_the_log_says(client: Client, desk: Client) -> None:
    one, other = ask(client, "a", "b")
    desk.act_on_workflow(one, "approve", reason="fine")
    whole = json.loads(client.export_case(one, profile="full", events="trace"))
    assert whole["data"]["workflow"]["workflow_id"] == one
    assert client.export_workflow(one)["data"]["workflow"]["status"] == "approved"
    parts = [json.loads(line) for line in client.export_case(one, format="ndjson").splitlines()]
    assert len(parts) > 2
    assert client.export_case(one, format="html").lstrip().lower().startswith(b"<!doctype html>")
    lines = client.export_cases({"profile": "internal"}, only_open=False, policy_id="refunds").splitlines()
    assert b"end_of_set" in lines[-1]
    assert all(any(name.encode() in line for line in lines) for name in (one, other))
    with pytest.raises(Forbidden):
        desk.export_case(one)
    with pytest.raises(NotFound):
        client.export_case("nobody")

    verdict = client.verify_workflows()
    assert (verdict.equal, verdict.items, verdict.folded_digest) == (True, 2, verdict.workflow_digest)
    rebuilt = client.rebuild_workflows("a test")
    assert rebuilt.verdict is not None
    assert (rebuilt.done, rebuilt.verdict.workflow_digest) == (True, verdict.workflow_digest)
    assert client.workflow_dead_letters(limit=1).dead_letters == ()
    assert list(client.iter_workflow_dead_letters(resolved=True)) == []
    with pytest.raises(NotFound):
        client.skip_workflow_dead_letter(1, "a test")


def test_a_review_of_a_trace_is_tried_and_started(client: Client, desk: Client) -> None:
    with client.trace("refund", "Refund of order 18", ORDER, trace_id="a") as trace:
        trace.evaluate_policy(POLICY, [], "deny")
        trace.finish_trace("failure")
    found = until(lambda: [seen for seen in [desk.dry_run_trace("a")] if seen.signals], "the signals")[0]
    assert "unfavorable_outcome" in [signal.code for signal in found.signals]
    assert (found.draft.exists, found.template.template_id in {each.template_id for each in found.templates}) == (
        False,
        True,
    )
    started = desk.start_review(
        "a", "Odd.", title="A look", priority="urgent", sla_hours=1, assignee={"role": "writer"}
    )
    assert (started.created, started.workflow.workflow_id) == (True, found.draft.workflow_id)
    assert (started.workflow.title, started.workflow.assigned_role) == ("A look", "writer")
    again = desk.start_review("a", "Odd.")
    assert (again.created, again.workflow.workflow_id) == (False, started.workflow.workflow_id)
    with pytest.raises(NotFound):
        desk.dry_run_trace("nobody")
    with pytest.raises(NotFound):
        desk.dry_run_trace("a", "no-such-template")


DAY = [["09:00", "17:00"]]
WEEKLY = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), DAY)


def test_settings_are_kept_by_version(client: Client, desk: Client) -> None:
    calendar: dict[str, Any] = {"time_zone": "Europe/Berlin", "weekly": WEEKLY, "holidays": ["12-25"]}
    assert client.put_calendar("office", calendar, "hours", seen=0).version == 1
    with pytest.raises(PreconditionFailed):
        client.put_calendar("office", calendar, "hours", seen=0)
    assert client.put_calendar("office", {**calendar, "holidays": []}, "no", seen=1).version == 2
    assert [(each.calendar_id, each.version) for each in client.calendars()] == [("office", 2)]
    assert client.calendar("office", 1).definition["holidays"] == ["12-25"]
    due = client.calendar_deadline("office", 120, "2026-12-24T15:00:00Z")
    assert (due.minutes, due.due_at) == (120, "2026-12-25T09:00:00.000000Z")
    with pytest.raises(InvalidArgument) as wrong:
        client.put_calendar("office", {"time_zone": "Mars", "weekly": {}}, "x")
    assert wrong.value.details["errors"][0]["pointer"] == "/definition/time_zone"
    with pytest.raises(Forbidden):
        desk.calendars()

    built_in = {template.template_id: template for template in desk.workflow_templates()}
    assert all(template.version == 0 for template in built_in.values())
    template_id, first = next(iter(built_in.items()))
    changed = client.put_workflow_template(template_id, first.definition, "off", enabled=False, seen=0)
    assert (changed.version, changed.enabled, changed.reason) == (1, False, "off")
    assert desk.workflow_template(template_id, 0).definition == first.definition
    assert desk.workflow_template(template_id).version == 1
    assert client.workflow_routing().version == 0
    rule = {"rule_id": "all", "when": {"policy_ids": ["refunds"]}, "then": {"priority": "urgent"}}
    assert client.put_workflow_routing({"rules": [rule]}, "first", seen=0).version == 1
    with pytest.raises(PreconditionFailed):
        client.put_workflow_routing({"rules": []}, "late", seen=0)
    assert client.workflow_routing(1).definition["rules"][0]["rule_id"] == "all"
    (item,) = ask(client, "a")
    assert client.workflow(item).workflow.priority == "urgent"


def test_people_are_told(client: Client, desk: Client) -> None:
    items = ask(client, "a", "b")
    for item in items:
        desk.act_on_workflow(item, "reassign", assigned_account_id=desk.get_me().account_id, note="mine")
        client.act_on_workflow(item, "comment", note="please")
    until(lambda: {each.workflow_id for each in desk.notifications(unread=True).notifications} == set(items), "both")
    inbox = list(desk.iter_notifications(limit=1))
    assert {each.workflow_id for each in inbox} == set(items)
    assert desk.notifications(category=["dead_letter"]).notifications == ()
    first = inbox[-1]
    read = desk.read_notifications([first.notification_id])
    assert (read.read, read.unread_count) == (1, len(inbox) - 1)
    assert desk.read_notifications(up_to=inbox[0].notification_id).unread_count == 0
    with pytest.raises(NotFound):
        desk.read_notifications(up_to=str(uuid.uuid4()))
    assert desk.notification_preferences().updated_at is None
    kept = desk.put_notification_preferences({"mode": "daily"}, email="ana@example.org")
    assert (kept.email, kept.preferences["mode"], kept.updated_at is None) == ("ana@example.org", "daily", False)
    assert desk.put_notification_preferences({"mode": "off"}, email=None).email is None

    absence = str(uuid.uuid4())
    until_when = {"from_": "2030-01-01T00:00:00Z", "until": "2030-02-01T00:00:00Z"}
    away = desk.put_absence(absence, **until_when, substitute_id=client.get_me().account_id, reason="holiday")
    assert (away.absence_id, away.from_[:10], away.until[:10]) == (absence, "2030-01-01", "2030-02-01")
    with pytest.raises(Conflict) as overlaps:
        desk.put_absence(str(uuid.uuid4()), **until_when)
    assert overlaps.value.details["reason"] == "overlaps"
    assert [each.absence_id for each in desk.absences()] == [absence]
    assert [each.absence_id for each in client.absences(everybody=True)] == [absence]
    desk.delete_absence(absence)
    assert desk.absences(past=True) == ()
    with pytest.raises(NotFound):
        desk.delete_absence(absence)


def test_channels_and_what_went_out(client: Client) -> None:
    made = client.create_channel("webhook", "bus", "https://hooks.invalid/bus", preferences={"mode": "immediate"})
    assert made.secret is not None
    assert made.secret.secret is not None
    assert made.secret.secret.startswith("whsec_")
    assert made.secret.secret not in repr(made)
    channel_id = made.channel.channel_id
    assert [each.channel_id for each in client.channels()] == [channel_id]
    rotated = client.rotate_channel_secret(channel_id, overlap_s=60)
    assert len(rotated.secrets) == len(client.channel(channel_id).secrets) == 2
    delivery_id = client.test_channel(channel_id)
    sent = client.notification_deliveries(channel_id=channel_id, limit=1).deliveries
    assert [each.delivery_id for each in sent] == [delivery_id]
    assert [each.delivery_id for each in client.iter_notification_deliveries(channel_id=channel_id)] == [delivery_id]
    assert client.retry_notification_deliveries(delivery_id) >= 1
    assert client.retry_notification_deliveries() >= 0
    changed = client.change_channel(channel_id, status="paused", name="old bus")
    assert (changed.status, changed.name, changed.target) == ("paused", "old bus", "https://hooks.invalid/bus")
    with pytest.raises(Conflict):
        client.test_channel(channel_id)
    client.delete_channel(channel_id)
    assert client.channels() == ()
    with pytest.raises(NotFound):
        client.channel(channel_id)


def test_the_asynchronous_client_does_it_too(suite: Suite, tenant: str, connect: Callable[..., Client]) -> None:
    token = make_account(suite, tenant, REVIEWER)

    async def scenario() -> None:
        agent = AsyncClient(suite.api_url, suite.admin_token, tenant, actor=ACTOR, source=SOURCE)
        async with agent, AsyncClient(suite.api_url, token, tenant) as desk:
            trace = await agent.start_trace("refund", "t", ORDER, trace_id="a")
            await trace.request_exception("x", POLICY, "r")
            waiting = asyncio.create_task(trace.wait_for_workflow("x", timeout=20.0))
            await asyncio.to_thread(until, lambda: list(connect().iter_workflows()), "the item")
            (item,) = [item async for item in desk.iter_workflows(limit=1)]
            assert (await desk.preview_workflow_action(item.workflow_id, "approve", reason="fine")).allowed
            done = await desk.act_on_workflow(item.workflow_id, "approve", reason="fine")
            assert done.workflow.approved
            assert (await waiting).current_reason == "fine"
            assert (await agent.verify_workflows()).equal
            assert (await agent.export_case(item.workflow_id, format="ndjson")).splitlines()
            assert (await desk.dry_run_trace("a")).existing_workflows
            assert (await agent.notifications()).unread_count == len(
                [each async for each in agent.iter_notifications()]
            )

    asyncio.run(scenario())
