"""The calls of the synchronous client about reviews: the queue, what is done with an item, cases, and reviews started by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import _api, _core, _pages, models
from .._api import NOW, Envelope, Freshness
from .calls import Calls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._api.workflow_studio import ReviewFields, SimulatedTraces
    from .._api.workflows import ActionFields, CaseExport, OneCaseExport, WorkflowFilter, WorkflowSearch


class WorkflowCalls(Calls):
    """Human review."""

    def workflows(self, **filters: Unpack[WorkflowSearch]) -> models.WorkflowPage:
        """A page of what waits for people: overdue items first, then by urgency, then by age."""
        return self._call(_api.workflows.page(filters))

    def iter_workflows(self, **filters: Unpack[WorkflowSearch]) -> Iterator[models.Workflow]:
        """All of them, page by page."""
        return self._walk(_pages.workflow_pages(filters))

    def workflow_buckets(self) -> models.WorkflowBuckets:
        """How many items each of the caller's queues holds."""
        return self._call(_api.workflows.buckets())

    def workflow(self, workflow_id: str) -> models.WorkflowDetail:
        """One item with what was done and told. NotFound when there is none."""
        return self._call(_api.workflows.item(workflow_id))

    def act_on_workflow(self, workflow_id: str, action: str, **fields: Unpack[ActionFields]) -> models.WorkflowDone:
        """Does something with an item: ``approve``, ``reject``, ``comment``, ``reassign``, ``claim`` and so on.

        With ``request_hash`` a decision is for that request and no other; with ``version`` for the item as it was seen.

        Raises:
            Forbidden: without the permission, or for who asked (``details["reason"]`` is ``self_approval``).
            Conflict: it is not possible as the item stands; ``details["allowed_actions"]`` says what is.
            PreconditionFailed: it changed since ``version``.
            InvalidArgument: something is missing that its template asks for (``details["errors"]``), or the phrase
                (``details["needed"]``).
        """
        return self._call(_api.workflows.act(workflow_id, action, fields))

    def preview_workflow_action(
        self, workflow_id: str, action: str, **fields: Unpack[ActionFields]
    ) -> models.WorkflowPreview:
        """Says what an action would do, and does nothing. Raises what the action would."""
        return self._call(_api.workflows.preview(workflow_id, action, fields))

    def act_on_workflows(
        self, workflow_ids: Sequence[str], action: str, **fields: Unpack[ActionFields]
    ) -> models.WorkflowBulk:
        """The same with up to 100 items, each for itself: what is refused keeps nothing else from being done.

        With more than one, ``confirm_text`` has to name how many: ``APPROVE 3 ITEMS``.
        """
        return self._call(_api.workflows.act_on_several(workflow_ids, action, fields))

    def wait_for_workflow(self, workflow_id: str, *, timeout: float) -> models.Workflow:
        """Waits until somebody who may has decided, and answers how; :func:`exception_workflow` names the item of an exception.

        An item that is not there yet is waited for too, so whoever asked for an exception can call this at once. Unlike
        :meth:`wait_for_decision`, which reads what anybody may write to the trace, this answers a decision that counts.

        Raises:
            WaitTimeout: nobody has decided in time.
            NotFound: nor is there such an item.
        """
        return self._run(_core.wait_for_workflow(self._settings, workflow_id, timeout))

    def workflow_figures(
        self,
        from_: str | None = None,
        to: str | None = None,
        *,
        policy_id: str | None = None,
        reviewer: str | None = None,
    ) -> models.WorkflowFigurePage:
        """How reviews were decided between two instants: 30 days before, and now, unless they are named."""
        return self._call(_api.workflows.figures(from_, to, policy_id, reviewer))

    # -- cases ------------------------------------------------------------------------------------------------------------------

    def export_workflow(self, workflow_id: str) -> Envelope:
        """Everything about one review item, as the reference answers it."""
        return self._call(_api.workflows.export(workflow_id))

    def export_case(self, workflow_id: str, **how: Unpack[OneCaseExport]) -> bytes:
        """One case as it is sent: ``json``, ``ndjson`` or ``html``. Forbidden without the permission ``workflow_export``."""
        return self._call(_api.workflows.export_case(workflow_id, how))

    def export_cases(self, how: CaseExport | None = None, **filters: Unpack[WorkflowFilter]) -> bytes:
        """The cases that the filters choose, as lines. A set without its last line, ``end_of_set``, is not whole."""
        return self._call(_api.workflows.export_cases({**filters, **(how or {})}))

    # -- reviews that are started by hand ---------------------------------------------------------------------------------------

    def dry_run_trace(self, trace_id: str, template_id: str | None = None) -> models.TraceDryRun:
        """What stands out about a trace, and the review of it that would be started. Changes nothing."""
        return self._call(_api.workflow_studio.dry_run(trace_id, template_id))

    def start_review(self, trace_id: str, reason: str, **fields: Unpack[ReviewFields]) -> models.ReviewStarted:
        """Starts a review of a trace, running or finished. One by the same template that is open is the answer.

        Raises:
            Forbidden: without the permission ``workflow_assign``.
            Conflict: its template makes no reviews (``details["reason"]`` is ``template_disabled``).
        """
        return self._call(_api.workflow_studio.start(trace_id, reason, fields))

    def simulate_policy(
        self,
        policy_id: str,
        candidate: Mapping[str, Any],
        *,
        policy_version: str | None = None,
        freshness: Freshness = NOW,
        **traces: Unpack[SimulatedTraces],
    ) -> models.PolicySimulation:
        """What another policy would have said of what happened; with ``as_of_log_seq`` the answer is final. Changes nothing.

        ``candidate`` is ``{"rules": [{"when": [{"fact", "operator", "value"}], "decision"}], "otherwise"}``.
        """
        call = _api.workflow_studio.simulate(policy_id, candidate, policy_version, traces, freshness)
        return self._call(call)

    def start_workflow_replay(
        self,
        workflow_id: str,
        projection: str,
        reason: str,
        *,
        mode: str = "catch_up",
        confirmation: str | None = None,
    ) -> models.Run:
        """Queues a run; what it finds is attached to the item. A rebuild needs ``REBUILD`` and the projection in capitals."""
        return self._call(_api.workflows.start_replay(workflow_id, projection, mode, reason, confirmation))

    def put_workflow_file(self, content: bytes, media_type: str) -> models.WorkflowFile:
        """Keeps a file of at most 10 MiB for evidence, which names it by ``sha256``. What nobody names within a day is removed."""
        return self._call(_api.workflows.put_file(content, media_type))

    def workflow_file(self, sha256: str) -> bytes:
        """The bytes of a file."""
        return self._call(_api.workflows.file(sha256))

    # -- looking after the items ------------------------------------------------------------------------------------------------

    def verify_workflows(self) -> models.WorkflowVerdict:
        """Folds the tenant's log and compares the outcome with the items."""
        return self._call(_api.workflows.verify())

    def rebuild_workflows(self, reason: str) -> models.WorkflowRebuilt:
        """Makes the items again from the log. Nothing is told to anybody."""
        return self._call(_api.workflows.rebuild(reason))

    def workflow_dead_letters(
        self, *, resolved: bool | None = None, limit: int | None = None, cursor: str | None = None
    ) -> models.WorkflowDeadLetterPage:
        """A page of events that no item could take."""
        return self._call(_api.workflows.dead_letters(resolved=resolved, limit=limit, cursor=cursor))

    def iter_workflow_dead_letters(
        self, *, resolved: bool | None = None, page_size: int | None = None
    ) -> Iterator[models.WorkflowDeadLetter]:
        """All of them, page by page."""
        return self._walk(_pages.dead_letter_pages(resolved=resolved, size=page_size))

    def skip_workflow_dead_letter(self, log_seq: int, reason: str) -> None:
        """Accepts that the items go on without an event."""
        self._call(_api.workflows.skip_dead_letter(log_seq, reason))
