-- The tenant as it is, and as it stays until the transaction ends.
SELECT tenant_id, status, secret_guard, max_event_bytes, max_batch_events, reads_per_second, writes_per_second,
       created_at, created_by, is_demo
FROM dg_tenants
WHERE tenant_id = $1
FOR UPDATE
