SELECT account_id, roles, permissions, tenant_ids, disabled, created_at, created_by
FROM dg_accounts
ORDER BY account_id
