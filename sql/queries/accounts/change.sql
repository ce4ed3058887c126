-- What is null stays as it is.
UPDATE dg_accounts
SET display_name = coalesce($2, display_name),
    roles = coalesce($3, roles),
    permissions = coalesce($4, permissions),
    tenant_ids = coalesce($5, tenant_ids),
    disabled = coalesce($6, disabled),
    owner_id = CASE WHEN $7 THEN $8 ELSE owner_id END
WHERE account_id = $1
RETURNING account_id, kind, display_name, owner_id, roles, permissions, tenant_ids, disabled, created_at, created_by
