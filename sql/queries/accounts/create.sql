-- No row when the account exists.
INSERT INTO dg_accounts (account_id, kind, display_name, roles, permissions, tenant_ids, created_by, owner_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (account_id) DO NOTHING
RETURNING account_id, kind, display_name, owner_id, roles, permissions, tenant_ids, disabled, created_at, created_by
