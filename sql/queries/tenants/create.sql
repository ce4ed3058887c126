-- Registers a tenant together with the head of its log, or neither. No row when it exists.
WITH tenant AS (
    INSERT INTO dg_tenants (
        tenant_id, secret_guard, max_event_bytes, max_batch_events, reads_per_second, writes_per_second, created_by,
        is_demo
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (tenant_id) DO NOTHING
    RETURNING tenant_id, status, secret_guard, max_event_bytes, max_batch_events, reads_per_second, writes_per_second,
        created_at, created_by, is_demo
), head AS (
    INSERT INTO dg_tenant_heads (tenant_id)
    SELECT tenant_id
    FROM tenant
)
SELECT tenant_id, status, secret_guard, max_event_bytes, max_batch_events, reads_per_second, writes_per_second,
       created_at, created_by, is_demo
FROM tenant
