UPDATE dg_tenants
SET status = $2
WHERE tenant_id = $1
RETURNING tenant_id, status, secret_guard, created_at, created_by
