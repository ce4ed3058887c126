from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

import pytest
from suite import Suite, programs

from decisiongraph import Actor, Client, RetryPolicy, Source

ACTOR = Actor("agent", "tester")
SOURCE = Source("python-tests", "tests")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def suite() -> Iterator[Suite]:
    if programs() is None:
        if os.environ.get("DG_NO_SUITE"):
            pytest.skip("DG_NO_SUITE is set and the suite is not built")
        pytest.fail("the suite is not built: cargo build --workspace --bins")
    running = Suite()
    yield running
    running.remove()


@pytest.fixture
def tenant(suite: Suite) -> str:
    """A tenant of this test alone."""
    return make_tenant(suite)


def make_tenant(suite: Suite) -> str:
    tenant_id = f"py-{os.getpid()}-{next(_numbers)}"
    with Client(suite.api_url, suite.admin_token, tenant_id) as client:
        client.create_tenant(tenant_id)
    return tenant_id


def make_account(suite: Suite, tenant_id: str, permissions: list[str]) -> str:
    """A writer of the tenant with these permissions; its token."""
    name = f"{tenant_id}-{next(_numbers)}"
    with Client(suite.api_url, suite.admin_token, tenant_id) as client:
        made = client.create_account(name, roles=["writer"], permissions=permissions, tenant_ids=[tenant_id])
    return made.token.token


@pytest.fixture
def connect(suite: Suite, tenant: str) -> Iterator[Callable[..., Client]]:
    """Makes clients of the suite that are closed at the end."""
    made: list[Client] = []

    def make(**settings: object) -> Client:
        usual: dict[str, object] = {"actor": ACTOR, "source": SOURCE, "retry": RetryPolicy(deadline=20.0)}
        client = Client(suite.api_url, suite.admin_token, tenant, **{**usual, **settings})  # type: ignore[arg-type]
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()
