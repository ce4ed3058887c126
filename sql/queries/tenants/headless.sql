-- Tenants without a head row. Registration makes both rows in one statement, so this finds something only after a repair or a
-- restore by hand; without the row nobody could append.
SELECT tenant.tenant_id
FROM dg_tenants AS tenant
WHERE NOT EXISTS (SELECT FROM dg_tenant_heads AS head WHERE head.tenant_id = tenant.tenant_id)
ORDER BY tenant.tenant_id
