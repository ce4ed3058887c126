"""The calls of the asynchronous client about accounts, their tokens, tenants, and the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING

from .. import _api, _pages, models
from ..values import Json
from .calls import AsyncCalls

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .._api.accounts import AccountChange, AccountFields, TenantChange, TenantFields
    from .._api.audit import AuditFilter, AuditSearch


class AsyncAccountCalls(AsyncCalls):
    """Administration of who may do what. Nobody gives or changes more than they have themselves."""

    async def accounts(self) -> tuple[models.Account, ...]:
        """All accounts."""
        return await self._call(_api.accounts.accounts())

    async def account(self, account_id: str) -> models.Account:
        """One account with its tokens, which are named and not shown."""
        return await self._call(_api.accounts.account(account_id))

    async def create_account(self, account_id: str, **fields: Unpack[AccountFields]) -> models.NewAccount:
        """Makes an account with its first token, which is in this answer and nowhere else. Conflict when it exists."""
        return await self._call(_api.accounts.create_account(account_id, fields))

    async def change_account(self, account_id: str, **change: Unpack[AccountChange]) -> models.Account:
        """Changes what is named about an account."""
        return await self._call(_api.accounts.change_account(account_id, change))

    async def import_accounts(
        self, service_accounts: Iterable[Mapping[str, Json]], *, skip_existing: bool = False
    ) -> models.ImportedAccounts:
        """Makes the accounts of a ``service-accounts.json`` as the reference writes it, all or none.

        Raises:
            Conflict: one exists, unless ``skip_existing``.
            InvalidArgument: something cannot be read; ``details["pointer"]`` says where.
        """
        return await self._call(_api.accounts.import_accounts(service_accounts, skip_existing=skip_existing))

    async def tokens(self, account_id: str) -> tuple[models.Token, ...]:
        """The tokens of an account, oldest first."""
        return await self._call(_api.accounts.tokens(account_id))

    async def create_token(
        self, account_id: str, *, expires_in_s: int | None = None, label: str | None = None
    ) -> models.NewToken:
        """Issues one more token, which is in this answer and nowhere else."""
        return await self._call(_api.accounts.create_token(account_id, expires_in_s, label))

    async def rotate_token(
        self, account_id: str, token_id: str, *, overlap_s: int | None = None, expires_in_s: int | None = None
    ) -> models.RotatedToken:
        """Issues a token in the place of another one, which goes on for ``overlap_s`` seconds, a day unless said."""
        return await self._call(_api.accounts.rotate_token(account_id, token_id, overlap_s, expires_in_s))

    async def revoke_token(self, account_id: str, token_id: str) -> None:
        """Revokes a token; it is refused from the next request on."""
        await self._call(_api.accounts.revoke_token(account_id, token_id))

    # -- tenants ----------------------------------------------------------------------------------------------------------------

    async def tenants(self) -> tuple[models.Tenant, ...]:
        """The registered tenants."""
        return await self._call(_api.accounts.tenants())

    async def tenant_details(self, tenant_id: str) -> models.Tenant:
        """One of them."""
        return await self._call(_api.accounts.tenant(tenant_id))

    async def create_tenant(self, tenant_id: str, **fields: Unpack[TenantFields]) -> models.Tenant:
        """Registers a tenant. Conflict when it exists."""
        return await self._call(_api.accounts.create_tenant(tenant_id, fields))

    async def change_tenant(self, tenant_id: str, **change: Unpack[TenantChange]) -> models.Tenant:
        """Changes what is named about a tenant."""
        return await self._call(_api.accounts.change_tenant(tenant_id, change))

    # -- the audit --------------------------------------------------------------------------------------------------------------

    async def audit(self, **filters: Unpack[AuditSearch]) -> models.AuditPage:
        """A page of the audit, newest first unless asked otherwise. Forbidden without the permission ``audit_read``."""
        return await self._call(_api.audit.page(filters))

    def iter_audit(self, **filters: Unpack[AuditSearch]) -> AsyncIterator[models.AuditEntry]:
        """All of it, page by page."""
        return self._walk(_pages.audit_pages(filters))

    async def export_audit(
        self, after_seq: int = 0, until_seq: int | None = None, **filters: Unpack[AuditFilter]
    ) -> models.AuditExport:
        """A part of the audit as lines, after a row and up to another one. Each part leaves a row in the audit."""
        return await self._call(_api.audit.export(after_seq, until_seq, filters))
