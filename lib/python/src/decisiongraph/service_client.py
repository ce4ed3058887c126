"""The client of the reference, by its own names.

For programs that were written for it: the same constructor, the same methods and arguments, whole envelopes as answers. It has the retries,
connections and errors of :class:`Client`; new programs use that one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import _api, _core
from ._api import Call, Envelope
from ._core import Settings
from ._transport import Wire
from .errors import DecisionGraphError
from .events import encode
from .retry import RetryPolicy
from .values import Json

DecisionGraphServiceError = DecisionGraphError


class DecisionGraphServiceClient:
    """Every method returns the decoded envelope, ``{"data": …, "request_id": …}``, and raises :class:`DecisionGraphServiceError`.

    Raises:
        ValueError: a value is blank, or the timeout is not above 0.
    """

    def __init__(self, *, base_url: str, bearer_token: str, tenant_id: str, timeout_seconds: float = 5.0) -> None:
        policy = RetryPolicy(deadline=max(30.0, timeout_seconds))
        self._settings = Settings.checked(base_url, bearer_token, tenant_id, timeout_seconds, policy)
        self._wire = Wire(verify=True, trust_env=False)

    def _whole(self, call: Call[Any]) -> Envelope:
        return self._wire.run(_core.perform(self._settings, _api.whole(call)))

    def get_healthz(self) -> Envelope:
        """GET ``/api/healthz``, without token and tenant. Answers the bare object."""
        return self._whole(_api.healthz())

    def append_event(self, event: Mapping[str, Json]) -> Envelope:
        """POST ``/events``."""
        return self._whole(_api.append(encode(event)))

    def get_trace(self, trace_id: str) -> Envelope:
        """GET ``/traces/{trace_id}``."""
        return self._whole(_api.trace(trace_id))

    def get_projection_health(self) -> Envelope:
        """GET ``/projections/health``."""
        return self._whole(_api.projection_health())

    def get_context_subgraph(
        self,
        node_type: str,
        node_id: str,
        max_depth: int = 1,
        max_nodes: int | None = None,
        max_edges: int | None = None,
        edge_types: Sequence[str] | None = None,
        node_types: Sequence[str] | None = None,
    ) -> Envelope:
        """GET ``/graph/context``; lists become repeated parameters."""
        return self._whole(_api.context(node_type, node_id, max_depth, max_nodes, max_edges, edge_types, node_types))

    def list_node_edges(
        self,
        node_type: str,
        node_id: str,
        direction: str = "both",
        limit: int = 100,
        cursor_edge_key: str | None = None,
        cursor_log_seq: int | None = None,
    ) -> Envelope:
        """GET ``/graph/edges``; ``next_cursor`` is an object with ``edge_key`` and ``log_seq``."""
        return self._whole(
            _api.edges(
                node_type, node_id, direction, limit, cursor_edge_key=cursor_edge_key, cursor_log_seq=cursor_log_seq
            )
        )

    def find_precedents(
        self,
        policy_id: str | None = None,
        policy_version: str | None = None,
        entity_type: str | None = None,
        entity_id: str | None = None,
        outcome: str | None = None,
        limit: int = 100,
    ) -> Envelope:
        """GET ``/precedents``."""
        filters = {
            "policy_id": policy_id,
            "policy_version": policy_version,
            "entity_type": entity_type,
            "entity_id": entity_id,
            "outcome": outcome,
        }
        return self._whole(_api.precedents(filters, limit))

    def start_replay(
        self, projection: str, mode: str, reason: str, metadata: Mapping[str, Json] | None = None
    ) -> Envelope:
        """POST ``/admin/replays``."""
        return self._whole(_api.upkeep.start_replay(projection, mode, reason, metadata))

    def get_replay_status(self, job_id: str) -> Envelope:
        """GET ``/admin/replays/{job_id}``."""
        return self._whole(_api.upkeep.replay_status(job_id))

    def cancel_replay(self, job_id: str) -> Envelope:
        """POST ``/admin/replays/{job_id}/cancel``."""
        return self._whole(_api.upkeep.step_run(job_id, "cancel"))

    def export_workflow(self, workflow_id: str) -> Envelope:
        """GET ``/admin/workflows/{workflow_id}/export``."""
        return self._whole(_api.workflows.export(workflow_id))

    def close(self) -> None:
        """Closes the connections."""
        self._wire.close()

    def __enter__(self) -> DecisionGraphServiceClient:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes it."""
        self.close()
