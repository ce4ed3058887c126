-- Gives every tenant without a head row the one its log asks for. Registration makes both rows in one statement, so this finds
-- something only after a repair or a restore by hand; without the row nobody could append.
INSERT INTO dg_tenant_heads (tenant_id, last_log_seq)
SELECT tenant.tenant_id, coalesce(max(event.log_seq), 0)
FROM dg_tenants AS tenant
LEFT JOIN dg_event_log AS event ON event.tenant_id = tenant.tenant_id
WHERE NOT EXISTS (SELECT FROM dg_tenant_heads AS head WHERE head.tenant_id = tenant.tenant_id)
GROUP BY tenant.tenant_id
ON CONFLICT (tenant_id) DO NOTHING
RETURNING tenant_id, last_log_seq
