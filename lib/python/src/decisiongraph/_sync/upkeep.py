"""The calls of the synchronous client about looking after projections: runs, events that were set aside, digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .. import _api, _pages, models
from ..values import Json
from .calls import Calls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._api.upkeep import FailureSearch, Mode, RunSearch


class UpkeepCalls(Calls):
    """Administration of projections."""

    def start_replay(
        self,
        projection: str,
        mode: str = "catch_up",
        reason: str | None = None,
        metadata: Mapping[str, Json] | None = None,
        *,
        until_log_seq: int | None = None,
    ) -> models.Run:
        """Queues a run; a catch-up goes up to ``until_log_seq``. Tried again only while nothing has been sent.

        Raises:
            Conflict: one is under way for the projection (``details["job_id"]``).
        """
        return self._call(_api.upkeep.start_replay(projection, mode, reason, metadata, until_log_seq))

    def start_runs(self, tenant_ids: Sequence[str], projection: str, mode: Mode, reason: str) -> models.RunBatch:
        """Queues a run for each of several tenants; ``*`` is every tenant of the account."""
        return self._call(_api.upkeep.start_runs(tenant_ids, projection, mode, reason))

    def runs(self, **filters: Unpack[RunSearch]) -> models.RunPage:
        """A page of runs, newest first."""
        return self._call(_api.upkeep.runs(filters))

    def iter_runs(self, **filters: Unpack[RunSearch]) -> Iterator[models.Run]:
        """All of them, page by page."""
        return self._walk(_pages.run_pages(filters))

    def get_replay_status(self, job_id: str) -> models.Run:
        """A run."""
        return self._call(_api.upkeep.replay_status(job_id))

    def cancel_replay(self, job_id: str) -> models.Run:
        """Cancels a run. Conflict when it has ended already."""
        return self._call(_api.upkeep.step_run(job_id, "cancel"))

    def pause_run(self, job_id: str) -> models.Run:
        """Stops a run for now. Conflict when it neither waits nor runs."""
        return self._call(_api.upkeep.step_run(job_id, "pause"))

    def resume_run(self, job_id: str) -> models.Run:
        """Lets a paused run go on. Conflict when it is not paused."""
        return self._call(_api.upkeep.step_run(job_id, "resume"))

    # -- events that were set aside ---------------------------------------------------------------------------------------------

    def failures(self, **filters: Unpack[FailureSearch]) -> models.FailurePage:
        """A page of events that a projection does not hold, newest first."""
        return self._call(_api.upkeep.failures(filters))

    def iter_failures(self, **filters: Unpack[FailureSearch]) -> Iterator[models.ProjectionFailure]:
        """All of them, page by page."""
        return self._walk(_pages.failure_pages(filters))

    def failure(self, failure_id: str) -> models.ProjectionFailure:
        """One of them."""
        return self._call(_api.upkeep.failure(failure_id))

    def retry_failure(self, failure_id: str, reason: str | None = None) -> models.Reprojection:
        """Queues a run that projects the event. Conflict when the failure is not open."""
        return self._call(_api.upkeep.retry_failure(failure_id, reason))

    def quarantine(self, failure_id: str, reason: str) -> models.ProjectionFailure:
        """Accepts that the event of an open failure is missing. Conflict when it is not open."""
        return self._call(_api.upkeep.quarantine(failure_id, reason))

    def resolve_failure(self, failure_id: str, reason: str) -> models.Reprojection:
        """Queues a run that projects the event after all. Conflict when the failure is not quarantined."""
        return self._call(_api.upkeep.resolve_failure(failure_id, reason))

    # -- digests that were written down -----------------------------------------------------------------------------------------

    def digest_history(
        self, projection: str | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> models.DigestPage:
        """A page of digests that were written down, newest first."""
        return self._call(_api.upkeep.digest_history(projection, limit, cursor))

    def iter_digest_history(
        self, projection: str | None = None, *, page_size: int | None = None
    ) -> Iterator[models.WrittenDigest]:
        """All of them, page by page."""
        return self._walk(_pages.digest_pages(projection, page_size))
