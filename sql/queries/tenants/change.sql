-- Status and guard stay as they are when they are null; the limits are set as given.
UPDATE dg_tenants
SET status = coalesce($2, status),
    secret_guard = coalesce($3, secret_guard),
    max_event_bytes = $4,
    max_batch_events = $5,
    reads_per_second = $6,
    writes_per_second = $7
WHERE tenant_id = $1
RETURNING tenant_id, status, secret_guard, max_event_bytes, max_batch_events, reads_per_second, writes_per_second,
       created_at, created_by, is_demo
