"""Who may do what, people who sign in, and the audit of both, against a real suite."""

from __future__ import annotations

import json

import pytest
from suite import Suite

from decisiongraph import (
    Client,
    Conflict,
    Forbidden,
    InvalidArgument,
    NotFound,
    SessionEnded,
    SignInRefused,
    Unauthorized,
)


def test_accounts_and_their_tokens(suite: Suite, tenant: str, client: Client) -> None:
    name = f"{tenant}-bot"
    made = client.create_account(name, roles=["writer"], tenant_ids=[tenant], display_name="Bot", expires_in_s=3600)
    assert (made.account.kind, made.account.display_name, made.token.expires_at is None) == ("service", "Bot", False)
    assert made.token.token not in repr(made)
    with pytest.raises(Conflict):
        client.create_account(name, roles=["writer"])
    with pytest.raises(InvalidArgument):
        client.create_account(f"{name}-2", roles=["king"])  # type: ignore[list-item]
    assert name in [account.account_id for account in client.accounts()]
    owner = client.get_me().account_id
    assert client.change_account(name, owner_id=owner).owner_id == owner
    assert client.change_account(name, owner_id=None, display_name="The bot").owner_id is None

    more = client.create_token(name, label="laptop")
    rotated = client.rotate_token(name, made.token.token_id, overlap_s=60)
    assert rotated.replaced.token_id == made.token.token_id
    labels = {token.token_id: (token.label, token.replaces) for token in client.tokens(name)}
    assert labels[more.token_id] == ("laptop", None)
    assert labels[rotated.token.token_id][1] == made.token.token_id
    assert len(client.account(name).tokens) == 3
    with Client(suite.api_url, more.token, tenant) as bot:
        assert bot.get_me().account_id == name
        with pytest.raises(Forbidden):
            bot.accounts()
        client.revoke_token(name, more.token_id)
        with pytest.raises(Unauthorized):
            bot.get_me()
    assert client.change_account(name, disabled=True).disabled
    with pytest.raises(NotFound):
        client.tokens("nobody")

    entry = {"account_id": f"{tenant}-old", "roles": "reader", "tenant_ids": tenant}
    imported = client.import_accounts([entry])
    assert [each.account.account_id for each in imported.accounts] == [f"{tenant}-old"]
    assert client.import_accounts([entry], skip_existing=True).skipped == (f"{tenant}-old",)
    with pytest.raises(Conflict):
        client.import_accounts([entry])


def test_tenants(client: Client) -> None:
    name = f"{client.tenant_id}-other"
    made = client.create_tenant(name, limits={"max_batch_events": 10}, secret_guard="reference")
    assert (made.status, made.secret_guard, made.limits.max_batch_events) == ("active", "reference", 10)
    assert name in [tenant.tenant_id for tenant in client.tenants()]
    changed = client.change_tenant(name, status="suspended", limits={"max_batch_events": None}, reason="a test")
    assert (changed.status, changed.limits.max_batch_events) == ("suspended", None)
    assert client.tenant_details(name) == changed
    with pytest.raises(Conflict):
        client.create_tenant(name)


def test_people_and_their_sessions(suite: Suite, tenant: str, client: Client) -> None:
    name = f"{tenant}-ana"
    made = client.create_user(name, roles=["reader"], tenant_ids=[tenant], display_name="Ana")
    assert made.password is not None
    assert made.password not in repr(made)
    assert made.user.must_change_password
    assert client.sign_in_methods().password
    with pytest.raises(NotFound):
        client.begin_sign_in("https://console.example.org/signed-in")
    with pytest.raises(SignInRefused):
        client.sign_in(name, "not the password")
    signed_in = client.sign_in(name, made.password, "127.0.0.1")
    with Client(suite.api_url, suite.admin_token, tenant, session=signed_in.session.session) as ana:
        with pytest.raises(SignInRefused):
            ana.change_password("not the password", "correct horse battery")
        ana.change_password(made.password, "correct horse battery")
        assert ana.get_me().account_id == name
    user = client.user(name)
    assert (user.must_change_password, user.has_password) == (False, True)
    signed_in = client.sign_in(name, "correct horse battery")
    found = [each.session_id for each in client.iter_sessions(user_id=name, limit=1)]
    assert signed_in.session.session_id in found
    assert client.sessions(user_id=name, status="all").sessions[0].method == "password"
    assert client.revoke_session(signed_in.session.session_id).ended_by is not None
    with (
        Client(suite.api_url, suite.admin_token, tenant, session=signed_in.session.session) as ana,
        pytest.raises(SessionEnded),
    ):
        ana.get_me()

    again = client.reset_password(name)
    assert again.password is not None
    assert client.change_user(name, roles=["writer"]).roles == ("writer",)
    assert name in [each.user_id for each in client.users()]
    linked = client.link_user(name, "https://issuer.example.org", f"s-{name}")
    assert [each.subject for each in client.links(name)] == [linked.subject]
    with pytest.raises(Conflict):
        client.link_user(name, "https://issuer.example.org", "another")
    client.unlink_user(name, "https://issuer.example.org")
    assert client.links(name) == ()


def test_the_audit_has_it_all(client: Client) -> None:
    name = f"{client.tenant_id}-audited"
    client.create_tenant(name)
    rows = list(client.iter_audit(about_tenant=name, limit=1))
    assert [(row.kind, row.outcome) for row in rows] == [("act", "done")]
    assert rows[0].principal == client.get_me().account_id
    first = client.audit(order="oldest", limit=2)
    assert [row.audit_seq for row in first.entries] == [1, 2]
    assert first.entries[1].previous_hash == first.entries[0].entry_hash
    part = client.export_audit(0, 2)
    lines = [json.loads(line) for line in part.lines.splitlines()]
    assert [line["audit_seq"] for line in lines if "audit_seq" in line][:2] == [1, 2]
    whole = client.export_audit(part.next_after_seq or 0, about_tenant=name)
    assert rows[0].entry_hash.encode() in whole.lines
