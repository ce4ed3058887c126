-- Where a tenant's log ends; no row for a tenant that is not registered.
SELECT last_log_seq
FROM dg_tenant_heads
WHERE tenant_id = $1
