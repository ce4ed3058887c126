UPDATE dg_accounts
SET disabled = $2
WHERE account_id = $1
RETURNING account_id, roles, permissions, tenant_ids, disabled, created_at, created_by
