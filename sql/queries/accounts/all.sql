SELECT account_id, kind, display_name, owner_id, roles, permissions, tenant_ids, disabled, created_at, created_by
FROM dg_accounts
WHERE $1::text IS NULL OR kind = $1
ORDER BY account_id
