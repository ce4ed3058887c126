SELECT tenant_id, status, secret_guard, max_event_bytes, max_batch_events, created_at, created_by
FROM dg_tenants
WHERE tenant_id = $1
