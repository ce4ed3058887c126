"""The calls about reviews: the queue, what is done with an item, waiting, cases and figures, and looking after the items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias, TypedDict

from .. import models
from .call import Call, Envelope, as_sent, data, fields, get, lines, listed, nothing, one, post, query, segment, under

Priority: TypeAlias = Literal["urgent", "high", "normal", "low"]
Status: TypeAlias = Literal[
    "requested", "in_review", "changes_requested", "escalated", "approved", "rejected", "overridden"
]
EXPORT_S = 300.0
FOLD_S = 60.0


class WorkflowFilter(TypedDict, total=False):
    """What an item has to be; see ``GET /workflows`` in the API's documentation. All given ones hold together."""

    status: Status | Sequence[Status]
    priority: Priority | Sequence[Priority]
    kind: Literal["exception_review", "incident_review"]
    workflow_name: str
    policy_id: str
    template_id: str
    requested_by: str
    decided_by: str
    assigned_account_id: str
    assigned_role: str
    assignee: Literal["me", "unassigned", "my_roles"]
    trace_id: str
    subject_id: str
    only_open: bool
    only_overdue: bool
    due_before: str
    requested_after: str
    requested_before: str
    q: str


class WorkflowSearch(WorkflowFilter, total=False):
    """What an item has to be to be listed, and how many at once."""

    limit: int
    cursor: str | None


class ActionFields(TypedDict, total=False):
    """What goes with an action; see ``POST /workflows/{id}/actions``. Fields that it has no use for stay out."""

    reason: str | None
    note: str | None
    evidence: Sequence[Mapping[str, Any]]
    assigned_account_id: str | None
    assigned_role: str | None
    confirm_text: str | None
    due_at: str | None
    priority: Priority | None
    reply_to: str | None
    edits: str | None
    decision_option: str | None
    form: Mapping[str, Any]
    conditions: Mapping[str, Any]
    checklist: Sequence[str]
    request_hash: str | None
    until: str | None
    version: int | None


class CaseExport(TypedDict, total=False):
    """How cases are taken out."""

    profile: Literal["full", "internal", "external"]
    events: Literal["item", "trace"]


class OneCaseExport(CaseExport, total=False):
    """How one case is taken out; many are always lines."""

    format: Literal["json", "ndjson", "html"]


def page(filters: Mapping[str, Any]) -> Call[models.WorkflowPage]:
    """What waits."""
    return get("/workflows", one(models.WorkflowPage), query(**filters))


def buckets() -> Call[models.WorkflowBuckets]:
    """How many items each queue holds."""
    return get("/workflows/buckets", one(models.WorkflowBuckets))


def item(workflow_id: str) -> Call[models.WorkflowDetail]:
    """One item."""
    return get(_path(workflow_id), one(models.WorkflowDetail))


def act(workflow_id: str, action: str, given: Mapping[str, Any]) -> Call[models.WorkflowDone]:
    """Something that is done with an item. Repeatable, because the service recognises the request id."""
    body = {"action": action} | fields(**given)
    return post(_path(workflow_id, "/actions"), one(models.WorkflowDone), body, repeatable=True)


def preview(workflow_id: str, action: str, given: Mapping[str, Any]) -> Call[models.WorkflowPreview]:
    """What that would do."""
    body = {"action": action} | fields(**given)
    call = post(_path(workflow_id, "/actions"), one(models.WorkflowPreview), body, repeatable=True)
    return replace(call, query=query(dry_run=True))


def act_on_several(workflow_ids: Sequence[str], action: str, given: Mapping[str, Any]) -> Call[models.WorkflowBulk]:
    """The same with several items. Repeatable, as each of them is."""
    body = {"workflow_ids": listed(workflow_ids), "action": action} | fields(**given)
    return post("/workflows/actions", one(models.WorkflowBulk), body, repeatable=True)


def wait(workflow_id: str, timeout: int, version: int | None = None) -> Call[models.WorkflowWaited]:
    """Waits at the service, for so many seconds at most, or until the item is not any more as the version says."""
    asked = query(timeout=timeout, version=version)
    return replace(get(_path(workflow_id, "/wait"), one(models.WorkflowWaited), asked), patience=float(timeout))


def figures(
    from_: str | None, to: str | None, policy_id: str | None, reviewer: str | None
) -> Call[models.WorkflowFigurePage]:
    """How reviews were decided."""
    asked = query(from_=from_, to=to, policy_id=policy_id, reviewer=reviewer)
    return get("/workflows/figures", one(models.WorkflowFigurePage), asked)


def export(workflow_id: str) -> Call[Envelope]:
    """One case in the envelope, as the reference answers it."""
    return get(_case(workflow_id), lambda envelope: envelope)


def export_case(workflow_id: str, how: Mapping[str, Any]) -> Call[bytes]:
    """One case as it is sent."""
    return lines(_case(workflow_id), as_sent, query(**how), EXPORT_S)


def export_cases(filters: Mapping[str, Any]) -> Call[bytes]:
    """Many cases, as lines."""
    return lines("/admin/workflows:export", as_sent, query(**filters), EXPORT_S)


def verify() -> Call[models.WorkflowVerdict]:
    """Folds the log and compares."""
    call = post("/admin/workflows:verify", one(models.WorkflowVerdict), repeatable=True)
    return replace(call, patience=FOLD_S)


def rebuild(reason: str) -> Call[models.WorkflowRebuilt]:
    """Makes the items again. Not repeatable: a second one is another rebuild."""
    return replace(post("/admin/workflows:rebuild", _rebuilt, {"reason": reason}), patience=FOLD_S)


def _rebuilt(envelope: Envelope) -> models.WorkflowRebuilt:
    answer = data(envelope)
    if "equal" not in answer:
        return models.WorkflowRebuilt()
    return models.WorkflowRebuilt(models.read(models.WorkflowVerdict, answer))


def dead_letters(
    *, resolved: bool | None, limit: int | None, cursor: str | None
) -> Call[models.WorkflowDeadLetterPage]:
    """A page of events that no item could take."""
    asked = query(resolved=resolved, limit=limit, cursor=cursor)
    return get("/admin/workflow-dead-letters", one(models.WorkflowDeadLetterPage), asked)


def skip_dead_letter(log_seq: int, reason: str) -> Call[None]:
    """Accepts that one is missing."""
    path = f"/admin/workflow-dead-letters/{segment('a position', str(log_seq))}/skip"
    return post(path, nothing, {"reason": reason})


def _path(workflow_id: str, rest: str = "") -> str:
    return f"/workflows/{segment('a workflow id', workflow_id)}{rest}"


def _case(workflow_id: str) -> str:
    return f"/admin/workflows/{segment('a workflow id', workflow_id)}/export"


def start_replay(
    workflow_id: str, projection: str, mode: str, reason: str, confirmation: str | None
) -> Call[models.Run]:
    """Queues a run whose findings are attached to an item."""
    body = fields(projection=projection, mode=mode, reason=reason, confirmation=confirmation)
    return post(_path(workflow_id, "/replays"), under(models.Run, "run"), body)


def put_file(content: bytes, media_type: str) -> Call[models.WorkflowFile]:
    """Keeps a file. Done twice, it is there."""
    return replace(
        post("/workflow-files", one(models.WorkflowFile), repeatable=True), body=content, content_type=media_type
    )


def file(sha256: str) -> Call[bytes]:
    """The bytes of a file."""
    return lines(f"/workflow-files/{segment('a hash', sha256)}", as_sent, (), patience=0.0)
