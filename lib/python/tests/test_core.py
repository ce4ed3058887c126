"""What happens between a caller and the wire, without a wire; and what events look like."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from suite import REPOSITORY

from decisiongraph import (
    Actor,
    AsyncClient,
    AsyncTrace,
    Client,
    DecisionGraphServiceClient,
    Entity,
    Evidence,
    Fact,
    Forbidden,
    InputSource,
    InvalidEvent,
    InvalidResponse,
    OutOfDate,
    RetryPolicy,
    ServiceBusy,
    SessionEnded,
    SignInRefused,
    Source,
    Trace,
    Unauthorized,
    Unavailable,
    Violation,
    __version__,
    _api,
    _ids,
    events,
    models,
)
from decisiongraph._core import Answer, Send, Settings, Sleep, perform
from decisiongraph._follow import Following, Message, Parser
from decisiongraph.retry import NEVER
from decisiongraph.values import plain, typed

OK = Answer(200, {}, b'{"data":{"account_id":"a"},"request_id":"r"}')
LOST = Unavailable("broke")
REFUSED = Unavailable("closed", unsent=True)


def busy(status: int = 503, after: str | None = None, code: str = "storage") -> Answer:
    headers = {"x-request-id": "r-1"} | ({"retry-after": after} if after else {})
    return Answer(status, headers, json.dumps({"error": {"code": code, "message": "m"}, "request_id": "r-1"}).encode())


class Script:
    """Plays the answers to a flow and notes what it did; its clock moves only while the flow sleeps or waits."""

    def __init__(self, *answers: Answer | Exception, retry: RetryPolicy | None = None, takes: float = 0.0) -> None:
        self.now = 0.0
        self.answers = list(answers)
        self.takes = takes
        self.sent: list[Send] = []
        self.pauses: list[float] = []
        settings = Settings.checked("http://host", "token", "tenant", 10.0, retry or RetryPolicy())
        self.settings = replace(settings, clock=lambda: self.now, jitter=lambda: 1.0)

    def run(self, call: _api.Call[Any], retry: RetryPolicy | None = None) -> Any:
        flow = perform(self.settings, call, retry)
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Sleep):
                    self.pauses.append(effect.seconds)
                    self.now += effect.seconds
                    effect = flow.send(None)
                    continue
                assert isinstance(effect, Send)
                self.sent.append(effect)
                self.now += self.takes
                answer = self.answers.pop(0)
                effect = flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
        except StopIteration as end:
            return end.value


def test_a_call_is_made_again_while_the_service_is_away() -> None:
    script = Script(LOST, busy(), busy(429), busy(502), OK)
    assert script.run(_api.me()).account_id == "a"
    assert script.pauses == pytest.approx([0.1, 0.2, 0.4, 0.8])
    assert len({send.headers["x-request-id"] for send in script.sent}) == 1
    assert script.sent[0].headers["authorization"] == "Bearer token"


def test_the_service_says_when_to_come_back() -> None:
    script = Script(busy(429, "7"), OK)
    script.run(_api.me())
    assert script.pauses == [7.0]
    script = Script(busy(429, "40"), OK)  # longer than the whole call may take
    with pytest.raises(ServiceBusy) as error:
        script.run(_api.me())
    assert (error.value.retry_after, error.value.request_id, script.pauses) == (40.0, "r-1", [])


def test_only_what_is_safe_is_repeated() -> None:
    run = _api.upkeep.start_replay("all", "verify", "r", None)
    started = Answer(202, {}, b'{"data":{"run":{"job_id":"j","status":"queued"}}}')
    for first, attempts in ((REFUSED, 2), (busy(429), 2), (LOST, 1), (busy(503), 1), (busy(504), 1)):
        script = Script(first, started)
        if attempts == 2:
            assert script.run(run).job_id == "j"
        else:
            with pytest.raises((Unavailable, ServiceBusy)):
                script.run(run)
        assert len(script.sent) == attempts, first
    for status in (400, 401, 403, 404, 409, 413, 422, 500):
        script = Script(busy(status, code="x"))
        with pytest.raises(Exception, match="m"):
            script.run(_api.append(b"{}"))
        assert len(script.sent) == 1


def test_a_read_waits_for_a_projection_as_long_as_it_says_and_no_longer() -> None:
    script = Script(busy(409, "1", "projection_out_of_date"))
    with pytest.raises(OutOfDate) as late:
        script.run(_api.trace("t", _api.STRICT))
    assert (len(script.sent), late.value.is_transient) == (1, True)


def test_the_deadline_is_over_everything() -> None:
    script = Script(*[LOST] * 99, retry=RetryPolicy(attempts=99, deadline=25.0), takes=8.0)
    with pytest.raises(Unavailable):
        script.run(_api.me())
    assert [round(send.timeout, 1) for send in script.sent] == [10.0, 10.0, 8.7, 0.3]
    script = Script(LOST)
    with pytest.raises(Unavailable):
        script.run(_api.me(), NEVER)
    assert script.sent[0].timeout == 10.0
    waits = _api.traces({}, _api.Freshness(min_log_seq=5, wait_s=20.0))
    script = Script(Answer(200, {}, b'{"data":{"traces":[]},"meta":{"applied_seq":5,"head_seq":5}}'))
    page = script.run(waits)
    assert page.meta == models.Meta(5, 5)
    assert (script.sent[0].timeout, script.sent[0].url) == (
        30.0,
        "http://host/api/v1/traces?min_log_seq=5&wait_ms=20000",
    )


def test_pauses_stay_within_their_band() -> None:
    policy = RetryPolicy(attempts=20, deadline=1000.0)
    for failed, ceiling in ((1, 0.1), (2, 0.2), (6, 3.0), (19, 3.0)):
        assert policy.pause(failed, None, 0.0, 0.0) == pytest.approx(ceiling / 2)
        assert policy.pause(failed, None, 0.0, 0.999) == pytest.approx(ceiling, rel=0.01)
    assert policy.pause(20, None, 0.0, 0.0) is None
    assert policy.pause(1, 999.0, 2.0, 0.0) is None


def test_strange_answers() -> None:
    for answer in (Answer(200, {}, b"<html>"), Answer(200, {}, b"[]"), Answer(302, {}, b""), Answer(200, {}, b"{}")):
        with pytest.raises(InvalidResponse):
            Script(answer).run(_api.me())
    with pytest.raises(InvalidResponse, match="Me"):
        Script(Answer(200, {}, b'{"data":{"account_id":7}}')).run(_api.me())
    with pytest.raises(Forbidden) as proxy:
        Script(Answer(403, {"x-request-id": "p"}, b"no")).run(_api.me())
    assert (proxy.value.code, proxy.value.request_id) == ("invalid_response", "p")
    script = Script(Answer(502, {}, b"bad gateway"), OK)
    assert script.run(_api.me()).account_id == "a"


def test_settings_are_checked_and_secrets_stay_hidden() -> None:
    for url in ("", "host:4100", "ftp://host", "http://user:pw@host", "http://host?x=1", "http://"):
        with pytest.raises(ValueError, match="base_url"):
            Client(url, "t", "t")
    for token, tenant in (("", "t"), ("t\n1", "t"), ("tök", "t"), ("t", " ")):
        with pytest.raises(ValueError, match="must"):
            Client("http://host", token, tenant)
    with Client("http://host/", "dg_secret", "t") as client:
        assert client.base_url == "http://host"
        assert "secret" not in repr(client) + repr(client._settings)


def test_the_environment_is_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DG_API_URL", "http://env"), ("DG_TOKEN", "t"), ("DG_TENANT", "env")):
        monkeypatch.setenv(name, value)
    with Client(tenant_id="given") as client:
        assert (client.base_url, client.tenant_id) == ("http://env", "given")


def test_values_are_written_as_the_contract_keeps_them() -> None:
    moment = datetime(2026, 5, 4, 9, 0, 0, 5, tzinfo=timezone.utc)
    for value, expected in (
        ("x", ("string", "x")),
        (True, ("bool", "true")),
        (3, ("int", "3")),
        (Decimal("389.00"), ("decimal", "389.00")),
        (0.1, ("decimal", "0.1")),
        (1e22, ("decimal", "10000000000000000000000")),
        (date(2026, 5, 4), ("date", "2026-05-04")),
        (moment, ("datetime", "2026-05-04T09:00:00.000005Z")),
        ({"b": [1, None], "a": "ü"}, ("json", '{"a":"ü","b":[1,null]}')),
        ({"type": "int", "value": "7"}, ("int", "7")),
    ):
        assert typed(value) == {"type": expected[0], "value": expected[1]}
    assert typed(None) is None
    for wrong in (float("nan"), Decimal("Infinity"), datetime(2026, 5, 4)):  # noqa: DTZ001
        with pytest.raises(ValueError, match=r"number|offset"):
            typed(wrong)
    fact = plain(Fact("k", 1, moment))
    assert fact == {"key": "k", "value": {"type": "int", "value": "1"}, "as_of": "2026-05-04T09:00:00.000005Z"}
    source = {"system": "s", "object_type": "o", "object_id": "1", "locator": None}
    evidence = Evidence(InputSource("s", "o", "1"), "line 3")
    assert plain(evidence) == {"source": source, "locator": "line 3", "excerpt_redacted": None}


def test_optional_keys_are_left_out_as_the_reference_does_it() -> None:
    policy = {"policy_id": "p", "policy_version": "1"}
    assert events.trace_started("w", "t", Entity("e", "1"), {}) == {
        "workflow": "w",
        "title": "t",
        "primary_entity": {"entity_type": "e", "entity_id": "1", "system": None},
    }
    assert events.policy_evaluated(policy, (), "deny", [Violation("c", "m")]) == {
        "policy": policy,
        "inputs": [],
        "decision": "deny",
        "violations": [{"code": "c", "message": "m", "details": None}],
    }
    approval = events.approval_recorded(
        "a", {"subject_type": "action", "subject_id": "1"}, Actor("person", "p"), "approved"
    )
    assert approval.keys() == {"approval_id", "subject", "approver", "decision"}
    assert events.trace_finished("success", "") == {"outcome": "success"}
    assert events.action_committed("a", "failure", error="") == {"action_id": "a", "status": "failure", "error": ""}


def event(**more: Any) -> dict[str, Any]:
    options = {"actor": Actor("agent", "a"), "source": Source("p", "s")}
    built = events.envelope("t", "TraceFinished", {"outcome": "success"}, options, new_id="id-1", now="now")
    return {**built, **more}


def test_what_can_never_be_stored_is_refused_before_anything_is_promised() -> None:
    nested: Any = 1
    for _ in range(40):
        nested = [nested]
    for wrong, pointer in (
        (event(payload={"a": [{"b~/": 0.5}]}), "/payload/a/0/b~0~1"),
        (event(payload={"a": {1: 2}}), "/payload/a"),
        (event(payload={"a": {1, 2}}), "/payload/a"),
        (event(payload={"a": "\ud800"}), "/payload/a"),
        (event(payload=nested), "/payload" + "/0" * 32),
        (event(trace_id=" "), "/trace_id"),
        (event(event_id="é" * 300), "/event_id"),
        (event(idempotency_key="k" * 201), "/idempotency_key"),
        (event(payload={"a": "x" * (1 << 20)}), ""),
    ):
        with pytest.raises(InvalidEvent) as refused:
            events.encode(wrong)
        assert refused.value.details["pointer"] == pointer
    assert events.encode(event(payload={"a": "ü\u2028", "n": 10**40})).isascii()
    with pytest.raises(InvalidEvent, match="no actor"):
        events.envelope("t", "TraceFinished", {}, {}, new_id="i", now="n")
    with pytest.raises(TypeError, match="'tag'"):
        events.envelope("t", "TraceFinished", {}, {"tag": "x"}, new_id="i", now="n")


def test_fixed_keys_stay_short() -> None:
    assert events.fixed_key("start", "t") == "start:t"
    long = events.fixed_key("start", "t" * 500)
    assert len(long) < 200
    assert long != events.fixed_key("start", "t" * 499)


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    ids = [_ids.new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", text) for text in ids
    )
    assert [text[:13] for text in ids] == sorted(text[:13] for text in ids)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", _ids.now())


def test_ids_in_paths_stay_one_segment() -> None:
    for text, expected in (
        ("a-1_b.c~d", "a-1_b.c~d"),
        ("r:w/1?x#y", "r%3Aw%2F1%3Fx%23y"),
        ("100% süß", "100%25%20s%C3%BC%C3%9F"),
    ):
        assert _api.segment("an id", text) == expected


@pytest.mark.parametrize(("sync", "other"), [(Client, AsyncClient), (Trace, AsyncTrace)])
def test_both_clients_have_the_same_calls(sync: type, other: type) -> None:
    def calls(kind: type) -> dict[str, Any]:
        public = ((name, getattr(kind, name)) for name in dir(kind) if not name.startswith("_"))
        return {
            name: list(inspect.signature(value).parameters.values())
            for name, value in public
            if inspect.isfunction(value)
        }

    ours, theirs = calls(sync), calls(other)
    assert ours.keys() == theirs.keys()
    for name, parameters in ours.items():
        assert [(p.name, p.kind, p.default) for p in parameters] == [
            (p.name, p.kind, p.default) for p in theirs[name]
        ], name


def test_the_version_is_the_suite_s() -> None:
    cargo = (REPOSITORY / "Cargo.toml").read_text()
    found = re.search(r'^version = "(.*)"', cargo, re.MULTILINE)
    assert found is not None
    assert found[1] == __version__


STREAM = (
    'retry: 1000\nid: 0\n\n: position\nid: 7\n\nid: 8\r\ndata: {"a":\r\ndata:1}\r\n\r\n'
    "event: odd\ndata\n\nid: 9\ndata: é\r\rdata: cut"
).encode()


def test_messages_are_the_same_however_the_text_is_cut() -> None:
    whole = [
        Message("0"),
        Message("7"),
        Message("8", data=['{"a":', "1}"]),
        Message(kind="odd", data=[""]),
        Message("9", data=["é"]),
    ]
    for size in range(1, len(STREAM) + 1):
        parser, found = Parser(), list[Message]()
        for at in range(0, len(STREAM), size):
            found += parser.feed(STREAM[at : at + size])
        assert found == whole, size
    endless = Parser()
    with pytest.raises(Unavailable):
        [endless.feed(b"x" * (1 << 20)) for _ in range(17)]


def stored(log_seq: int) -> bytes:
    event = {
        "tenant_id": "t",
        "log_seq": log_seq,
        "trace_id": "tr",
        "trace_seq": 0,
        "event_id": "e",
        "event_type": "InputObserved",
        "occurred_at": "",
        "recorded_at": "",
        "recorded_by": "a",
        "source": {"producer_id": "p", "system": "s"},
        "actor": {"actor_type": "agent", "actor_id": "a"},
        "idempotency_key": "k",
        "payload": {},
        "payload_hash": "",
    }
    return f"id: {log_seq}\ndata: {json.dumps(event)}\n\n".encode()


def test_following_goes_on_where_it_was_cut_off() -> None:
    settings = Settings.checked("http://h", "t", "t", 1.0, RetryPolicy(first_pause=0.1), "dgs_x_y")
    following = Following(settings, None, "A", None)
    first = following.request()
    assert (first.url, first.timeout) == ("http://h/api/v1/events/stream?event_type=A", 30.0)
    assert (first.headers["accept"], first.headers["x-dg-session"]) == ("text/event-stream", "dgs_x_y")
    assert "last-event-id" not in first.headers
    following.feed(b"id: 4\n\n" + stored(5) + stored(6) + stored(7)[:30])
    assert [following.take().log_seq, following.take().log_seq] == [5, 6]
    assert 0.05 <= following.lost(Unavailable("broke")) <= 0.1
    assert following.request().headers["last-event-id"] == "6"
    following.feed(b"")
    assert 0.1 <= following.lost(Unavailable("ended")) <= 0.2  # further away each time, until something comes
    following.request()
    following.feed(stored(6) + stored(7) + b'id: 8\nevent: unreadable\ndata: {"log_seq":8}\n\n' + stored(9))
    assert following.take().log_seq == 7  # and not 6 again
    with pytest.raises(InvalidResponse) as unreadable:
        following.take()
    assert unreadable.value.details == {"log_seq": 8}
    assert following.take().log_seq == 9
    following.feed(b": position\nid: 12\n\n")
    assert following.position == 12
    with pytest.raises(SessionEnded):
        following.lost(SessionEnded("ended", code="session_ended", status=401))


def test_refusals_about_people_have_their_types() -> None:
    for answer, kind, parent in (
        (busy(401, code="session_ended"), SessionEnded, Unauthorized),
        (busy(403, code="sign_in_refused"), SignInRefused, Forbidden),
    ):
        script = Script(answer)
        with pytest.raises(kind) as refused:
            script.run(_api.me())
        assert isinstance(refused.value, parent)


def test_a_key_of_ones_own_has_the_same_id_every_time() -> None:
    assert _ids.derived_id("refund-agent", "start:refund-17") == "3b8edf42-9888-8d4d-b9c4-0eb5807f7e70"
    assert _ids.derived_id("a", "bc") != _ids.derived_id("ab", "c")
    options = {"actor": Actor("agent", "a"), "source": Source("refund-agent", "s")}
    event = events.envelope("t", "X", {}, {**options, "idempotency_key": "start:refund-17"}, new_id="n", now="now")
    assert event["event_id"] == "3b8edf42-9888-8d4d-b9c4-0eb5807f7e70"
    event = events.envelope("t", "X", {}, options, new_id="n", now="now")
    assert (event["event_id"], event["idempotency_key"]) == ("n", "n")


REFERENCE = {
    "get_healthz": "()",
    "append_event": "(event)",
    "get_trace": "(trace_id)",
    "get_projection_health": "()",
    "get_context_subgraph": "(node_type, node_id, max_depth=1, max_nodes=None, max_edges=None, edge_types=None, node_types=None)",
    "list_node_edges": "(node_type, node_id, direction='both', limit=100, cursor_edge_key=None, cursor_log_seq=None)",
    "find_precedents": "(policy_id=None, policy_version=None, entity_type=None, entity_id=None, outcome=None, limit=100)",
    "start_replay": "(projection, mode, reason, metadata=None)",
    "get_replay_status": "(job_id)",
    "cancel_replay": "(job_id)",
    "export_workflow": "(workflow_id)",
}


@pytest.mark.parametrize("name", REFERENCE)
def test_the_calls_of_the_reference_keep_names_and_arguments(name: str) -> None:
    signature = inspect.signature(getattr(DecisionGraphServiceClient, name))
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in list(signature.parameters.values())[1:]]
    assert str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)) == REFERENCE[name]


def test_the_constructor_of_the_reference_keeps_its_arguments() -> None:
    parameters = inspect.signature(DecisionGraphServiceClient).parameters.values()
    assert [(p.name, p.kind.name) for p in parameters] == [
        (name, "KEYWORD_ONLY") for name in ("base_url", "bearer_token", "tenant_id", "timeout_seconds")
    ]
