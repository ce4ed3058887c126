"""The calls of the asynchronous client about looking after projections: runs, events that were set aside, digests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .. import _api, _pages, models
from ..values import Json
from .calls import AsyncCalls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._api.upkeep import FailureSearch, Mode, RunSearch


class AsyncUpkeepCalls(AsyncCalls):
    """Administration of projections."""

    async def start_replay(
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
        return await self._call(_api.upkeep.start_replay(projection, mode, reason, metadata, until_log_seq))

    async def start_runs(self, tenant_ids: Sequence[str], projection: str, mode: Mode, reason: str) -> models.RunBatch:
        """Queues a run for each of several tenants; ``*`` is every tenant of the account."""
        return await self._call(_api.upkeep.start_runs(tenant_ids, projection, mode, reason))

    async def runs(self, **filters: Unpack[RunSearch]) -> models.RunPage:
        """A page of runs, newest first."""
        return await self._call(_api.upkeep.runs(filters))

    def iter_runs(self, **filters: Unpack[RunSearch]) -> AsyncIterator[models.Run]:
        """All of them, page by page."""
        return self._walk(_pages.run_pages(filters))

    async def get_replay_status(self, job_id: str) -> models.Run:
        """A run."""
        return await self._call(_api.upkeep.replay_status(job_id))

    async def cancel_replay(self, job_id: str) -> models.Run:
        """Cancels a run. Conflict when it has ended already."""
        return await self._call(_api.upkeep.step_run(job_id, "cancel"))

    async def pause_run(self, job_id: str) -> models.Run:
        """Stops a run for now. Conflict when it neither waits nor runs."""
        return await self._call(_api.upkeep.step_run(job_id, "pause"))

    async def resume_run(self, job_id: str) -> models.Run:
        """Lets a paused run go on. Conflict when it is not paused."""
        return await self._call(_api.upkeep.step_run(job_id, "resume"))

    # -- events that were set aside ---------------------------------------------------------------------------------------------

    async def failures(self, **filters: Unpack[FailureSearch]) -> models.FailurePage:
        """A page of events that a projection does not hold, newest first."""
        return await self._call(_api.upkeep.failures(filters))

    def iter_failures(self, **filters: Unpack[FailureSearch]) -> AsyncIterator[models.ProjectionFailure]:
        """All of them, page by page."""
        return self._walk(_pages.failure_pages(filters))

    async def failure(self, failure_id: str) -> models.ProjectionFailure:
        """One of them."""
        return await self._call(_api.upkeep.failure(failure_id))

    async def retry_failure(self, failure_id: str, reason: str | None = None) -> models.Reprojection:
        """Queues a run that projects the event. Conflict when the failure is not open."""
        return await self._call(_api.upkeep.retry_failure(failure_id, reason))

    async def quarantine(self, failure_id: str, reason: str) -> models.ProjectionFailure:
        """Accepts that the event of an open failure is missing. Conflict when it is not open."""
        return await self._call(_api.upkeep.quarantine(failure_id, reason))

    async def resolve_failure(self, failure_id: str, reason: str) -> models.Reprojection:
        """Queues a run that projects the event after all. Conflict when the failure is not quarantined."""
        return await self._call(_api.upkeep.resolve_failure(failure_id, reason))

    # -- digests that were written down -----------------------------------------------------------------------------------------

    async def digest_history(
        self, projection: str | None = None, *, limit: int | None = None, cursor: str | None = None
    ) -> models.DigestPage:
        """A page of digests that were written down, newest first."""
        return await self._call(_api.upkeep.digest_history(projection, limit, cursor))

    def iter_digest_history(
        self, projection: str | None = None, *, page_size: int | None = None
    ) -> AsyncIterator[models.WrittenDigest]:
        """All of them, page by page."""
        return self._walk(_pages.digest_pages(projection, page_size))
