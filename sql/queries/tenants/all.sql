SELECT tenant_id, status, secret_guard, created_at, created_by
FROM dg_tenants
ORDER BY tenant_id
