SELECT tenant_id, status, secret_guard, created_at, created_by
FROM dg_tenants
WHERE tenant_id = $1
