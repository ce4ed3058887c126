-- Where every log ends, by tenant.
SELECT tenant_id, last_log_seq
FROM dg_tenant_heads
ORDER BY tenant_id
