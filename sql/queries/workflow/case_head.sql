-- The end of a tenant's log.
SELECT last_log_seq
FROM dg_tenant_heads
WHERE tenant_id = $1
