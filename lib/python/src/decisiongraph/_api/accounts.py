"""The calls about accounts, their tokens, and tenants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from .. import models
from .call import Call, all_under, fields, get, nothing, one, patch, post, segment, under

Role: TypeAlias = Literal["reader", "writer", "admin"]


class AccountFields(TypedDict, total=False):
    """What an account is made with besides its name."""

    display_name: str | None
    roles: Sequence[Role]
    permissions: Sequence[str]
    tenant_ids: Sequence[str]
    owner_id: str | None
    expires_in_s: int | None
    """Of its first token."""


class AccountChange(TypedDict, total=False):
    """What becomes different about an account or a person. ``owner_id`` None is nobody."""

    display_name: str
    roles: Sequence[Role]
    permissions: Sequence[str]
    tenant_ids: Sequence[str]
    disabled: bool
    owner_id: str | None


class TenantFields(TypedDict, total=False):
    """What a tenant is made with besides its name."""

    secret_guard: Literal["precise", "reference"] | None
    limits: Mapping[str, int]
    demo: bool


class TenantChange(TypedDict, total=False):
    """What becomes different about a tenant. A limit that is None is given up."""

    status: Literal["active", "suspended", "closed"]
    secret_guard: Literal["precise", "reference"]
    limits: Mapping[str, int | None]
    reason: str


def accounts() -> Call[tuple[models.Account, ...]]:
    """All accounts."""
    return get("/admin/accounts", all_under(models.Account, "accounts"))


def account(account_id: str) -> Call[models.Account]:
    """One account with its tokens."""
    return get(_account(account_id), under(models.Account, "account"))


def create_account(account_id: str, given: Mapping[str, Any]) -> Call[models.NewAccount]:
    """Makes one. Not repeatable: the answer that shows its token is not kept."""
    return post("/admin/accounts", one(models.NewAccount), {"account_id": account_id} | fields(**given))


def change_account(account_id: str, change: Mapping[str, Any]) -> Call[models.Account]:
    """Changes what is named."""
    return patch(_account(account_id), under(models.Account, "account"), change)


def import_accounts(
    service_accounts: Iterable[Mapping[str, Any]], *, skip_existing: bool
) -> Call[models.ImportedAccounts]:
    """Takes over accounts of the reference."""
    body = {"service_accounts": list(service_accounts), "skip_existing": skip_existing}
    return post("/admin/accounts:import", one(models.ImportedAccounts), body)


def tokens(account_id: str) -> Call[tuple[models.Token, ...]]:
    """The tokens of an account."""
    return get(_account(account_id, "/tokens"), all_under(models.Token, "tokens"))


def create_token(account_id: str, expires_in_s: int | None, label: str | None) -> Call[models.NewToken]:
    """Issues one more. Not repeatable: a second one is another token."""
    body = fields(expires_in_s=expires_in_s, label=label)
    return post(_account(account_id, "/tokens"), under(models.NewToken, "token"), body)


def rotate_token(
    account_id: str, token_id: str, overlap_s: int | None, expires_in_s: int | None
) -> Call[models.RotatedToken]:
    """Issues one in the place of another."""
    body = fields(overlap_s=overlap_s, expires_in_s=expires_in_s)
    return post(_token(account_id, token_id, "/rotate"), one(models.RotatedToken), body)


def revoke_token(account_id: str, token_id: str) -> Call[None]:
    """Revokes one. Repeatable: what is revoked stays so."""
    return post(_token(account_id, token_id, "/revoke"), nothing, repeatable=True)


def tenants() -> Call[tuple[models.Tenant, ...]]:
    """The registered tenants."""
    return get("/admin/tenants", all_under(models.Tenant, "tenants"))


def tenant(tenant_id: str) -> Call[models.Tenant]:
    """One of them."""
    return get(_tenant(tenant_id), under(models.Tenant, "tenant"))


def create_tenant(tenant_id: str, given: Mapping[str, Any]) -> Call[models.Tenant]:
    """Registers one. Not repeatable: the answer that it exists would hide that this very call made it."""
    return post("/admin/tenants", under(models.Tenant, "tenant"), {"tenant_id": tenant_id} | fields(**given))


def change_tenant(tenant_id: str, change: Mapping[str, Any]) -> Call[models.Tenant]:
    """Changes what is named."""
    return patch(_tenant(tenant_id), under(models.Tenant, "tenant"), change)


def _account(account_id: str, rest: str = "") -> str:
    return f"/admin/accounts/{segment('an account id', account_id)}{rest}"


def _token(account_id: str, token_id: str, rest: str) -> str:
    return _account(account_id, f"/tokens/{segment('a token id', token_id)}{rest}")


def _tenant(tenant_id: str) -> str:
    return f"/admin/tenants/{segment('a tenant id', tenant_id)}"
