-- The account as it is, and as it stays until the transaction ends.
SELECT account_id, kind, display_name, owner_id, roles, permissions, tenant_ids, disabled, created_at, created_by
FROM dg_accounts
WHERE account_id = $1
FOR UPDATE
