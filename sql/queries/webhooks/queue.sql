-- Moves an endpoint's cursor from $4 to $5 and queues what it wants of the events between, or does neither: `fenced` tells that
-- somebody else serves the tenant, `moved` whether the cursor stood where it was thought to.
WITH fence AS MATERIALIZED (
    SELECT tenant_id
    FROM dg_webhook_scopes
    WHERE tenant_id = $1 AND epoch = $3
    FOR SHARE
),
moved AS (
    UPDATE dg_webhooks AS hook
    SET last_log_seq = $5
    FROM fence
    WHERE hook.tenant_id = fence.tenant_id AND hook.webhook_id = $2 AND hook.last_log_seq = $4
    RETURNING hook.tenant_id, hook.webhook_id
),
queued AS (
    INSERT INTO dg_webhook_deliveries (tenant_id, webhook_id, delivery_id, message_type, log_seq)
    SELECT moved.tenant_id, moved.webhook_id, message.delivery_id, message.message_type, message.log_seq
    FROM moved, unnest($6::uuid[], $7::text[], $8::bigint[]) AS message (delivery_id, message_type, log_seq)
    ON CONFLICT (tenant_id, webhook_id, delivery_id) DO NOTHING
)
SELECT NOT EXISTS (SELECT FROM fence) AS fenced, EXISTS (SELECT FROM moved) AS moved
